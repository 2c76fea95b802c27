"""Typed expressions to Python functions, by way of `ast` nodes and never of text; for `tuan_rules.pricing` alone."""
