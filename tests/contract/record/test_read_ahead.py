"""The drain reads a full log while it writes: what it read ahead is written once, in its place, and only if it still follows."""

from __future__ import annotations

from msgspec.structs import replace

from tests.contract.record.world import World, order_placed
from tuan.adapters.memory_inventory import MemoryIntentLog
from tuan.domain.claim import Intent
from tuan.domain.errors import Reason, TuanError


class CountedLog(MemoryIntentLog):
    """Where each read began. `away_at`: the read, from 0, for which the store is away."""

    def __init__(self, world: World, away_at: int = -1) -> None:
        super().__init__(world.inventory)
        self.reads: list[int] = []
        self._away_at = away_at

    def read(self, shard: str, after: int, count_max: int) -> list[Intent]:
        self.reads.append(after)
        if len(self.reads) - 1 == self._away_at:
            raise TuanError(Reason.STORE_UNAVAILABLE, "away")
        return list(super().read(shard, after, count_max))


async def full(world: World, orders: int, away_at: int = -1) -> tuple[CountedLog, list[str]]:
    """A shard whose two first intents are drained and these orders not, and a drain that takes four at a time."""
    await world.open()
    world.drain()
    names = [f"o{number}" for number in range(orders)]
    for name in names:
        await world.place(order_placed(name))
    log = CountedLog(world, away_at)
    world.drainer = world.new_drainer("second", log, batch_max=4)
    world.drainer.take_over()
    world.commits.clear()
    return log, names


async def placed(world: World, names: list[str]) -> list[str]:
    return [order.placed.order_id for order in await world.record.read(lambda unit: unit.orders.many(names))]


async def test_each_intent_is_read_once(world: World) -> None:
    """Goal: to read ahead costs no second read. Method: ten orders, four at a time; where reads begin and what is committed."""
    log, names = await full(world, 10)
    assert [world.drainer.drain_once() for _ in range(4)] == [4, 4, 2, 0]
    assert log.reads == [2, 6, 10]
    assert world.commits == [("sale", 6), ("sale", 10), ("sale", 12)]
    assert await placed(world, names) == names


async def test_a_store_that_goes_away_meanwhile_does_not_cost_the_batch(world: World) -> None:
    """Goal: what was sent to SQL is finished and told of. Method: the read ahead fails; the next round reads again."""
    log, names = await full(world, 6, away_at=1)
    assert [world.drainer.drain_once() for _ in range(2)] == [4, 2]
    assert log.reads == [2, 6, 6]
    assert await placed(world, names) == names


async def test_what_was_read_before_an_epoch_ended_is_not_written(world: World) -> None:
    """Goal: a rebuild replaces what was read, too. Method: between two rounds the epoch rises, and the log has other intents."""
    log, names = await full(world, 8)
    assert world.drainer.drain_once() == 4
    await world.record.write(lambda unit: unit.shards.raise_epoch("sale"))
    shard = world.inventory.shards["sale"]
    shard.intents = [replace(intent, epoch=2, label="of the second epoch") for intent in shard.intents]
    assert world.drain() == 4
    labels = world.record.store.read(
        lambda connection: (
            connection.exec_driver_sql("SELECT label FROM reservations ORDER BY sequence").scalars().all()
        )
    ).result()
    assert list(labels) == [*names[:4], *["of the second epoch"] * 4]
    assert (world.alarms, log.reads) == ([], [2, 6, 10, 6, 10])


async def test_a_batch_that_fails_takes_nothing_of_what_was_read_with_it(world: World) -> None:
    """Goal: behind an intent that waits for its next try nothing is written. Method: the second of eight is bad until it is mended."""
    _, names = await full(world, 8)
    shard = world.inventory.shards["sale"]
    good = shard.intents[1]
    shard.intents[1] = replace(good, body="no order")
    assert world.drainer.drain_once() == 1
    assert await placed(world, names) == names[:1]
    shard.intents[0] = good  # the first was drained, and trimmed
    world.clock.advance(1_000)
    world.drain()
    assert await placed(world, names) == names
    assert [cursor for _, cursor in world.commits] == sorted({cursor for _, cursor in world.commits})
