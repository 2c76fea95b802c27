"""Shards: epochs, closing, rebuilding from what SQL knows, and forgetting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.contract.inventory.rebuilt import snapshot
from tests.contract.inventory.world import EPOCH, SHARD, World, limit, stock
from tuan.domain.claim import (
    Answer,
    Claim,
    Code,
    CounterSpec,
    CounterState,
    EndRequest,
    GiveBackRequest,
    ReservationSnapshot,
    ReservationState,
    ReserveRequest,
    RestockRequest,
    ShardSnapshot,
)
from tuan.domain.errors import Reason, TuanError
from tuan.ports import Inventory

Verb = Callable[[Inventory, int], Awaitable[list[Answer]]]

VERBS: dict[str, Verb] = {
    "reserve": lambda at, epoch: at.reserve(SHARD, epoch, [ReserveRequest("r", "f", (), 0)] * 2),
    "confirm": lambda at, epoch: at.confirm(SHARD, epoch, [EndRequest("r")] * 2),
    "release": lambda at, epoch: at.release(SHARD, epoch, [EndRequest("r")] * 2),
    "restock": lambda at, epoch: at.restock(SHARD, epoch, [RestockRequest("m", "phone", 1)] * 2),
    "give_back": lambda at, epoch: at.give_back(SHARD, epoch, [GiveBackRequest("g", "r", (("phone", 1),))] * 2),
}


@pytest.mark.parametrize("verb", VERBS)
async def test_refusals_of_whole_batches(world: World, verb: str) -> None:
    """Goal: missing, stale and closed shards do nothing, in this order. Method: each verb on each; no intent is written."""
    call = VERBS[verb]
    assert await call(world.inventory, EPOCH) == [Answer(Code.SHARD_MISSING)] * 2
    await world.define(phone=5)
    assert await call(world.inventory, EPOCH + 1) == [Answer(Code.STALE_EPOCH)] * 2
    await world.inventory.close_shard(SHARD)
    assert await call(world.inventory, EPOCH - 1) == [Answer(Code.STALE_EPOCH)] * 2
    assert await call(world.inventory, EPOCH) == [Answer(Code.SHARD_CLOSED)] * 2
    assert len(world.intents()) == 1
    await world.inventory.open_shard(SHARD, EPOCH)
    assert (await call(world.inventory, EPOCH))[0].code > Code.SHARD_CLOSED or verb in ("reserve", "restock")


async def test_the_other_calls_on_missing_and_closed_shards(world: World) -> None:
    """Goal: no call invents a shard, and a closed one does not say "unknown". Method: every call on both."""
    inventory = world.inventory
    assert await inventory.shard_state(SHARD) is None
    assert await inventory.counters(SHARD) == await inventory.counters(SHARD, ["phone"]) == {}
    assert await inventory.reservations(SHARD, ["r"]) == [Answer(Code.SHARD_MISSING)]
    assert (await world.expire(), await inventory.forget(SHARD, 2**50, 10)) == ([], 0)
    await inventory.close_shard(SHARD)
    assert await inventory.shard_state(SHARD) is None

    await world.define(phone=5)
    await world.reserve("r", stock("phone"), hold_ms=1)
    await inventory.close_shard(SHARD)
    world.clock.advance(10)
    assert await inventory.reservations(SHARD, ["r"]) == [Answer(Code.SHARD_CLOSED)]
    assert (await world.expire(), await inventory.forget(SHARD, 2**50, 10)) == ([], 0)
    assert (await world.define("e", case=1)).code is Code.SHARD_CLOSED
    assert (await inventory.define(SHARD, EPOCH + 1, "e", [])).code is Code.STALE_EPOCH
    assert await world.counter("phone") == CounterState(5, 1, 0)
    state = await inventory.shard_state(SHARD)
    assert state is not None
    assert (state.epoch, state.sequence, state.open, state.time_ms) == (EPOCH, 2, False, world.clock.now_ms())


@pytest.mark.parametrize("epoch", [EPOCH - 1, EPOCH + 1])
async def test_open_needs_the_epoch(world: World, epoch: int) -> None:
    """Goal: only the engine that rebuilt a shard opens it. Method: open with another epoch, and a missing shard."""
    with pytest.raises(TuanError) as missing:
        await world.inventory.open_shard(SHARD, EPOCH)
    await world.define()
    with pytest.raises(TuanError) as stale:
        await world.inventory.open_shard(SHARD, epoch)
    assert {missing.value.reason, stale.value.reason} == {Reason.SHARD_REBUILDING}


async def test_rebuilt_from_intents(world: World) -> None:
    """Goal: intents say all that a shard is. Method: live a little, rebuild from the intents, compare counters and answers."""
    await world.define(phone=50, seat=3)
    for number in range(9):
        claims = [stock("phone", 2), limit(f"buyer {number % 3}", 99), limit("device", 99, window_ms=100, keep=True)]
        await world.reserve(f"r{number}", *claims, hold_ms=40)
        world.clock.advance(10)
    for key in ("r5", "r6"):
        await world.confirm(key)
    await world.release("r7")
    await world.expire(3)
    await world.give_back("refund", "r5", phone=1, device=1)
    await world.restock("more", "phone", 7)

    keys = [f"r{number}" for number in range(10)]
    before = await world.inventory.counters(SHARD), await world.inventory.reservations(SHARD, keys)
    await world.inventory.close_shard(SHARD)
    await world.inventory.load(SHARD, snapshot(world.intents(), EPOCH + 1))
    assert await world.inventory.reserve(SHARD, EPOCH + 1, [ReserveRequest("r", "f", (), 0)]) == [
        Answer(Code.SHARD_CLOSED)
    ]
    await world.inventory.open_shard(SHARD, EPOCH + 1)
    assert (await world.inventory.counters(SHARD), await world.inventory.reservations(SHARD, keys)) == before

    last = before[1][0].sequence + 1 + 8 + 2 + 1 + 3 + 1 + 1 - 1
    state = await world.inventory.shard_state(SHARD)
    assert state is not None
    assert (state.epoch, state.sequence, state.open) == (EPOCH + 1, last, True)
    (again,) = await world.inventory.restock(SHARD, EPOCH + 1, [RestockRequest("more", "phone", 7)])
    assert (again.replayed, again.applied) == (True, 7)
    request = GiveBackRequest("more back", "r5", (("phone", 2),))
    (too_much,) = await world.inventory.give_back(SHARD, EPOCH + 1, [request])
    assert (too_much.code, too_much.available) == (Code.TOO_MUCH, 1)
    (refused,) = await world.inventory.reserve(SHARD, EPOCH, [ReserveRequest("late", "f", (), 0)])
    assert refused.code is Code.STALE_EPOCH
    assert await world.inventory.expire(SHARD, EPOCH + 1, 1) == ["r3"]
    assert [intent.sequence for intent in world.intents()] == [last + 1]


async def test_a_rebuild_replaces_everything(world: World) -> None:
    """Goal: nothing of the old shard survives a load. Method: load an empty snapshot over a shard in use."""
    await world.define(phone=5)
    await world.reserve("r", stock("phone"), limit("buyer", 1))
    await world.inventory.load(SHARD, ShardSnapshot(EPOCH + 1, 40, (), ()))
    await world.inventory.open_shard(SHARD, EPOCH + 1)
    assert await world.inventory.counters(SHARD) == {}
    assert await world.inventory.reservations(SHARD, ["r"]) == [Answer(Code.UNKNOWN_RESERVATION)]
    assert world.intents() == []
    answer = await world.inventory.define(SHARD, EPOCH + 1, "define", [CounterSpec("phone", 1)])
    assert (answer.sequence, answer.applied) == (41, 1)


async def test_a_large_rebuild(world: World) -> None:
    """Goal: a shard larger than one part loads whole. Method: 2,500 reservations, newest first; sum, due times, limits."""
    start = world.clock.now_ms()
    reservations = tuple(
        ReservationSnapshot(
            f"r{number}",
            "f",
            ReservationState.PENDING,
            number + 2,
            start - 2500 + number,
            start + number,
            (Claim("phone", 2), Claim("device", 1, 5000, 1000), Claim(f"buyer {number}", 1, 1)),
        )
        for number in reversed(range(2500))
    )
    loaded = ShardSnapshot(EPOCH, 2501, (CounterSpec("phone", 9000),), reservations, (("more", 4000),))
    await world.inventory.load(SHARD, loaded)
    await world.inventory.open_shard(SHARD, EPOCH)
    found = await world.inventory.counters(SHARD)
    assert (len(found), found["phone"], found["device"].used) == (2502, CounterState(9000, 5000, 0), 999)
    world.clock.advance(2)
    assert await world.expire() == ["r0", "r1", "r2"]


async def test_forget(world: World) -> None:
    """Goal: what ended long ago goes, what it took stays. Method: end at three times, forget up to a moment, in two steps."""
    await world.define(phone=9)
    for key in ("a", "b", "c", "d"):
        await world.reserve(key, stock("phone"), limit("day", 9, window_ms=50), hold_ms=0)
    for key, end in (("b", world.confirm), ("a", world.release), ("c", world.confirm)):
        world.clock.advance(10)
        await end(key)
    before = world.clock.now_ms()
    assert await world.inventory.forget(SHARD, before, 1) == 1
    assert await world.inventory.forget(SHARD, before, 9) == 1
    assert await world.inventory.forget(SHARD, before, 9) == 0
    codes = [answer.code for answer in await world.inventory.reservations(SHARD, ["a", "b", "c", "d"])]
    assert codes == [Code.UNKNOWN_RESERVATION, Code.UNKNOWN_RESERVATION, Code.GRANTED, Code.GRANTED]
    assert await world.counter("phone") == CounterState(9, 3, 2)
    assert await world.counter("day") == CounterState(None, 3, 2)


async def test_a_forgotten_key_in_use_again_is_rebuilt(world: World) -> None:
    """Goal: `forget` after a rebuild never drops who holds a key now. Method: end, forget, reserve anew, rebuild, forget."""
    await world.define(phone=9)
    await world.reserve("early", stock("phone"), confirm=True)
    await world.reserve("r", stock("phone"), confirm=True)
    world.clock.advance(10)
    assert await world.inventory.forget(SHARD, world.clock.now_ms(), 9) == 2
    again = await world.reserve("r", stock("phone", 3))

    await world.inventory.close_shard(SHARD)
    await world.inventory.load(SHARD, snapshot(world.intents(), EPOCH + 1))
    await world.inventory.open_shard(SHARD, EPOCH + 1)
    world.clock.advance(10)
    assert await world.inventory.forget(SHARD, world.clock.now_ms(), 1) == 1
    early, now = await world.inventory.reservations(SHARD, ["early", "r"])
    assert (early.code, now.code) == (Code.UNKNOWN_RESERVATION, Code.GRANTED)
    assert await world.inventory.forget(SHARD, world.clock.now_ms(), 9) == 1
    (now,) = await world.inventory.reservations(SHARD, ["r"])
    assert (now.sequence, now.state) == (again.sequence, ReservationState.PENDING)
    assert await world.counter("phone") == CounterState(9, 5, 2)


async def test_shards_are_apart(world: World) -> None:
    """Goal: one shard's names are not another's. Method: the same keys and counters in two shards, at once."""
    for shard in ("one", "two"):
        await world.inventory.define(shard, EPOCH, "d", [CounterSpec("phone", 1)])
    request = ReserveRequest("r", "f", (stock("phone"),), 0)
    answers = await asyncio.gather(*(world.inventory.reserve(shard, EPOCH, [request]) for shard in ("one", "two")))
    assert [answer.code for (answer,) in answers] == [Code.GRANTED, Code.GRANTED]
    assert await world.inventory.shard_state(SHARD) is None
