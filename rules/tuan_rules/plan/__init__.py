"""Checked blocks to a plan: rules with guards, stacks and roundings as values; for the compiler, and for tools that show them."""
