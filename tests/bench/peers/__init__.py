"""Others who place orders, in the same run, with the same stock and the same check: what is gone was acknowledged, and no unit twice."""
