"""Syntax tree to typed blocks: names, types, references and windows; for `tuan_rules.check` alone."""
