"""Bad arguments are refused with the field and what to write instead, before anything is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.contract.inventory.world import EPOCH, SHARD, World, limit
from tuan.domain.claim import (
    CLAIMS_PER_RESERVATION_MAX,
    QUANTITY_MAX,
    RESERVATIONS_PER_CALL_MAX,
    Claim,
    CounterSpec,
    EndRequest,
    GiveBackRequest,
    ReservationSnapshot,
    ReservationState,
    ReserveRequest,
    RestockRequest,
    ShardSnapshot,
)
from tuan.domain.errors import InvalidValue
from tuan.ports import Inventory

LONG = "é" * 101
Call = Callable[[Inventory], Awaitable[Any]]


def _reserve(*claims: Claim, key: str = "k", hold_ms: int = 0, body: bytes = b"", fingerprint: str = "f") -> Call:
    good = ReserveRequest("good", "f", (), 0)
    request = ReserveRequest(key, fingerprint, claims, hold_ms, body)
    return lambda at: at.reserve(SHARD, EPOCH, [good, request])


def _define(*specs: CounterSpec, shard: str = SHARD, key: str = "k") -> Call:
    return lambda at: at.define(shard, EPOCH, key, specs)


def _give_back(*quantities: tuple[str, int]) -> Call:
    return lambda at: at.give_back(SHARD, EPOCH, [GiveBackRequest("g", "r", quantities)])


_ORPHAN = ReservationSnapshot("r", "f", ReservationState.PENDING, 1, 1, 0, (Claim("phone", 1),))
_ENDED = ReservationSnapshot("r", "f", ReservationState.CONFIRMED, 1, 1, 0, ())
_AGAIN = ReservationSnapshot("r", "f", ReservationState.PENDING, 2, 2, 0, ())

BAD: dict[str, tuple[str, Call]] = {
    "shard empty": ("shard", _define(shard="")),
    "shard with a brace": ("shard", _define(shard="a}b")),
    "shard too long": ("shard", _define(shard=LONG)),
    "define without a key": ("key", _define(key="")),
    "capacity negative": ("counters[a].capacity", _define(CounterSpec("a", -1))),
    "capacity too large": ("counters[a].capacity", _define(CounterSpec("a", QUANTITY_MAX + 1))),
    "time negative": ("counters[a].open_time_ms", _define(CounterSpec("a", 1, -1))),
    "name empty": ("counters.name", _define(CounterSpec("", 1))),
    "defined twice": ("counters[a]", _define(CounterSpec("a", 1), CounterSpec("a", 2))),
    "key empty": ("key", _reserve(key="")),
    "key too long": ("key", _reserve(key=LONG)),
    "key is no text": ("key", _reserve(key="\ud800")),
    "fingerprint too long": ("fingerprint", _reserve(fingerprint=LONG)),
    "hold negative": ("hold_ms", _reserve(hold_ms=-1)),
    "hold beyond all time": ("hold_ms", _reserve(hold_ms=2**53)),
    "body is no text": ("body", _reserve(body=b"\xff")),
    "nothing of something": ("claims[a].quantity", _reserve(Claim("a", 0))),
    "negative quantity": ("claims[a].quantity", _reserve(Claim("a", -1))),
    "quantity too large": ("claims[a].quantity", _reserve(Claim("a", QUANTITY_MAX + 1))),
    "sum too large": ("claims[a].quantity", _reserve(Claim("a", QUANTITY_MAX), Claim("a", 1))),
    "limit negative": ("claims[a].limit", _reserve(limit("a", -1))),
    "window negative": ("claims[a].window_ms", _reserve(limit("a", 1, window_ms=-1))),
    "window of a capacity": ("claims[a].window_ms", _reserve(Claim("a", 1, None, 5))),
    "two limits for one counter": ("claims[a]", _reserve(limit("a", 1), limit("a", 2))),
    "two windows for one counter": ("claims[a]", _reserve(limit("a", 1), limit("a", 1, window_ms=5))),
    "limit and capacity": ("claims[a]", _reserve(limit("a", 1), Claim("a", 1))),
    "counter empty": ("claims.counter", _reserve(Claim("", 1))),
    "too many claims": ("claims", _reserve(*(Claim(f"{i}", 1) for i in range(CLAIMS_PER_RESERVATION_MAX + 1)))),
    "too many requests": (
        "requests",
        lambda at: at.reserve(SHARD, EPOCH, [ReserveRequest("k", "f", (), 0)] * (RESERVATIONS_PER_CALL_MAX + 1)),
    ),
    "confirm without a key": ("key", lambda at: at.confirm(SHARD, EPOCH, [EndRequest("")])),
    "release with a bad body": ("body", lambda at: at.release(SHARD, EPOCH, [EndRequest("k", b"\xff")])),
    "delta too large": ("delta", lambda at: at.restock(SHARD, EPOCH, [RestockRequest("k", "a", -(2**53))])),
    "restock without a counter": ("counter", lambda at: at.restock(SHARD, EPOCH, [RestockRequest("k", "", 1)])),
    "give back nothing": ("quantities[a]", _give_back(("a", 0))),
    "give back too much to sum": ("quantities", _give_back(("a", QUANTITY_MAX), ("b", QUANTITY_MAX))),
    "expire none": ("count_max", lambda at: at.expire(SHARD, EPOCH, 0)),
    "forget none": ("count_max", lambda at: at.forget(SHARD, 1, 0)),
    "snapshot with a hole": (
        "snapshot.reservations[r]",
        lambda at: at.load(SHARD, ShardSnapshot(EPOCH, 1, (), (_ORPHAN,))),
    ),
    "snapshot with a key twice": (
        "snapshot.reservations[r]",
        lambda at: at.load(SHARD, ShardSnapshot(EPOCH, 2, (), (_ENDED, _AGAIN))),
    ),
}


@pytest.mark.parametrize("case", BAD)
async def test_bad_arguments(world: World, case: str) -> None:
    """Goal: no bad value reaches a script, which has no rollback. Method: one bad field per case beside good ones."""
    field, call = BAD[case]
    await world.define("before", phone=1)
    with pytest.raises(InvalidValue) as refused:
        await call(world.inventory)
    assert refused.value.field == field
    assert len(world.intents()) == 1
