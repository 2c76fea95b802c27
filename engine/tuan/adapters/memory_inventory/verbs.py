"""What each verb means, for one item on one open shard. Where another store differs from this file, this file is right."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from tuan.adapters.claim_checks import NAMED, SummedClaim, check_give_back, sum_claims
from tuan.adapters.memory_inventory.counters import Capacity
from tuan.adapters.memory_inventory.reservation import Reservation
from tuan.adapters.memory_inventory.shard import Applied, Shard
from tuan.domain.claim import (
    QUANTITY_MAX,
    Answer,
    Code,
    CounterSpec,
    EndRequest,
    GiveBackRequest,
    ReservationState,
    ReserveRequest,
    RestockRequest,
    Verb,
)

_ALREADY = {
    ReservationState.CONFIRMED: Code.ALREADY_CONFIRMED,
    ReservationState.RELEASED: Code.ALREADY_RELEASED,
    ReservationState.EXPIRED: Code.ALREADY_EXPIRED,
}


def define(shard: Shard, is_new: bool, key: str, specs: Sequence[CounterSpec], now_ms: int) -> Answer:
    """Capacities that are there keep their size and use; the intent names what was created, and only that."""
    if key in shard.applied:
        return _applied_before(shard, key, Verb.DEFINE)
    created = tuple(spec for spec in specs if spec.name not in shard.capacities)
    if not created and not is_new:
        return Answer(Code.GRANTED)
    for spec in created:
        shard.capacities[spec.name] = Capacity(spec, spec.capacity)
    claims = [SummedClaim(spec.name, spec.capacity, NAMED, 0, 0) for spec in created]
    sequence = shard.log(Verb.DEFINE, key, now_ms, claims, specs=created)
    shard.applied[key] = Applied(Verb.DEFINE, len(created), sequence)
    return Answer(Code.GRANTED, sequence, applied=len(created))


def reserve(shard: Shard, request: ReserveRequest, now_ms: int) -> Answer:
    """Granted whole or not at all. A refusal leaves nothing behind, so the same key is decided afresh next time."""
    known = shard.reservations.get(request.key)
    if known and known.fingerprint != request.fingerprint:
        return Answer(Code.FINGERPRINT_MISMATCH)
    if known:
        return _about(known, Answer(Code.GRANTED, known.sequence, replayed=True, due_ms=known.due_ms))
    claims = sum_claims(request.claims)
    misfits = [misfit for claim in claims if (misfit := _misfit(shard, claim, request, now_ms))]
    if misfits:
        return min(misfits, key=lambda answer: answer.code)
    return _grant(shard, request, claims, now_ms)


def _grant(shard: Shard, request: ReserveRequest, claims: list[SummedClaim], now_ms: int) -> Answer:
    due_ms = now_ms + request.hold_ms if request.hold_ms and not request.confirm else 0
    sequence = shard.sequence + 1
    reservation = Reservation(
        request.key, request.fingerprint, request.label, ReservationState.PENDING, sequence, now_ms, due_ms, claims
    )
    if request.confirm:
        reservation.state, reservation.end_sequence, reservation.end_ms = ReservationState.CONFIRMED, sequence, now_ms
    shard.reservations[request.key] = reservation
    for claim in claims:
        shard.take(claim, reservation, claim.quantity, claim.quantity if request.confirm else 0)
    filled = shard.filled(claims) if request.confirm else ()
    shard.log(
        Verb.RESERVE,
        request.key,
        now_ms,
        claims,
        fingerprint=request.fingerprint,
        due_ms=due_ms,
        confirmed=request.confirm,
        filled=filled,
        body=request.body.decode(),
        label=request.label,
    )
    exhausted = shard.exhausted(claims)
    return _about(reservation, Answer(Code.GRANTED, sequence, due_ms=due_ms, filled=filled, exhausted=exhausted))


def _misfit(shard: Shard, claim: SummedClaim, request: ReserveRequest, now_ms: int) -> Answer | None:
    """Why the claim cannot be granted; None when it can."""
    name = claim.counter
    if claim.limit != NAMED:
        left = max(claim.limit - shard.limit(name, claim.window_ms, now_ms).used, 0)
        return Answer(Code.OVER_LIMIT, counter=name, available=left) if claim.quantity > left else None
    capacity = shard.capacities.get(name)
    if capacity is None:
        return Answer(Code.UNKNOWN_COUNTER, counter=name)
    spec = capacity.spec
    if now_ms < spec.open_time_ms and not request.standing:
        return Answer(Code.NOT_OPEN_YET, counter=name)
    if _is_past(spec.close_time_ms, now_ms) and not request.standing:
        return Answer(Code.CLOSED, counter=name)
    if _is_past(spec.confirm_deadline_ms, now_ms) and request.confirm:
        return Answer(Code.CLOSED, counter=name)
    if claim.quantity > capacity.available:
        return Answer(Code.DOES_NOT_FIT, counter=name, available=capacity.available)
    return None


def confirm(shard: Shard, request: EndRequest, now_ms: int) -> Answer:
    """Late is no reason to refuse while the reservation is pending, unless a counter's confirm deadline has passed."""
    reservation = shard.reservations.get(request.key)
    if refused := _refuse_end(reservation, ReservationState.CONFIRMED):
        return refused
    assert reservation is not None
    for claim in reservation.claims:
        if claim.limit == NAMED and _is_past(shard.capacities[claim.counter].spec.confirm_deadline_ms, now_ms):
            return _about(reservation, Answer(Code.CLOSED, counter=claim.counter))
    return _end(shard, reservation, ReservationState.CONFIRMED, Verb.CONFIRM, request.body, now_ms)


