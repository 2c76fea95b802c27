"""Rebuild a shard from SQL, and what the snapshot of a shard holds."""

from __future__ import annotations

import threading

import pytest

from tests.contract.record.world import World, key_of, order_placed
from tuan.domain.activity import stock_counter
from tuan.domain.claim import Claim, Code, EndRequest, OnRelease, ReservationState, ReserveRequest, RestockRequest
from tuan.domain.errors import Reason, TuanError
from tuan.usecases.audit import audit
from tuan.usecases.rebuild import rebuild
from tuan.usecases.shard_counters import expected_counters

STOCK = stock_counter("tea")


async def lively_shard(world: World) -> None:
    """Pending, paid, cancelled, expired, refunded in part; a window and a kept limit."""
    await world.open()
    for number in range(4):
        await world.place(order_placed(f"o{number}", quantity=2), quantity=2)
    await world.pay(order_placed("o0", quantity=2))
    await world.give_back(order_placed("o0", quantity=2), 1)
    await world.release(order_placed("o1", quantity=2))
    await world.expire()
    await world.place(order_placed("o4"))
    claims = (Claim("device/d", 1, limit=2, window_ms=1000), Claim("share/s", 1, limit=5, on_release=OnRelease.KEEP))
    await world.inventory.reserve("sale", 1, [ReserveRequest("w", "f", claims, 500)])
    world.clock.advance(600)
    await world.inventory.expire("sale", 1, 10)


async def test_a_lost_shard_is_as_it_was(world: World) -> None:
    """Goal: nothing is lost with the claims store. Method: counters and answers before it is wiped and after the rebuild."""
    await lively_shard(world)
    world.drain()
    counters = await world.inventory.counters("sale")
    sequence = world.inventory.shards["sale"].sequence
    del world.inventory.shards["sale"]
    report = await rebuild("sale", world.inventory, world.record)
    assert (report.epoch, report.lost, report.counters) == (2, 0, 1)
    assert await world.inventory.counters("sale") == counters
    state = await world.inventory.shard_state("sale")
    assert state is not None and (state.epoch, state.sequence, state.open) == (2, sequence, True)
    stale = await world.inventory.restock("sale", 1, [RestockRequest("k", STOCK, 1)])
    assert stale[0].code is Code.STALE_EPOCH
    [repeat] = await world.inventory.restock("sale", 2, [RestockRequest("first", STOCK, 100)])
    assert (repeat.code, repeat.replayed, repeat.applied) == (Code.GRANTED, True, 100)
    [known] = await world.inventory.confirm("sale", 2, [EndRequest(key_of(order_placed("o1")))])
    assert known.code is Code.ALREADY_RELEASED
    await world.pay(order_placed("o4"), epoch=2)
    world.drain()
    assert (await audit(world.inventory, world.record, world.clock)).clean


async def test_what_is_still_readable_is_drained_first(world: World) -> None:
    """Goal: acknowledged intents survive a rebuild. Method: intents in the log, the drain in a thread, rebuild meanwhile."""
    await world.open()
    await world.place(order_placed())
    stop = threading.Event()
    drainer = world.new_drainer("threaded", refresh_ms=5)
    thread = threading.Thread(target=drainer.run, args=(stop,))
    thread.start()
    try:
        report = await rebuild("sale", world.inventory, world.record)
        assert (report.reservations, report.lost) == (1, 0)
        await world.pay(order_placed(), epoch=2)
    finally:
        stop.set()
        thread.join(10)
    world.drain()
    assert (await world.order()).payment_id == "payment-1"


async def test_undrained_intents_are_given_up_by_force_only(world: World) -> None:
    """Goal: no acknowledged order is dropped in silence. Method: no drain runs; rebuild refuses, and obeys `force`."""
    await world.open()
    world.drain()
    await world.place(order_placed())
    with pytest.raises(TuanError) as caught:
        await rebuild("sale", world.inventory, world.record, wait_ms=40)
    assert caught.value.reason is Reason.SHARD_REBUILDING
    row = await world.record.read(lambda unit: unit.shards.get("sale"))
    assert row is not None and row.epoch == 1
    assert (await rebuild("sale", world.inventory, world.record, force=True, wait_ms=40)).lost == 1
    assert (await world.inventory.counters("sale"))[STOCK].used == 0


