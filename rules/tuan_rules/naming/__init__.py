"""Names in other languages: which there are, files in the names of the vocabulary, messages and files in those of their author."""
