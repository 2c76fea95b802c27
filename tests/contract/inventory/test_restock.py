"""Define, restock and give_back: capacities change once per key and never below what is used."""

from __future__ import annotations

from tests.contract.inventory.world import EPOCH, SHARD, World, limit, stock
from tuan.domain.claim import QUANTITY_MAX, Answer, Code, CounterState, GiveBackRequest, RestockRequest


async def test_define_once(world: World) -> None:
    """Goal: define may be repeated. Method: the same key, then another key that names old and new counters."""
    first = await world.define("d", phone=5)
    again = await world.define("d", phone=5)
    assert (first.applied, again.replayed, again.sequence) == (1, True, first.sequence)
    await world.reserve("r", stock("phone", 2))
    more = await world.define("e", phone=9, case=3)
    assert more.applied == 1
    assert await world.inventory.counters(SHARD) == {"phone": CounterState(5, 2, 0), "case": CounterState(3, 0, 0)}
    assert [spec.name for spec in world.intents()[-1].specs] == ["case"]
    assert await world.define("f", phone=9) == Answer(Code.GRANTED)
    assert len(world.intents()) == 3


async def test_restock_once(world: World) -> None:
    """Goal: a repeated restock adds nothing. Method: the same key thrice, twice in one call."""
    await world.define(phone=5)
    requests = [RestockRequest("more", "phone", 3), RestockRequest("more", "phone", 3)]
    first, again = await world.inventory.restock(SHARD, EPOCH, requests)
    later = await world.restock("more", "phone", 3)
    assert (first.applied, first.replayed) == (3, False)
    assert again == later == Answer(Code.GRANTED, first.sequence, True, applied=3)
    assert await world.counter("phone") == CounterState(8, 0, 0)


async def test_taking_stock_out(world: World) -> None:
    """Goal: a capacity never falls below what is used. Method: too much is refused whole; clipped it takes what is there."""
    await world.define(phone=5)
    await world.reserve("r", stock("phone", 2))
    assert await world.restock("all", "phone", -4) == Answer(Code.TOO_MUCH, counter="phone", available=3)
    clipped = await world.restock("all", "phone", -4, clip=True)
    assert (clipped.applied, clipped.exhausted) == (-3, ("phone",))
    nothing = await world.restock("again", "phone", -4, clip=True)
    assert (nothing.code, nothing.applied, nothing.exhausted) == (Code.GRANTED, 0, ())
    await world.release("r")
    assert (await world.restock("again", "phone", -4, clip=True)).applied == 0
    assert await world.counter("phone") == CounterState(2, 0, 0)


async def test_capacities_have_an_end(world: World) -> None:
    """Goal: no capacity leaves the numbers that Lua counts exactly. Method: restock to the last number and beyond."""
    await world.define(money=1)
    assert (await world.restock("a", "money", QUANTITY_MAX - 1)).applied == QUANTITY_MAX - 1
    assert (await world.restock("b", "money", 1)).code is Code.TOO_MUCH


async def test_restock_of_nothing(world: World) -> None:
    """Goal: an unknown capacity is named. Method: restock it; limits are no capacities."""
    await world.define()
    await world.reserve("r", limit("buyer", 3))
    assert await world.restock("a", "buyer", 1) == Answer(Code.UNKNOWN_COUNTER, counter="buyer")


async def test_give_back_once_and_never_too_much(world: World) -> None:
    """Goal: refunds before shipping return units exactly once. Method: part, repeat, the rest, one more."""
    await world.define(phone=5)
    await world.reserve("r", stock("phone", 3), limit("buyer", 3, 3))
    assert (await world.give_back("early", "r", phone=1)).code is Code.TOO_MUCH
    await world.confirm("r")
    first = await world.give_back("one", "r", phone=1, buyer=1)
    again = await world.give_back("one", "r", phone=1, buyer=1)
    assert (first.applied, again.applied, again.replayed, again.sequence) == (2, 2, True, first.sequence)
    assert await world.give_back("two", "r", phone=3) == Answer(
        Code.TOO_MUCH, state=first.state, counter="phone", available=2, label="label of r"
    )
    await world.give_back("two", "r", phone=2, buyer=2)
    assert (await world.give_back("three", "r", buyer=1)).code is Code.TOO_MUCH
    assert await world.inventory.counters(SHARD) == {"phone": CounterState(5, 0, 0)}


async def test_give_back_sums_what_is_named_twice(world: World) -> None:
    """Goal: naming a counter twice is no way round the check. Method: 2 + 2 of 3 confirmed."""
    await world.define(phone=5)
    await world.reserve("r", stock("phone", 3), confirm=True)
    request = GiveBackRequest("twice", "r", (("phone", 2), ("phone", 2)))
    (answer,) = await world.inventory.give_back(SHARD, EPOCH, [request])
    assert (answer.code, answer.available) == (Code.TOO_MUCH, 3)


async def test_give_back_to_what_did_not_last(world: World) -> None:
    """Goal: only what is confirmed comes back. Method: give back of released, expired, unknown, and of a foreign counter."""
    await world.define(phone=5)
    for key in ("released", "expired", "paid"):
        await world.reserve(key, stock("phone"), hold_ms=10)
    await world.release("released")
    await world.confirm("paid")
    world.clock.advance(10)
    await world.expire()
    codes = [(await world.give_back("g", key, phone=1)).code for key in ("released", "expired", "never")]
    assert codes == [Code.ALREADY_RELEASED, Code.ALREADY_EXPIRED, Code.UNKNOWN_RESERVATION]
    foreign = await world.give_back("g", "paid", case=1)
    assert (foreign.code, foreign.counter, foreign.available) == (Code.TOO_MUCH, "case", 0)


async def test_one_key_one_verb(world: World) -> None:
    """Goal: a key that another verb used is an error, not an answer. Method: use one key for all three verbs."""
    await world.define("k", phone=5)
    await world.reserve("r", stock("phone"), confirm=True)
    assert await world.restock("k", "phone", 1) == Answer(Code.FINGERPRINT_MISMATCH)
    assert (await world.give_back("k", "r", phone=1)).code is Code.FINGERPRINT_MISMATCH
    await world.restock("m", "phone", 1)
    assert await world.define("m", case=1) == Answer(Code.FINGERPRINT_MISMATCH)
