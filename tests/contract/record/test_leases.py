"""One owner per shard, and a fence for those that do not know yet that they lost it."""

from __future__ import annotations

import threading
from collections.abc import Mapping

import pytest

from tests.contract.record.world import World, order_placed
from tuan.adapters.memory_inventory import MemoryIntentLog
from tuan.adapters.sql_record.drain.drainer import Drainer
from tuan.domain.errors import Reason, TuanError

LEASE_MS = 15_000


class PausedLog(MemoryIntentLog):
    """Lets something happen between the reading of a batch and its writing, as a paused process would."""

    def __init__(self, world: World) -> None:
        super().__init__(world.inventory)
        self.pause: list[object] = []

    def read(self, shard: str, after: int, count_max: int) -> list:  # type: ignore[type-arg]
        intents = super().read(shard, after, count_max)
        if self.pause:
            self.pause.pop()()  # type: ignore[operator]
        return intents


async def test_an_owner_that_lost_its_lease_cannot_commit(world: World) -> None:
    """Goal: a stale owner's transaction fails whole. Method: it reads a batch, sleeps past its lease, another owner takes the
    shard and writes; then it wakes up."""
    await world.open()
    log = PausedLog(world)
    sleepy, other = world.new_drainer("sleepy", log), world.new_drainer("other")
    sleepy.drain_once()
    await world.place(order_placed())

    def sleep() -> None:
        world.clock.advance(LEASE_MS + 1)
        assert other.drain_once() == 1

    log.pause.append(sleep)
    # The other one has also trimmed the log, but the sleepy one holds its batch in memory.
    assert sleepy.drain_once() == 0
    assert sleepy.cursors() == {}
    assert await world.kinds() == ["order.placed"]
    assert (await world.record.read(lambda unit: unit.checks.counters("sale")))["stock/tea"].used == 1
    await world.place(order_placed("o2"))
    assert sleepy.drain_once() == 0, "the shard belongs to the other one"
    assert other.drain_once() == 1


async def test_a_token_alone_stops_a_stale_owner(world: World) -> None:
    """Goal: the fence is the token, not the cursor. Method: the other owner takes the lease but has written nothing yet."""
    await world.open()
    log = PausedLog(world)
    sleepy, other = world.new_drainer("sleepy", log), world.new_drainer("other", _Silent(world))
    sleepy.drain_once()
    await world.place(order_placed())

    def sleep() -> None:
        world.clock.advance(LEASE_MS + 1)
        assert other.drain_once() == 0
        assert "sale" in other.cursors()

    log.pause.append(sleep)
    assert sleepy.drain_once() == 0
    assert await world.kinds() == []


class _Silent(MemoryIntentLog):
    def __init__(self, world: World) -> None:
        super().__init__(world.inventory)

    def wait(self, cursors: Mapping[str, int], timeout_ms: int) -> list[str]:
        return []


async def test_a_busy_owner_keeps_its_lease(world: World) -> None:
    """Goal: writing renews. Method: batches over three lease times; a second drain never gets the shard."""
    await world.open()
    owner, other = world.new_drainer("owner"), world.new_drainer("other")
    owner.drain_once()
    for number in range(6):
        world.clock.advance(LEASE_MS // 2)
        await world.place(order_placed(f"o{number}"))
        assert owner.drain_once() == 1
        assert other.drain_once() == 0 and other.cursors() == {}


async def test_an_idle_owner_keeps_its_lease(world: World) -> None:
    """Goal: looking renews. Method: nothing to write over three lease times."""
    await world.open()
    owner, other = world.new_drainer("owner"), world.new_drainer("other")
    owner.drain_once()
    for _ in range(6):
        world.clock.advance(LEASE_MS // 2)
        assert owner.drain_once() == 0
        assert other.drain_once() == 0 and other.cursors() == {}


async def test_a_stopped_owner_hands_over_at_once(world: World) -> None:
    """Goal: a rolling restart waits for no lease. Method: run a drain in its thread, stop it, and start another without waiting."""
    await world.open()
    stop = threading.Event()
    first = world.new_drainer("first", refresh_ms=5)
    thread = threading.Thread(target=first.run, args=(stop,))
    thread.start()
    while not world.commits:
        threading.Event().wait(0.005)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    await world.place(order_placed())
    assert world.new_drainer("second").drain_once() == 1


async def test_commits_and_lag_are_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: `ack=sql` can wait, and a lagging drain is seen. Method: commits with their cursors; the lag while SQL is down."""
    await world.open()
    assert world.drain() == 2
    assert world.commits == [("sale", 2)]
    assert world.drainer.cursors() == {"sale": 2}
    await world.place(order_placed())
    world.clock.advance(700)
    assert world.drainer.lag_ms() == 0, "nothing was read yet"

    def down(*_: object) -> None:
        raise TuanError(Reason.STORE_UNAVAILABLE, "down")

    with monkeypatch.context() as patched:
        patched.setattr("tuan.adapters.sql_record.drain.drainer.write_batch", down)
        with pytest.raises(TuanError):
            world.drainer.drain_once()
    world.clock.advance(300)
    assert world.drainer.lag_ms() == 1000
    assert world.drain() == 1
    assert world.drainer.lag_ms() == 0
    assert world.commits[-1] == ("sale", 3)


async def test_a_new_shard_is_found_by_a_running_drain(world: World) -> None:
    """Goal: activities come at any time. Method: register and use a shard after the drain began."""
    await world.open("a")
    world.drain()
    await world.open("b")
    assert world.drain() == 2
    assert isinstance(world.drainer, Drainer)
    assert set(world.drainer.cursors()) == {"a", "b"}
