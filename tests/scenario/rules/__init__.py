"""Rulesets under load and over many orders, asked over gRPC."""
