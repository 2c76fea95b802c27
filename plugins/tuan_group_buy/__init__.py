"""Group buying (拼团): for now its vocabulary, found by the entry point group `tuan_rules.vocabulary`; the promotion itself follows."""
