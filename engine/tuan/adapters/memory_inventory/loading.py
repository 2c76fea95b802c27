"""A shard made from what SQL knows of it."""

from __future__ import annotations

from tuan.adapters.claim_checks import sum_claims
from tuan.adapters.memory_inventory.counters import Capacity
from tuan.adapters.memory_inventory.reservation import Reservation
from tuan.adapters.memory_inventory.shard import Applied, Shard
from tuan.domain.claim import ReservationSnapshot, ReservationState, ShardSnapshot

_LIVING = (ReservationState.PENDING, ReservationState.CONFIRMED)


def shard_of(snapshot: ShardSnapshot, clock_ms: int) -> Shard:
    """Closed, with every counter computed from the reservations."""
    now_ms = max([clock_ms, *(reservation.create_time_ms for reservation in snapshot.reservations)])
    shard = Shard(snapshot.epoch, snapshot.sequence, now_ms, open=False)
    shard.capacities = {spec.name: Capacity(spec, spec.capacity) for spec in snapshot.counters}
    shard.applied = {key: Applied(None, quantity, 0) for key, quantity in snapshot.applied_keys}
    for reservation in sorted(snapshot.reservations, key=lambda r: (r.create_time_ms, r.sequence)):
        _load(shard, reservation, now_ms)
    return shard


def _load(shard: Shard, known: ReservationSnapshot, now_ms: int) -> None:
    claims = sum_claims(known.claims)
    reservation = Reservation(
        known.key,
        known.fingerprint,
        known.label,
        known.state,
        known.sequence,
        known.create_time_ms,
        known.due_ms,
        claims,
        returned=dict(known.returned),
    )
    if known.state is not ReservationState.PENDING:
        # When it ended is not known; counting from now, `forget` keeps it long enough.
        reservation.end_sequence, reservation.end_ms = known.sequence, now_ms
    shard.reservations[known.key] = reservation
    for claim in claims:
        given_back = reservation.returned.get(claim.counter, 0)
        used = claim.quantity - given_back if known.state in _LIVING else claim.kept
        if used:
            taken = 0 if known.state is ReservationState.PENDING else used
            shard.take(claim, reservation, used, taken)
