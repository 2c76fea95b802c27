"""Requests, answers and intents as they travel: msgpack, which Redis 6.2 reads inside Lua (but for its `bin` type)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Any

import msgspec

from tuan.adapters import claim_checks as checks
from tuan.adapters.claim_checks import NAMED, SummedClaim
from tuan.adapters.redis_inventory.columns import Columns
from tuan.adapters.redis_inventory.packing import encode, packed
from tuan.adapters.redis_inventory.scripts import STATES
from tuan.domain.claim import (
    CLAIMS_PER_RESERVATION_MAX,
    Answer,
    Code,
    CounterSpec,
    CounterState,
    EndRequest,
    GiveBackRequest,
    Intent,
    ReservationSnapshot,
    ReserveRequest,
    RestockRequest,
    Verb,
)

_CODES = tuple(Code)


class _Answer(msgspec.Struct, array_like=True):
    """The fields of `Answer` in the order of lib/answers.lua."""

    code: int
    sequence: int
    replayed: bool
    state: int | None
    due_ms: int
    counter: str | None
    available: int
    applied: int
    filled: tuple[str, ...]
    exhausted: tuple[str, ...]
    label: str | None


#: The fields of an intent in the order of lib/intents.lua: verb, key, time_ms, epoch, due_ms, confirmed, filled, give_back_key,
#: fingerprint, label, claims (flat, five values each), body. A tuple: its fields are unpacked once, and nothing else is done with it.
_Intent = tuple[Verb, str, int, int, int, bool, tuple[str, ...], str, str, str, tuple[Any, ...], str]

#: How an array that Lua packed begins (lib/answers.lua), and one of a single element.
_ARRAY, _ONE = b"\xdc", b"\x91"

_decode_answers = msgspec.msgpack.Decoder(list[_Answer]).decode
_decode_intents = msgspec.msgpack.Decoder(list[_Intent]).decode
_decode_counters = msgspec.msgpack.Decoder(list[tuple[str, int, int, int]]).decode


def reserve_batch(requests: Sequence[ReserveRequest]) -> bytes:
    return Columns(requests).packed()


def end_batch(requests: Sequence[EndRequest]) -> bytes:
    return encode([(request.key, packed(encode(checks.check_end(request)))) for request in requests])


def restock_batch(requests: Sequence[RestockRequest]) -> bytes:
    return encode([(r.key, r.counter, r.delta, r.clip, packed(encode(checks.check_restock(r)))) for r in requests])


def give_back_batch(requests: Sequence[GiveBackRequest]) -> bytes:
    items = []
    for request in requests:
        quantities, body = checks.check_give_back(request)
        items.append((request.key, request.reservation_key, _flat(quantities.items()), packed(encode(body))))
    return encode(items)


def definition(key: str, specs: Sequence[CounterSpec]) -> bytes:
    checks.check_name("key", key)
    checks.check_specs(specs)
    return encode((key, flat_specs(specs)))


def flat_specs(specs: Iterable[CounterSpec]) -> list[Any]:
    return _flat((s.name, s.capacity, s.open_time_ms, s.close_time_ms, s.confirm_deadline_ms) for s in specs)


def snapshot_item(reservation: ReservationSnapshot) -> tuple[Any, ...]:
    """A reservation as load.lua takes it."""
    claims = checks.sum_claims(reservation.claims)
    returned: list[int] | bool = False
    if reservation.returned:
        given = dict(reservation.returned)
        returned = [given.get(claim.counter, 0) for claim in claims]
    content = _content(reservation.fingerprint, reservation.label, claims)
    head = (reservation.key, STATES.index(reservation.state), reservation.sequence)
    return (*head, reservation.create_time_ms, reservation.due_ms, returned, content)


def answers(reply: bytes, labels: Iterable[str] = repeat("")) -> list[Answer]:
    """`labels`: of the requests, for the answers about reservations that they made."""
    return [
        Answer(
            _CODES[a.code],
            a.sequence,
            a.replayed,
            None if a.state is None else STATES[a.state],
            a.due_ms,
            a.counter,
            a.available,
            a.applied,
            a.filled,
            a.exhausted,
            label if a.label is None else a.label,
        )
        for a, label in zip(_decode_answers(reply), labels, strict=False)
    ]


def counter_states(reply: bytes) -> dict[str, CounterState]:
    return {
        name: CounterState(None if capacity == NAMED else capacity, used, taken)
        for name, capacity, used, taken in _decode_counters(reply)
    }


def intents(entry_id: bytes, payload: bytes) -> list[Intent]:
    """An entry of a shard's stream: the intents of one call, or the single intent that an earlier version wrote."""
    found = _decode_intents(payload if payload.startswith(_ARRAY) else _ONE + payload)
    first = int(entry_id.partition(b"-")[0]) - len(found) + 1
    return [_intent(sequence, *each) for sequence, each in enumerate(found, first)]


def _intent(
    sequence: int,
    verb: Verb,
    key: str,
    time_ms: int,
    epoch: int,
    due_ms: int,
    confirmed: bool,
    filled: tuple[str, ...],
    give_back_key: str,
    fingerprint: str,
    label: str,
    flat: tuple[Any, ...],
    body: str,
) -> Intent:
    cut, none_kept = _claims_in(len(flat))
    claims = cut(flat)
    specs: tuple[CounterSpec, ...] = ()
    if verb is Verb.DEFINE:
        specs = tuple([CounterSpec(*spec) for spec in claims])
        claims = tuple([(spec.name, spec.capacity, NAMED, 0, 0) for spec in specs])
    elif flat[4::5] != none_kept:
        claims = tuple([part for claim in claims for part in SummedClaim(*claim).moved()])
    return Intent(
        sequence,
        verb,
        key,
        time_ms,
        epoch,
        fingerprint,
        due_ms,
        confirmed,
        claims,
        specs,
        filled,
        give_back_key,
        body,
        label,
    )


@lru_cache(CLAIMS_PER_RESERVATION_MAX)
def _claims_in(size: int) -> tuple[Callable[[tuple[Any, ...]], tuple[Any, ...]], tuple[int, ...]]:
    """What cuts `size` values into claims, and what their last values are if nothing is kept."""
    if size % 5:
        raise ValueError(f"claims have five values each, and {size} are not so many")
    none_kept = (0,) * (size // 5)
    if len(none_kept) < 2:  # `itemgetter` makes no tuple of a single slice
        return (lambda flat: (flat,) if flat else ()), none_kept
    return itemgetter(*[slice(start, start + 5) for start in range(0, size, 5)]), none_kept


def _flat(rows: Iterable[Iterable[Any]]) -> list[Any]:
    return [value for row in rows for value in row]


def _content(fingerprint: str, label: str, claims: Iterable[SummedClaim]) -> msgspec.Raw:
    """The part of a reservation that never changes (lib/records.lua)."""
    flat = [value for c in claims for value in (c.counter, c.quantity, c.limit, c.window_ms, c.kept)]
    # Without the head of the array, which is one byte: three values that follow one another.
    return packed(encode((fingerprint, label, flat))[1:])
