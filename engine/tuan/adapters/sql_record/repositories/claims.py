"""Stored claims to domain claims."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuan.adapters.sql_record.tables.shards import ClaimTuple
from tuan.domain.claim import Claim, OnRelease


def claims_of(stored: Sequence[ClaimTuple]) -> tuple[Claim, ...]:
    return tuple(_claim(*each) for each in stored)


def is_given_back(stored: Sequence[ClaimTuple], returned: Mapping[str, int]) -> bool:
    """All of it."""
    return sum(returned.values()) >= sum(quantity for _, quantity, _, _, _ in stored)


def _claim(counter: str, quantity: int, limit: int, window_ms: int, kept: int) -> Claim:
    on_release = OnRelease.KEEP if kept else OnRelease.GIVE_BACK
    return Claim(counter, quantity, None if limit < 0 else limit, window_ms, on_release)