async def test_an_unknown_shard_is_told(world: World) -> None:
    """Goal: `tuan rebuild TYPO`. Method: a name that SQL does not know."""
    with pytest.raises(TuanError) as caught:
        await rebuild("typo", world.inventory, world.record)
    assert caught.value.reason is Reason.INVALID_FIELD


async def test_a_shard_that_differs_after_loading_stays_closed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: compare before opening. Method: a store that loads a unit too little."""
    await lively_shard(world)
    world.drain()
    original = type(world.inventory).load

    async def load(self: object, shard: str, snapshot: object) -> None:
        await original(world.inventory, shard, snapshot)  # type: ignore[arg-type]
        world.inventory.shards[shard].capacities[STOCK].used -= 1

    monkeypatch.setattr(type(world.inventory), "load", load)
    with pytest.raises(TuanError, match=STOCK):
        await rebuild("sale", world.inventory, world.record)
    state = await world.inventory.shard_state("sale")
    assert state is not None and not state.open


async def test_sql_computes_every_counter_that_the_store_has(world: World) -> None:
    """Goal: the audit's yardstick. Method: a lively shard; named capacities, limits, a window before and after it is over."""
    await lively_shard(world)
    world.drain()
    snapshot = await world.record.read(lambda unit: unit.shards.snapshot("sale", 1))
    for advance_ms in (0, 300, 300):
        now_ms = world.clock.advance(advance_ms)
        assert expected_counters(snapshot, now_ms) == await world.inventory.counters("sale")
    assert "share/s" in expected_counters(snapshot, now_ms) and "device/d" not in expected_counters(snapshot, now_ms)


async def test_a_forgetful_shards_snapshot_leaves_out_what_counts_nothing(world: World) -> None:
    """Goal: a shard that lives for years can be rebuilt. Method: before and after `set_forgetful`, by state."""
    await lively_shard(world)
    world.drain()

    async def states() -> list[ReservationState]:
        snapshot = await world.record.read(lambda unit: unit.shards.snapshot("sale", 1))
        return [each.state for each in snapshot.reservations]

    assert len(await states()) == 6
    counters = await world.inventory.counters("sale")
    await world.record.write(lambda unit: unit.shards.set_forgetful("sale"))
    assert await states() == [ReservationState.CONFIRMED, ReservationState.PENDING, ReservationState.EXPIRED]
    snapshot = await world.record.read(lambda unit: unit.shards.snapshot("sale", 1))
    assert expected_counters(snapshot, world.clock.now_ms()) == counters


async def test_shards_know_their_oldest_ended_reservation(world: World) -> None:
    """Goal: when it is time to forget. Method: none ended, one ended, before and after its time."""
    await world.open()
    created_ms = world.clock.now_ms()
    await world.place(order_placed("o1"))
    await world.place(order_placed("o2"))
    world.drain()

    async def ended_before(time_ms: int) -> bool:
        return await world.record.read(lambda unit: unit.shards.has_ended_before("sale", time_ms))

    assert not await ended_before(created_ms + 1)
    await world.pay(order_placed("o2"))
    world.drain()
    assert await ended_before(created_ms + 1)
    assert not await ended_before(created_ms)


async def test_shard_rows(world: World) -> None:
    """Goal: register once, raise the epoch, states. Method: each, and unknown shards."""
    for _ in range(2):
        assert await world.record.write(lambda unit: unit.shards.register("b")) == 1
    await world.record.write(lambda unit: unit.shards.register("a"))
    assert await world.record.write(lambda unit: unit.shards.raise_epoch("b")) == 2
    await world.record.write(lambda unit: unit.shards.set_state("a", "stopped"))
    rows = await world.record.read(lambda unit: unit.shards.all())
    assert [(row.shard, row.epoch, row.cursor, row.state, row.forgetful) for row in rows] == [
        ("a", 1, 0, "stopped", False),
        ("b", 2, 0, "new", False),
    ]
    assert await world.record.read(lambda unit: unit.shards.get("none")) is None
    with pytest.raises(TuanError):
        await world.record.write(lambda unit: unit.shards.raise_epoch("none"))
