"""Reserve: whole or not at all, once per key."""

from __future__ import annotations

import asyncio

import pytest

from tests.contract.inventory.world import EPOCH, SHARD, World, limit, stock
from tuan.domain.claim import (
    Answer,
    Claim,
    ClaimSet,
    ClaimTerms,
    Code,
    CounterSpec,
    CounterState,
    OnRelease,
    ReservationState,
    ReserveRequest,
)


async def test_every_claim_is_taken(world: World) -> None:
    """Goal: a granted reservation holds each of its counters. Method: read the counters after it."""
    await world.define(phone=5)
    answer = await world.reserve("r", stock("phone", 2), limit("buyer", 3, 2), hold_ms=1000)
    assert (answer.code, answer.state, answer.label) == (Code.GRANTED, ReservationState.PENDING, "label of r")
    assert answer.due_ms == world.clock.now_ms() + 1000
    assert await world.inventory.counters(SHARD) == {"phone": CounterState(5, 2, 0), "buyer": CounterState(None, 2, 0)}


async def test_a_refusal_takes_nothing_and_names_the_counter(world: World) -> None:
    """Goal: all or nothing. Method: the second of three claims does not fit; no counter may move."""
    await world.define(phone=5, case=1)
    answer = await world.reserve("r", limit("buyer", 3), stock("case", 2), stock("phone"))
    assert answer == Answer(Code.DOES_NOT_FIT, counter="case", available=1)
    assert await world.inventory.counters(SHARD) == {"phone": CounterState(5, 0, 0), "case": CounterState(1, 0, 0)}
    assert len(world.intents()) == 1


async def test_a_refused_key_is_decided_afresh(world: World) -> None:
    """Goal: a refusal is not remembered. Method: refuse, restock, ask again with the same key."""
    await world.define(phone=0)
    assert (await world.reserve("r", stock("phone"))).code is Code.DOES_NOT_FIT
    await world.restock("more", "phone", 1)
    answer = await world.reserve("r", stock("phone"))
    assert (answer.code, answer.replayed) == (Code.GRANTED, False)


async def test_the_first_answer_again(world: World) -> None:
    """Goal: a repeated request has no second effect. Method: repeat it while pending and after it ended, under another label."""
    await world.define(phone=5)
    first = await world.reserve("r", stock("phone"))
    world.clock.advance(10)
    request = ReserveRequest("r", "same", (stock("phone"),), 9999, label="a newer order id")
    (again,) = await world.inventory.reserve(SHARD, EPOCH, [request])
    assert again == Answer(
        Code.GRANTED, first.sequence, True, ReservationState.PENDING, first.due_ms, label="label of r"
    )
    await world.release("r")
    later = await world.reserve("r", stock("phone"))
    assert (later.replayed, later.sequence, later.state) == (True, first.sequence, ReservationState.RELEASED)
    assert await world.used("phone") == 0


async def test_same_key_other_content(world: World) -> None:
    """Goal: a reused key is told apart from a repeated one. Method: same key, other fingerprint; nothing may change."""
    await world.define(phone=5)
    await world.reserve("r", stock("phone"))
    assert await world.reserve("r", stock("phone", 2), fingerprint="other") == Answer(Code.FINGERPRINT_MISMATCH)
    assert await world.used("phone") == 1


async def test_one_counter_named_twice_is_summed(world: World) -> None:
    """Goal: the same item twice in one request cannot oversell. Method: 2 + 2 of 3, and 1 + 1 within a limit of 1."""
    await world.define(phone=3)
    twice = await world.reserve("r", stock("phone", 2), stock("phone", 2))
    assert twice == Answer(Code.DOES_NOT_FIT, counter="phone", available=3)
    over = await world.reserve("r", limit("buyer", 1), limit("buyer", 1))
    assert over == Answer(Code.OVER_LIMIT, counter="buyer", available=1)
    assert (await world.reserve("r", stock("phone", 2), stock("phone", 1))).exhausted == ("phone",)


async def test_claims_that_share_their_terms(world: World) -> None:
    """Goal: claims as a set say what they say one by one. Method: orders on the same terms, one over its limit, one repeated."""
    await world.define(phone=7)
    terms = (ClaimTerms(1, 1), ClaimTerms(2))
    first, other, again = (
        ReserveRequest(key, "f", ClaimSet(terms, (f"buyer/{buyer}", "phone")), 1000, label=f"label of {key}")
        for key, buyer in (("r1", "b1"), ("r2", "b2"), ("r3", "b1"))
    )
    answers = await world.inventory.reserve(SHARD, EPOCH, [first, other, again, first])
    assert [(answer.code, answer.counter, answer.label) for answer in answers] == [
        (Code.GRANTED, None, "label of r1"),
        (Code.GRANTED, None, "label of r2"),
        (Code.OVER_LIMIT, "buyer/b1", ""),
        (Code.GRANTED, None, "label of r1"),
    ]
    assert answers[3].replayed
    assert await world.inventory.counters(SHARD, ["phone", "buyer/b1"]) == {
        "phone": CounterState(7, 4, 0),
        "buyer/b1": CounterState(None, 1, 0),
    }
    twice = ReserveRequest("r4", "f", ClaimSet((ClaimTerms(2), ClaimTerms(2)), ("phone", "phone")), 1000)
    (answer,) = await world.inventory.reserve(SHARD, EPOCH, [twice])
    assert (answer.code, answer.available) == (Code.DOES_NOT_FIT, 3)


