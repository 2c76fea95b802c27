"""Confirm, release and expire: each reservation ends exactly once."""

from __future__ import annotations

import pytest

from tests.contract.inventory.world import EPOCH, SHARD, World, limit, stock
from tuan.domain.claim import Answer, Code, CounterSpec, CounterState, EndRequest, ReservationState

CONFIRMED, RELEASED, EXPIRED = ReservationState.CONFIRMED, ReservationState.RELEASED, ReservationState.EXPIRED


async def _end(world: World, state: ReservationState) -> None:
    if state is CONFIRMED:
        await world.confirm("r")
    elif state is RELEASED:
        await world.release("r")
    else:
        world.clock.advance(1000)
        assert await world.expire() == ["r"]


@pytest.mark.parametrize(
    ("state", "confirm", "release"),
    [
        (CONFIRMED, Code.GRANTED, Code.ALREADY_CONFIRMED),
        (RELEASED, Code.ALREADY_RELEASED, Code.GRANTED),
        (EXPIRED, Code.ALREADY_EXPIRED, Code.ALREADY_EXPIRED),
    ],
)
async def test_after_the_end(world: World, state: ReservationState, confirm: Code, release: Code) -> None:
    """Goal: one end, whatever comes after. Method: end in each way, then confirm, release and expire; nothing moves."""
    await world.define(phone=5)
    await world.reserve("r", stock("phone"), hold_ms=1000)
    await _end(world, state)
    before, count = await world.counter("phone"), len(world.intents())
    answers = [await world.confirm("r"), await world.release("r")]
    world.clock.advance(5000)
    assert await world.expire() == []
    assert [answer.code for answer in answers] == [confirm, release]
    assert {(answer.state, answer.label) for answer in answers} == {(state, "label of r")}
    assert {answer.replayed for answer in answers if answer.code is Code.GRANTED} <= {True}
    assert (await world.counter("phone"), len(world.intents())) == (before, count)


async def test_unknown_reservations(world: World) -> None:
    """Goal: an unknown key is its own answer. Method: end and look up a key that never was."""
    await world.define()
    assert await world.confirm("r") == await world.release("r") == Answer(Code.UNKNOWN_RESERVATION)
    assert await world.inventory.reservations(SHARD, ["r"]) == [Answer(Code.UNKNOWN_RESERVATION)]


async def test_confirm_takes_for_good(world: World) -> None:
    """Goal: what is confirmed is used and taken. Method: confirm one of two, twice in one call."""
    await world.define(phone=5)
    await world.reserve("r", stock("phone", 2), limit("buyer", 3))
    await world.reserve("s", stock("phone"))
    first, again = await world.inventory.confirm(SHARD, EPOCH, [EndRequest("r", b"paid"), EndRequest("r", b"paid")])
    assert (first.replayed, again.replayed, again.sequence) == (False, True, first.sequence)
    assert await world.counter("phone") == CounterState(5, 3, 2)
    assert await world.counter("buyer") == CounterState(None, 1, 1)


async def test_late_is_fine_while_pending(world: World) -> None:
    """Goal: money that comes after the due time but before the expiry counts. Method: confirm past due, then expire."""
    await world.define(phone=1)
    await world.reserve("r", stock("phone"), hold_ms=10)
    world.clock.advance(11)
    assert (await world.confirm("r")).code is Code.GRANTED
    assert await world.expire() == []


async def test_confirm_deadline(world: World) -> None:
    """Goal: an expired group is never completed. Method: confirm just before and at the deadline of the seats."""
    deadline = world.clock.now_ms() + 100
    await world.inventory.define(SHARD, EPOCH, "d", [CounterSpec("seat", 9, 0, 0, deadline)])
    await world.reserve("r", stock("seat"))
    await world.reserve("s", stock("seat"))
    world.clock.advance(99)
    assert (await world.confirm("r")).code is Code.GRANTED
    world.clock.advance(1)
    late = await world.confirm("s")
    assert (late.code, late.counter, late.state) == (Code.CLOSED, "seat", ReservationState.PENDING)
    assert (await world.reserve("t", stock("seat"), confirm=True)).code is Code.CLOSED
    assert (await world.release("s")).code is Code.GRANTED


async def test_filled_is_said_once_each_time(world: World) -> None:
    """Goal: the last seat reports itself, so nobody polls. Method: fill, give back, fill again, repeating every call."""
    await world.define(seat=2)
    for key in ("a", "b"):
        await world.reserve(key, stock("seat"))
    filled = [(await world.confirm(key)).filled for key in ("a", "b", "b")]
    await world.give_back("refund", "a", seat=1)
    filled.append((await world.reserve("c", stock("seat"), confirm=True)).filled)
    assert filled == [(), ("seat",), (), ("seat",)]
    assert [intent.filled for intent in world.intents() if intent.filled] == [("seat",), ("seat",)]


