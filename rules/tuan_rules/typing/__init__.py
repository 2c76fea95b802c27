"""Expressions to typed trees: facts, types, names, optional values and what a condition costs; for the check and the compiler."""
