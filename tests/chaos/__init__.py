"""Campaigns that try to break what the engine promises: kills, sales, planted bugs; short in `make test`, in full in `make chaos`."""
