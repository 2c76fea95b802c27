"""The formatter: the same rules in the one layout; for the command line and the language server."""
