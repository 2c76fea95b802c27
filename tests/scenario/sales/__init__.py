"""Sales from end to end in one process, driven step by step; the campaigns of `tests/chaos` use the same shop."""
