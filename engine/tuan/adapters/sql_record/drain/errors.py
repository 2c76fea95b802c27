"""Why a batch was not written."""

from __future__ import annotations


class LostLease(Exception):
    """Another owner has the shard, or its epoch or cursor is not what this owner believes. Nothing was written."""


class BadIntent(Exception):
    """An intent contradicts what SQL knows: no such reservation, no such counter, a state from which there is no way."""