def release(shard: Shard, request: EndRequest, now_ms: int) -> Answer:
    reservation = shard.reservations.get(request.key)
    if refused := _refuse_end(reservation, ReservationState.RELEASED):
        return refused
    assert reservation is not None
    return _end(shard, reservation, ReservationState.RELEASED, Verb.RELEASE, request.body, now_ms)


def expire(shard: Shard, count_max: int, now_ms: int) -> list[str]:
    """The longest overdue first."""
    pending = (r for r in shard.reservations.values() if r.state is ReservationState.PENDING and r.due_ms)
    overdue = sorted((r.due_ms, r.key.encode()) for r in pending if r.due_ms <= now_ms)
    keys = [key.decode() for _, key in overdue[:count_max]]
    for key in keys:
        _end(shard, shard.reservations[key], ReservationState.EXPIRED, Verb.EXPIRE, b"", now_ms)
    return keys


def _refuse_end(reservation: Reservation | None, state: ReservationState) -> Answer | None:
    """Each reservation ends once: the answer to an attempt that has no effect; None when it may end as `state`."""
    if reservation is None:
        return Answer(Code.UNKNOWN_RESERVATION)
    if reservation.state is state:
        return _about(reservation, Answer(Code.GRANTED, reservation.end_sequence, replayed=True))
    if reservation.state is not ReservationState.PENDING:
        return _about(reservation, Answer(_ALREADY[reservation.state]))
    return None


def _end(
    shard: Shard, reservation: Reservation, state: ReservationState, verb: Verb, body: bytes, now_ms: int
) -> Answer:
    shard.end(reservation, state, now_ms)
    confirmed = state is ReservationState.CONFIRMED
    filled = shard.filled(reservation.claims) if confirmed else ()
    sequence = shard.log(
        verb,
        reservation.key,
        now_ms,
        reservation.claims,
        fingerprint=reservation.fingerprint,
        confirmed=confirmed,
        filled=filled,
        body=body.decode(),
        label=reservation.label,
    )
    return _about(reservation, Answer(Code.GRANTED, sequence, filled=filled))


