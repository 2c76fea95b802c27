"""Replays real invoices through the client: `make replay DATA=FILE`. Nobody imports it but its own test."""