@pytest.mark.parametrize("how", ["filled", "past its deadline"])
async def test_what_is_settled_stays_taken(world: World, how: str) -> None:
    """Goal: a group that is full or whose time is over has the members that it had. Method: two of three or three of three seats paid,
    then one of them gives back a seat and a unit of stock, in time or at the deadline: the stock comes back, the seat does not."""
    deadline_ms = world.clock.now_ms() + 1_000
    seats = CounterSpec("seats", 3, close_time_ms=deadline_ms, confirm_deadline_ms=deadline_ms)
    await world.inventory.define(SHARD, EPOCH, "group", [seats, CounterSpec("phone", 9)])
    for key in ("a", "b", "c"):
        await world.reserve(key, stock("seats"), stock("phone"), confirm=key != "c")
    if how == "filled":
        assert (await world.confirm("c")).filled == ("seats",)
    else:
        assert (await world.give_back("early", "b", seats=1)).applied == 1
        assert (await world.reserve("d", stock("seats"), confirm=True)).code is Code.GRANTED
        world.clock.advance(1_000)
        assert (await world.confirm("c")).code is Code.CLOSED
    answer = await world.give_back("refund", "a", seats=1, phone=1)
    assert (answer.code, answer.applied) == (Code.GRANTED, 1)
    paid = 3 if how == "filled" else 2
    assert await world.counter("seats") == CounterState(3, 3, paid)
    assert world.intents()[-1].claims == (("phone", 1, -1, 0, 0),)
    assert (await world.give_back("refund", "a", seats=1, phone=1)).applied == 1
    assert (await world.give_back("again", "a", phone=1)).code is Code.TOO_MUCH


async def test_release_gives_back(world: World) -> None:
    """Goal: a released reservation leaves no trace in its counters. Method: counters before and after; limits vanish."""
    await world.define(phone=5)
    await world.reserve("r", stock("phone", 2), limit("buyer", 3), limit("device", 3, window_ms=1000))
    assert (await world.release("r")).state is RELEASED
    assert await world.inventory.counters(SHARD) == {"phone": CounterState(5, 0, 0)}


@pytest.mark.parametrize("how", [RELEASED, EXPIRED])
async def test_what_is_kept_stays_taken(world: World, how: ReservationState) -> None:
    """Goal: a claim with KEEP outlives its reservation. Method: one kept of two, given back in both ways."""
    await world.define(phone=5)
    await world.reserve("r", stock("phone"), limit("tries", 2, keep=True), limit("tries", 2), hold_ms=1000)
    await _end(world, how)
    assert await world.counter("tries") == CounterState(None, 1, 1)
    assert (await world.reserve("s", limit("tries", 2, 2))).code is Code.OVER_LIMIT


async def test_only_what_is_due_expires_oldest_first(world: World) -> None:
    """Goal: expire touches what is past due and nothing else. Method: four holds, one for ever; expire in two steps."""
    await world.define(phone=9)
    for key, hold_ms in (("late", 30), ("b", 10), ("a", 10), ("ever", 0), ("later", 31)):
        await world.reserve(key, stock("phone"), hold_ms=hold_ms)
    world.clock.advance(9)
    assert await world.expire() == []
    world.clock.advance(21)
    assert await world.expire(2) == ["a", "b"]
    assert await world.expire(2) == ["late"]
    assert await world.used("phone") == 2


async def test_time_never_goes_backwards(world: World) -> None:
    """Goal: a clock that steps back cannot reopen the past. Method: step back; nothing that was due becomes pending again."""
    await world.define(phone=9)
    world.clock.advance(1000)
    await world.reserve("r", stock("phone"), hold_ms=0)
    written = world.clock.now_ms()
    world.clock._now_ms -= 500
    answer = await world.reserve("s", stock("phone"), hold_ms=100)
    assert answer.due_ms == written + 100
    assert world.intents()[-1].time_ms == written
    state = await world.inventory.shard_state(SHARD)
    assert state is not None
    assert state.time_ms == written


async def test_asking_for_outcomes(world: World) -> None:
    """Goal: a lost answer can be asked for. Method: look up one reservation in each state."""
    await world.define(phone=9)
    first = {
        key: await world.reserve(key, stock("phone"), hold_ms=hold) for key, hold in (("p", 0), ("c", 0), ("x", 5))
    }
    await world.confirm("c")
    world.clock.advance(5)
    await world.expire()
    answers = await world.inventory.reservations(SHARD, ["p", "c", "x", "never"])
    assert [answer.state for answer in answers] == [ReservationState.PENDING, CONFIRMED, EXPIRED, None]
    assert [answer.sequence for answer in answers[:3]] == [first[key].sequence for key in ("p", "c", "x")]
    assert answers[2].due_ms == first["x"].due_ms
