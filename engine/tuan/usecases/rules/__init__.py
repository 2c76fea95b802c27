"""The life of rulesets: checked, published, promoted, rolled back, compared, explained, simulated; for the server."""
