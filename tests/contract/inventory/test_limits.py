"""Per-subject limits and their sliding windows."""

from __future__ import annotations

from tests.contract.inventory.world import World, limit
from tuan.domain.claim import Answer, Code, CounterState


async def test_two_per_device_per_day(world: World) -> None:
    """Goal: a take counts for exactly the window. Method: two takes half a window apart; the third waits for the first."""
    await world.define()
    device = limit("device", 2, window_ms=100)
    assert (await world.reserve("a", device)).code is Code.GRANTED
    world.clock.advance(50)
    assert (await world.reserve("b", device)).code is Code.GRANTED
    world.clock.advance(49)
    assert await world.reserve("c", device) == Answer(Code.OVER_LIMIT, counter="device", available=0)
    world.clock.advance(1)
    assert (await world.reserve("c", device)).code is Code.GRANTED
    assert await world.used("device") == 2
    world.clock.advance(100)
    assert await world.counter("device") is None


async def test_confirmed_takes_leave_the_window_too(world: World) -> None:
    """Goal: a window is about when it was taken, not how it ended. Method: confirm late, give back after the window."""
    await world.define()
    await world.reserve("a", limit("device", 2, 2, window_ms=100))
    world.clock.advance(60)
    await world.confirm("a")
    assert await world.counter("device") == CounterState(None, 2, 2)
    world.clock.advance(40)
    assert await world.reserve("b", limit("device", 2, 2, window_ms=100)) != Answer(Code.OVER_LIMIT)
    assert (await world.give_back("refund", "a", device=1)).applied == 1
    assert await world.used("device") == 2


async def test_give_back_within_the_window(world: World) -> None:
    """Goal: a refund makes room. Method: give one of two back while both count, also those of one millisecond."""
    await world.define()
    for key in ("a", "b"):
        await world.reserve(key, limit("device", 2, window_ms=100), confirm=True)
    await world.give_back("refund", "a", device=1)
    assert await world.counter("device") == CounterState(None, 1, 1)
    assert (await world.reserve("c", limit("device", 2, window_ms=100))).code is Code.GRANTED


async def test_a_limit_belongs_to_the_claim(world: World) -> None:
    """Goal: a changed rule holds at once. Method: take under one limit, ask under a lower and a higher one."""
    await world.define()
    await world.reserve("a", limit("buyer", 2, 2))
    assert await world.reserve("b", limit("buyer", 1)) == Answer(Code.OVER_LIMIT, counter="buyer", available=0)
    assert (await world.reserve("b", limit("buyer", 3))).code is Code.GRANTED


async def test_the_longest_window_holds(world: World) -> None:
    """Goal: shortening a window is never too lenient. Method: take with 100 ms, then with 10, then ask with 10 again."""
    await world.define()
    await world.reserve("a", limit("device", 2, window_ms=100))
    await world.reserve("b", limit("device", 2, window_ms=10))
    world.clock.advance(50)
    assert (await world.reserve("c", limit("device", 2, window_ms=10))).code is Code.OVER_LIMIT
    await world.reserve("ever", limit("device", 3, window_ms=0))
    world.clock.advance(500)
    assert await world.used("device") == 3
    await world.release("b")
    assert await world.used("device") == 2


async def test_a_late_release_takes_nothing_of_others(world: World) -> None:
    """Goal: giving back what has left the window changes nothing. Method: release it after others took."""
    await world.define()
    await world.reserve("old", limit("device", 5, 3, window_ms=100), hold_ms=0)
    world.clock.advance(100)
    await world.reserve("new", limit("device", 5, window_ms=100))
    await world.release("old")
    assert await world.used("device") == 1