def restock(shard: Shard, request: RestockRequest, now_ms: int) -> Answer:
    """What is used stays: a capacity never falls below it."""
    if request.key in shard.applied:
        return _applied_before(shard, request.key, Verb.RESTOCK)
    name, capacity = request.counter, shard.capacities.get(request.counter)
    if capacity is None:
        return Answer(Code.UNKNOWN_COUNTER, counter=name)
    delta = max(request.delta, -capacity.available) if request.clip else request.delta
    if delta < -capacity.available or capacity.size + delta > QUANTITY_MAX:
        return Answer(Code.TOO_MUCH, counter=name, available=capacity.available)
    capacity.size += delta
    moved = [SummedClaim(name, delta, NAMED, 0, 0)]
    sequence = shard.log(Verb.RESTOCK, request.key, now_ms, moved, body=request.body.decode())
    shard.applied[request.key] = Applied(Verb.RESTOCK, delta, sequence)
    exhausted = shard.exhausted(moved) if delta < 0 else ()
    return Answer(Code.GRANTED, sequence, applied=delta, exhausted=exhausted)


def give_back(shard: Shard, request: GiveBackRequest, now_ms: int) -> Answer:
    """Never more than was confirmed and not yet given back; of a settled capacity nothing."""
    reservation = shard.reservations.get(request.reservation_key)
    if request.key in shard.applied:
        return _about(reservation, _applied_before(shard, request.key, Verb.GIVE_BACK))
    if reservation is None:
        return Answer(Code.UNKNOWN_RESERVATION)
    if reservation.state in (ReservationState.RELEASED, ReservationState.EXPIRED):
        return _about(reservation, Answer(_ALREADY[reservation.state]))
    quantities, body = check_give_back(request)
    for counter, quantity in quantities.items():
        if quantity > (left := reservation.left(counter)):
            return _about(reservation, Answer(Code.TOO_MUCH, counter=counter, available=left))
    moved = []
    for counter, quantity in quantities.items():
        (claim,) = (claim for claim in reservation.claims if claim.counter == counter)
        if claim.limit == NAMED and _is_settled(shard.capacities[counter], now_ms):
            continue
        shard.change(claim, reservation, now_ms, -quantity, -quantity)
        reservation.returned[counter] = reservation.returned.get(counter, 0) + quantity
        moved.append(msgspec.structs.replace(claim, quantity=quantity, kept=0))
    sequence = shard.log(
        Verb.GIVE_BACK, reservation.key, now_ms, moved, give_back_key=request.key, body=body, label=reservation.label
    )
    given = sum(claim.quantity for claim in moved)
    shard.applied[request.key] = Applied(Verb.GIVE_BACK, given, sequence)
    return _about(reservation, Answer(Code.GRANTED, sequence, applied=given))


def look_up(shard: Shard, key: str) -> Answer:
    reservation = shard.reservations.get(key)
    if reservation is None:
        return Answer(Code.UNKNOWN_RESERVATION)
    found = Answer(Code.GRANTED, reservation.sequence, replayed=True, due_ms=reservation.due_ms)
    return _about(reservation, found)


def forget(shard: Shard, ended_before_ms: int, count_max: int) -> int:
    """The first to end go first. What they confirmed or kept goes on counting."""
    old = sorted((r.end_sequence, r.key) for r in shard.reservations.values() if 0 < r.end_ms < ended_before_ms)
    for _, key in old[:count_max]:
        del shard.reservations[key]
    return len(old[:count_max])


def _applied_before(shard: Shard, key: str, verb: Verb) -> Answer:
    """The first answer again; a key that another verb used is not this verb's to answer."""
    before = shard.applied[key]
    if before.verb not in (None, verb):
        return Answer(Code.FINGERPRINT_MISMATCH)
    return Answer(Code.GRANTED, before.sequence, replayed=True, applied=before.quantity)


def _about(reservation: Reservation | None, answer: Answer) -> Answer:
    """Every answer about a reservation says what state it is in now, and its label."""
    if reservation is None or answer.code is Code.FINGERPRINT_MISMATCH:
        return answer
    return replace(answer, state=reservation.state, label=reservation.label)


def _is_settled(capacity: Capacity, now_ms: int) -> bool:
    """What was taken of a capacity with a confirm deadline stays taken once it is filled or its time is over."""
    deadline_ms = capacity.spec.confirm_deadline_ms
    return deadline_ms > 0 and (capacity.taken == capacity.size or _is_past(deadline_ms, now_ms))


def _is_past(moment_ms: int, now_ms: int) -> bool:
    """At or after a moment at which something ends; 0 is never."""
    return 0 < moment_ms <= now_ms
