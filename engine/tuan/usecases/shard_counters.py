"""What a shard's counters must say, given its reservations: what a rebuild and the audit compare with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from tuan.domain.claim import Claim, CounterState, OnRelease, ReservationSnapshot, ReservationState, ShardSnapshot

_HOLDING = frozenset({ReservationState.PENDING, ReservationState.CONFIRMED})


def expected_counters(snapshot: ShardSnapshot, now_ms: int) -> dict[str, CounterState]:
    """Every named capacity, and every limit of which something counts at `now_ms`.

    A limit's window is the longest with which it was claimed; 0 is for ever.
    """
    windows: dict[str, int] = {}
    for reservation in snapshot.reservations:
        for claim in reservation.claims:
            if claim.limit is not None:
                earlier = windows.get(claim.counter, claim.window_ms)
                windows[claim.counter] = 0 if 0 in (earlier, claim.window_ms) else max(earlier, claim.window_ms)
    used: dict[str, int] = defaultdict(int)
    taken: dict[str, int] = defaultdict(int)
    for reservation in snapshot.reservations:
        for counter, quantity in _used_by(reservation):
            window_ms = windows.get(counter, 0)
            if window_ms and reservation.create_time_ms <= now_ms - window_ms:
                continue
            used[counter] += quantity
            taken[counter] += 0 if reservation.state is ReservationState.PENDING else quantity
    counters = {spec.name: CounterState(spec.capacity, used[spec.name], taken[spec.name]) for spec in snapshot.counters}
    for counter in windows:
        if used[counter]:
            counters[counter] = CounterState(None, used[counter], taken[counter])
    return counters


def limits_of(snapshot: ShardSnapshot) -> dict[str, int]:
    """The most generous limit with which each per-subject counter was ever claimed."""
    limits: dict[str, int] = {}
    for reservation in snapshot.reservations:
        for claim in reservation.claims:
            if claim.limit is not None:
                limits[claim.counter] = max(claim.limit, limits.get(claim.counter, 0))
    return limits


def _used_by(reservation: ReservationSnapshot) -> Iterator[tuple[str, int]]:
    """All that it claimed less what came back while it lives; what was to be kept once it was given back."""
    if reservation.state in _HOLDING:
        returned = dict(reservation.returned)
        for counter, quantity in _summed(reservation.claims).items():
            yield counter, quantity - returned.get(counter, 0)
    else:
        for claim in reservation.claims:
            if claim.on_release is OnRelease.KEEP:
                yield claim.counter, claim.quantity


def _summed(claims: tuple[Claim, ...]) -> dict[str, int]:
    quantities: dict[str, int] = defaultdict(int)
    for claim in claims:
        quantities[claim.counter] += claim.quantity
    return quantities
