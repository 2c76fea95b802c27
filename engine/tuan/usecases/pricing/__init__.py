"""Prices of orders by the published rules: facts, compiled rulesets in force, carts and what becomes of them; for the use cases."""
