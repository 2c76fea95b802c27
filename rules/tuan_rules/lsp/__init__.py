"""The language server: what editors ask about rule files; imports pygls, which is the extra `lsp`; only its command loads it."""
