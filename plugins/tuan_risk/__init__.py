"""Risk control (风控): for now its vocabulary, found by the entry point group `tuan_rules.vocabulary`; counters and verdicts follow."""
