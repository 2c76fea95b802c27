"""Distribution (分销): for now its vocabulary, found by the entry point group `tuan_rules.vocabulary`; its ledger follows."""