async def test_each_sees_those_before_it(world: World) -> None:
    """Goal: a batch is like its items one by one. Method: four of two units, with a repeated and a reused key among them."""
    await world.define(phone=2)
    keys = [("a", "1"), ("a", "1"), ("a", "2"), ("b", "1"), ("c", "1")]
    requests = [ReserveRequest(key, fingerprint, (stock("phone"),), 0) for key, fingerprint in keys]
    answers = await world.inventory.reserve(SHARD, EPOCH, requests)
    assert [answer.code for answer in answers] == [
        Code.GRANTED,
        Code.GRANTED,
        Code.FINGERPRINT_MISMATCH,
        Code.GRANTED,
        Code.DOES_NOT_FIT,
    ]
    assert [answer.replayed for answer in answers] == [False, True, False, False, False]
    assert answers[3].exhausted == ("phone",)


async def test_codes_by_precedence(world: World) -> None:
    """Goal: of several misfits the documented one is named. Method: claims that miss in every way, worst code last."""
    now = world.clock.now_ms()
    specs = [CounterSpec("few", 0), CounterSpec("shut", 9, 0, now), CounterSpec("early", 9, now + 1)]
    await world.inventory.define(SHARD, EPOCH, "d", specs)
    claims = [limit("buyer", 0), stock("few"), stock("shut"), stock("early"), stock("unknown")]
    expected = [Code.OVER_LIMIT, Code.DOES_NOT_FIT, Code.CLOSED, Code.NOT_OPEN_YET, Code.UNKNOWN_COUNTER]
    for count, code in enumerate(expected, 1):
        answer = await world.reserve("r", *claims[:count])
        assert (answer.code, answer.counter) == (code, claims[count - 1].counter)


async def test_half_open_windows(world: World) -> None:
    """Goal: reserve is granted in [open, close). Method: ask one millisecond before, at, before the end, at the end."""
    now = world.clock.now_ms()
    await world.inventory.define(SHARD, EPOCH, "d", [CounterSpec("phone", 9, now + 10, now + 20)])
    codes = []
    for step in (9, 1, 9, 1):
        world.clock.advance(step)
        codes.append((await world.reserve(f"at {world.clock.now_ms()}", stock("phone"))).code)
    assert codes == [Code.NOT_OPEN_YET, Code.GRANTED, Code.GRANTED, Code.CLOSED]


async def test_standing_reservations_stand_outside_the_window(world: World) -> None:
    """Goal: the engine can hold a buffer before a sale opens. Method: reserve before the opening with `standing`."""
    spec = CounterSpec("phone", 9, open_time_ms=world.clock.now_ms() + 1)
    await world.inventory.define(SHARD, EPOCH, "d", [spec])
    request = ReserveRequest("buffer", "f", (stock("phone", 2),), 0, standing=True)
    (answer,) = await world.inventory.reserve(SHARD, EPOCH, [request])
    assert answer.code is Code.GRANTED


async def test_confirmed_at_once(world: World) -> None:
    """Goal: late money that still fits is one step. Method: reserve with confirm; it is taken, not due, and fills."""
    await world.define(seat=1)
    answer = await world.reserve("r", stock("seat"), limit("buyer", 1), confirm=True)
    assert (answer.state, answer.due_ms, answer.filled, answer.exhausted) == (
        ReservationState.CONFIRMED,
        0,
        ("seat",),
        ("seat",),
    )
    assert await world.counter("seat") == CounterState(1, 1, 1)
    assert await world.counter("buyer") == CounterState(None, 1, 1)
    world.clock.advance(10_000)
    assert await world.expire() == []
    assert (await world.confirm("r")).sequence == answer.sequence


async def test_nothing_to_claim(world: World) -> None:
    """Goal: an order of unlimited goods has its idempotency too. Method: reserve no claims, twice."""
    await world.define()
    first, again = await world.reserve("r"), await world.reserve("r")
    assert (first.code, again.replayed, again.sequence) == (Code.GRANTED, True, first.sequence)


@pytest.mark.parametrize("units", [1, 10])
async def test_64_callers_for_few_units(world: World, units: int) -> None:
    """Goal: exactly as many succeed as there are units. Method: 64 concurrent calls, half of them sent twice."""
    await world.define(phone=units)
    keys = [f"buyer {number % 48}" for number in range(64)]
    answers = await asyncio.gather(*(world.reserve(key, stock("phone"), limit(f"limit {key}", 1)) for key in keys))
    granted = {key for key, answer in zip(keys, answers, strict=True) if answer.code is Code.GRANTED}
    assert len(granted) == units
    assert await world.counter("phone") == CounterState(units, units, 0)


async def test_a_batch_larger_than_lua_can_unpack(world: World) -> None:
    """Goal: the largest documented call works. Method: 256 reservations whose claims name 12,800 different counters."""
    await world.define(phone=1000)
    requests = [
        ReserveRequest(f"r{i}", "f", (stock("phone"), *(limit(f"l{i}/{j}", 1) for j in range(50))), 1000)
        for i in range(256)
    ]
    answers = await world.inventory.reserve(SHARD, EPOCH, requests)
    assert {answer.code for answer in answers} == {Code.GRANTED}
    assert len(await world.inventory.counters(SHARD)) == 12_801
    world.clock.advance(1000)
    assert len(await world.expire(1000)) == 256
    assert await world.inventory.counters(SHARD) == {"phone": CounterState(1000, 0, 0)}


async def test_quantities_stay_exact(world: World) -> None:
    """Goal: whole numbers are exact up to 2^53 - 1. Method: take all but one of that many, then the last."""
    most = 2**53 - 1
    await world.define(money=most)
    await world.reserve("r", stock("money", most - 1))
    assert await world.reserve("s", stock("money", 2)) == Answer(Code.DOES_NOT_FIT, counter="money", available=1)
    assert (await world.reserve("s", Claim("money", 1, on_release=OnRelease.KEEP))).exhausted == ("money",)
    assert await world.counter("money") == CounterState(most, most, 0)
