"""Gaps, wrong epochs, bad intents: one shard's trouble is not another's."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from tests.contract.record.world import World, order_placed
from tuan.adapters.sql_record.drain.settings import DrainSettings
from tuan.domain.claim import Intent
from tuan.domain.errors import Reason, TuanError


def tamper(world: World, index: int, **changes: object) -> Intent:
    """Replace an intent of the shard `sale` that was not drained yet."""
    intents = world.inventory.shards["sale"].intents
    intents[index] = replace(intents[index], **changes)  # type: ignore[arg-type]
    return intents[index]


async def test_a_gap_stops_its_shard_and_alarms(world: World) -> None:
    """Goal: nothing is written past a hole. Method: remove an intent between two; another shard goes on; look again later."""
    await world.open("sale")
    await world.open("other")
    world.drain()
    for name in ("o1", "o2", "o3"):
        await world.place(order_placed(name))
    await world.place(order_placed("o4", ("other",)))
    missing = world.inventory.shards["sale"].intents.pop(1)
    assert world.drain() == 2
    orders = await world.record.read(lambda unit: unit.orders.many(["o1", "o2", "o3", "o4"]))
    assert [order.placed.order_id for order in orders] == ["o1", "o4"]
    assert [alarm[:2] for alarm in world.alarms] == [("gap", "sale")]
    row = await world.record.read(lambda unit: unit.shards.get("sale"))
    assert row is not None and (row.cursor, row.state) == (missing.sequence - 1, "stopped")
    [alarm] = await world.record.read(lambda unit: unit.checks.alarms())
    assert alarm.subject == f"gap sale/{missing.sequence + 1}"
    world.clock.advance(2_000)
    assert world.drain() == 0
    assert len(await world.record.read(lambda unit: unit.alarms.newest(0, 9))) == 1, "one hole is one alarm"
    # Somebody found what was missing: the shard goes on by itself.
    world.inventory.shards["sale"].intents.insert(0, missing)
    world.clock.advance(2_000)
    assert world.drain() == 2
    row = await world.record.read(lambda unit: unit.shards.get("sale"))
    assert row is not None and row.state == "open"


async def test_an_intent_of_another_epoch_is_not_written(world: World) -> None:
    """Goal: a stale store cannot write. Method: SQL raises the epoch behind the drain's back."""
    await world.open()
    world.drain()
    await world.place(order_placed())
    await world.record.write(lambda unit: unit.shards.raise_epoch("sale"))
    assert world.drain() == 0
    assert await world.kinds() == []
    assert [alarm[:2] for alarm in world.alarms] == [("stale_epoch", "sale")]
    assert len(await world.record.read(lambda unit: unit.checks.alarms())) == 1
    await world.record.write(lambda unit: unit.shards.raise_epoch("sale"))
    assert await world.record.read(lambda unit: unit.checks.alarms()) == [], "the next epoch closes it"


async def test_a_new_epoch_goes_on_at_once(world: World) -> None:
    """Goal: after a rebuild no drain has to be restarted. Method: raise the epoch in SQL and in the store."""
    await world.open()
    world.drain()
    epoch = await world.record.write(lambda unit: unit.shards.raise_epoch("sale"))
    world.inventory.shards["sale"].epoch = epoch
    await world.place(order_placed(), epoch=epoch)
    assert world.drainer.drain_once() == 0, "the drain notices that its epoch is old"
    assert world.drainer.drain_once() == 1
    assert world.alarms == []


@pytest.mark.parametrize(
    "damage",
    [
        {"body": '{"order_id": 7}'},
        {"body": "not JSON"},
        {"claims": (("stock/unknown", 1, -1, 0, 0),)},
        {"claims": (("stock/tea", 1000, -1, 0, 0),)},
    ],
    ids=["wrong type", "not JSON", "unknown counter", "oversold"],
)
async def test_a_bad_intent_is_set_aside_after_five_tries(world: World, damage: dict[str, object]) -> None:
    """Goal: one intent that cannot be written costs only itself. Method: damage the third of five in a batch; those before it
    are written at once, it is tried five times with growing pauses, then those after it are written."""
    await world.open()
    world.drain()
    for number in range(5):
        await world.place(order_placed(f"o{number}"))
    bad = tamper(world, 2, **damage)

    async def written() -> list[str]:
        orders = await world.record.read(lambda unit: unit.orders.many([f"o{number}" for number in range(5)]))
        return [order.placed.order_id for order in orders]

    assert world.drainer.drain_once() == 2
    assert await written() == ["o0", "o1"]
    pause_ms = DrainSettings().back_off_ms
    for _ in range(3):
        assert world.drainer.drain_once() == 0, "it is not tried again before its time"
        world.clock.advance(pause_ms)
        assert world.drainer.drain_once() == 0
        pause_ms *= 2
    assert await world.record.read(lambda unit: unit.checks.poison()) == []
    world.clock.advance(pause_ms)
    assert world.drain() == 3
    assert await written() == ["o0", "o1", "o3", "o4"]
    [poison] = await world.record.read(lambda unit: unit.checks.poison())
    assert poison.subject == f"sale {bad.sequence}"
    assert [alarm[:2] for alarm in world.alarms] == [("poison", "sale")]


async def test_what_was_set_aside_can_be_read(world: World) -> None:
    """Goal: an operator sees what and why. Method: the stored payload and error of an intent with a NUL in it, which PostgreSQL
    itself cannot store."""
    await world.open()
    world.drain()
    await world.place(order_placed())
    tamper(world, 0, fingerprint="a\0b", body='{"a": "\0"}')
    world.drainer = world.new_drainer("drainer-1", tries_max=1)
    assert world.drain() == 1
    query = text("SELECT payload, error, tries FROM poison_intents")
    [(payload, error, tries)] = await world.record.read(lambda unit: unit.connection.execute(query).all())
    assert '"sequence":3' in payload and error and tries == 1


async def test_a_bad_intent_does_not_hold_up_other_shards(world: World) -> None:
    """Goal: the rest go on. Method: a bad intent in one shard, good ones in another."""
    await world.open("sale")
    await world.open("other")
    world.drain()
    await world.place(order_placed("o1"))
    await world.place(order_placed("o2", ("other",)))
    tamper(world, 0, body="{")
    assert world.drain() == 1
    assert (await world.order("o2")).placed.order_id == "o2"


async def test_a_store_that_is_down_is_nobodys_fault(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: no intent is blamed for an outage. Method: every batch fails with STORE_UNAVAILABLE for a while."""
    await world.open()
    world.drain()
    await world.place(order_placed())

    def down(*_: object) -> None:
        raise TuanError(Reason.STORE_UNAVAILABLE, "down")

    with monkeypatch.context() as patched:
        patched.setattr("tuan.adapters.sql_record.drain.drainer.write_batch", down)
        for _ in range(10):
            with pytest.raises(TuanError):
                world.drainer.drain_once()
    assert world.drain() == 1
    assert await world.record.read(lambda unit: unit.checks.poison()) == []
