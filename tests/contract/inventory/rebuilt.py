"""What SQL knows of a shard from its intents alone: the proof that intents say enough to rebuild it."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from tuan.domain.claim import (
    Claim,
    CounterSpec,
    Intent,
    OnRelease,
    ReservationSnapshot,
    ReservationState,
    ShardSnapshot,
    Verb,
)

_ENDS = {
    Verb.CONFIRM: ReservationState.CONFIRMED,
    Verb.RELEASE: ReservationState.RELEASED,
    Verb.EXPIRE: ReservationState.EXPIRED,
}


def snapshot(intents: Iterable[Intent], epoch: int) -> ShardSnapshot:
    """The shard as `intents`, all from its first one, left it."""
    sequence = 0
    counters: dict[str, CounterSpec] = {}
    reservations: dict[str, ReservationSnapshot] = {}
    applied: dict[str, int] = {}
    for intent in intents:
        assert intent.sequence == sequence + 1, "the stream has a gap"
        sequence = intent.sequence
        if intent.verb is Verb.DEFINE:
            counters |= {spec.name: spec for spec in intent.specs}
        elif intent.verb is Verb.RESTOCK:
            ((name, delta, *_),) = intent.claims
            counters[name] = replace(counters[name], capacity=counters[name].capacity + delta)
            applied[intent.key] = delta
        elif intent.verb is Verb.RESERVE:
            if intent.key in reservations:
                # Only a forgotten key can be granted again; what the first one took goes on counting.
                forgotten = reservations.pop(intent.key)
                other_key = f"{intent.key}, forgotten before {sequence}"
                reservations[other_key] = replace(forgotten, key=other_key)
            reservations[intent.key] = _reserved(intent)
        elif intent.verb is Verb.GIVE_BACK:
            reservations[intent.key] = _given_back(reservations[intent.key], intent)
            applied[intent.give_back_key] = sum(claim[1] for claim in intent.claims)
        else:
            reservations[intent.key] = replace(reservations[intent.key], state=_ENDS[intent.verb])
    return ShardSnapshot(
        epoch, sequence, tuple(counters.values()), tuple(reservations.values()), tuple(applied.items())
    )


def _reserved(intent: Intent) -> ReservationSnapshot:
    claims = tuple(
        Claim(
            counter,
            quantity,
            None if limit < 0 else limit,
            window_ms,
            OnRelease.KEEP if kept else OnRelease.GIVE_BACK,
        )
        for counter, quantity, limit, window_ms, kept in intent.claims
    )
    return ReservationSnapshot(
        intent.key,
        intent.fingerprint,
        ReservationState.CONFIRMED if intent.confirmed else ReservationState.PENDING,
        intent.sequence,
        intent.time_ms,
        intent.due_ms,
        claims,
        label=intent.label,
    )


def _given_back(reservation: ReservationSnapshot, intent: Intent) -> ReservationSnapshot:
    returned = dict(reservation.returned)
    for counter, quantity, *_ in intent.claims:
        returned[counter] = returned.get(counter, 0) + quantity
    return replace(reservation, returned=tuple(returned.items()))
