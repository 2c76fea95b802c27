"""What each intent becomes in SQL."""

from __future__ import annotations

import asyncio
import threading
from queue import Empty, SimpleQueue

import pytest
from sqlalchemy import select

from tests.contract.record.world import LIST_MINOR, PRICE_MINOR, World, applied, key_of, order_placed
from tuan.adapters.sql_record.tables import outbox
from tuan.codec import encode
from tuan.domain.activity import stock_counter
from tuan.domain.claim import Claim, CounterSpec, CounterState, OnRelease, ReserveRequest, RestockRequest
from tuan.domain.order import OrderState
from tuan.usecases.shard_counters import expected_counters

STOCK = stock_counter("tea")


async def counters(world: World, shard: str = "sale") -> dict[str, CounterState]:
    return await world.record.read(lambda unit: unit.checks.counters(shard))


async def test_define_and_restock_make_counters(world: World) -> None:
    """Goal: capacities with their times, sizes with their changes. Method: define, restock both ways, clip, define again."""
    await world.record.write(lambda unit: unit.shards.register("sale"))
    await world.inventory.define("sale", 1, "open", [CounterSpec("seats", 5, 1, 2, 3), CounterSpec(STOCK, 0)])
    for key, delta in (("k1", 10), ("k2", -3), ("k1", 10)):
        await world.inventory.restock("sale", 1, [RestockRequest(key, STOCK, delta)])
    await world.inventory.restock("sale", 1, [RestockRequest("k3", STOCK, -100, clip=True)])
    await world.inventory.define("sale", 1, "again", [CounterSpec("seats", 99), CounterSpec("budget", 7)])
    world.drain()
    assert await counters(world) == {
        "seats": CounterState(5, 0, 0),
        STOCK: CounterState(0, 0, 0),
        "budget": CounterState(7, 0, 0),
    }
    snapshot = await world.record.read(lambda unit: unit.shards.snapshot("sale", 4))
    assert (snapshot.epoch, snapshot.sequence) == (4, world.inventory.shards["sale"].sequence)
    assert CounterSpec("seats", 5, 1, 2, 3) in snapshot.counters
    assert dict(snapshot.applied_keys) == {"open": 2, "k1": 10, "k2": -3, "k3": -7, "again": 1}


async def test_a_paid_order_is_paid_and_ready_with_its_sale_in_the_ledger(world: World) -> None:
    """Goal: confirm's meaning. Method: two units at a discount; state, version, money, ledger by hand, events in order."""
    await world.open()
    placed = order_placed(quantity=2)
    await world.place(placed, quantity=2)
    await world.pay(placed)
    world.drain()
    order = await world.order()
    assert (order.state, order.version) == (OrderState.READY_TO_SHIP, 3)
    assert (order.paid_minor, order.payment_id, order.update_time_ms) == (2 * PRICE_MINOR, "payment-1", 5)
    assert await world.record.read(lambda unit: unit.ledger.balances()) == {
        ("channel:sandbox", "CNY"): 2 * PRICE_MINOR,
        ("discount:merchant", "CNY"): 2 * (LIST_MINOR - PRICE_MINOR),
        ("sales:shop", "CNY"): -2 * LIST_MINOR,
    }
    assert await world.kinds() == ["order.placed", "order.paid", "order.ready_to_ship"]
    assert (await counters(world))[STOCK] == CounterState(100, 2, 2)


async def test_an_order_of_a_group_waits_after_it_is_paid(world: World) -> None:
    """Goal: `ready_when_paid` false keeps it PAID. Method: place and pay in two drains."""
    await world.open()
    placed = order_placed(ready_when_paid=False)
    await world.place(placed)
    world.drain()
    await world.pay(placed)
    world.drain()
    assert (await world.order()).state is OrderState.PAID
    assert await world.kinds() == ["order.placed", "order.paid"]


async def test_events_say_who_what_and_how_much(world: World) -> None:
    """Goal: reactions need no second look. Method: the whole data of a placed and a paid event of two activities."""
    for shard in ("a", "b"):
        await world.open(shard)
    placed = order_placed(shards=("a", "b"))
    await world.place(placed)
    await world.pay(placed)
    world.drain()
    events = await world.record.read(lambda unit: unit.outbox.after(0, 10))
    by_kind = {event.kind: event for event in events}
    common = {
        "order_id": "order-1",
        "buyer": "buyer-1",
        "caller": "shop",
        "activity_ids": ["a", "b"],
        "total_minor": 2 * PRICE_MINOR,
        "currency": "CNY",
        "lines": [
            {"sku": "tea", "quantity": 1, "activity_id": "a"},
            {"sku": "tea", "quantity": 1, "activity_id": "b"},
        ],
    }
    assert by_kind["order.placed"].data == common
    assert (by_kind["order.placed"].subject, by_kind["order.placed"].activity_id) == ("order-1", "b")
    assert by_kind["order.paid"].data == {**common, "payment_id": "payment-1", "paid_minor": 2 * PRICE_MINOR}


async def test_events_that_share_a_row_are_read_one_by_one(world: World) -> None:
    """Goal: a reader sees no rows. Method: orders placed, released and filled in one batch; every page from every event, of all kinds
    and of one."""
    await world.open(units=6)
    for number in range(6):
        await world.place(order_placed(f"o{number}"))
    await world.release(order_placed("o5"))
    world.drain()
    rows = await world.record.read(lambda unit: unit.connection.execute(select(outbox.c.run)).scalars().all())
    assert sorted(rows) == [1, 6]
    await world.record.write(lambda unit: unit.outbox.add("order.placed", "o7", "sale", 9, {"order_id": "o7"}))
    for kinds in ([], ["order.placed"]):
        events = await world.record.read(lambda unit, k=kinds: unit.outbox.after(0, 99, k))
        assert [event.subject for event in events if event.kind == "order.placed"] == [
            *(f"o{n}" for n in range(6)),
            "o7",
        ]
        ids = [event.event_id for event in events]
        assert ids == sorted(set(ids)) and (kinds or len(ids) == 8)
        assert all(event.data["order_id"] == event.subject for event in events)
        for place, after in enumerate([0, *ids]):
            for count in range(1, 9):
                page = await world.record.read(lambda unit, a=after, c=count, k=kinds: unit.outbox.after(a, c, k))
                assert page == events[place : place + count]
    assert await world.record.read(lambda unit: unit.outbox.last()) == ids[-1]


async def test_the_row_of_an_order_follows_its_last_shard(world: World) -> None:
    """Goal: an order that a later shard refused never was. Method: two shards; drain the first alone, then both."""
    for shard in ("a", "b"):
        await world.open(shard)
    world.drain()
    placed = order_placed(shards=("a", "b"))
    request = ReserveRequest(key_of(placed), "f", (Claim(STOCK, 1),), 60_000, encode(placed), label="order-1")
    await world.inventory.reserve("a", 1, [request])
    world.drain()
    assert await world.record.read(lambda unit: unit.orders.get("order-1")) is None
    assert (await counters(world, "a"))[STOCK].used == 1
    await world.inventory.reserve("b", 1, [request])
    world.drain()
    assert (await world.order()).placed == placed


async def test_a_compensated_reservation_leaves_no_order(world: World) -> None:
    """Goal: released before the last shard came. Method: reserve and release on the first shard; counter back, no event."""
    await world.open("a")
    placed = order_placed(shards=("a", "b"))
    request = ReserveRequest(key_of(placed), "f", (Claim(STOCK, 1),), 60_000, encode(placed))
    await world.inventory.reserve("a", 1, [request])
    world.drain()
    await world.release(order_placed(shards=("a",)), "refused")
    world.drain()
    assert (await counters(world, "a"))[STOCK] == CounterState(100, 0, 0)
    assert await world.kinds() == []


async def test_cancelled_and_expired_orders_give_back(world: World) -> None:
    """Goal: release and expire. Method: one of each, counters and events; the reason travels along."""
    await world.open()
    cancelled, expired = order_placed("o1"), order_placed("o2")
    await world.place(cancelled)
    await world.place(expired)
    world.drain()
    await world.release(cancelled, "changed my mind")
    assert await world.expire() == [key_of(expired)]
    world.drain()
    assert [(await world.order(name)).state for name in ("o1", "o2")] == [OrderState.CANCELLED, OrderState.EXPIRED]
    assert (await counters(world))[STOCK] == CounterState(100, 0, 0)
    events = await world.record.read(lambda unit: unit.outbox.after(0, 10))
    assert [(event.kind, event.data.get("reason")) for event in events[2:]] == [
        ("order.cancelled", "changed my mind"),
        ("order.expired", "payment time ran out"),
    ]


async def test_late_money_reinstates_an_ended_order(world: World) -> None:
    """Goal: EXPIRED or CANCELLED, then paid when it still fits. Method: both, reinstated under a key of its own."""
    await world.open()
    for name, end in (("o1", "release"), ("o2", "expire")):
        placed = order_placed(name)
        await world.place(placed)
        await (world.release(placed) if end == "release" else world.expire())
    world.drain()
    for name in ("o1", "o2"):
        await world.reinstate(order_placed(name), payment_id=f"late-{name}")
    world.drain()
    for name in ("o1", "o2"):
        order = await world.order(name)
        assert (order.state, order.payment_id) == (OrderState.READY_TO_SHIP, f"late-{name}")
    assert (await counters(world))[STOCK] == CounterState(100, 2, 2)
    assert (await world.kinds())[-3:] == ["order.reinstated", "order.paid", "order.ready_to_ship"]


async def test_refunded_units_come_back(world: World) -> None:
    """Goal: give_back. Method: 2 of 3 units in two steps under two keys; counter, reservation and snapshot agree."""
    await world.open()
    placed = order_placed(quantity=3)
    await world.place(placed, quantity=3)
    await world.pay(placed)
    await world.give_back(placed, 1, "f1")
    world.drain()
    await world.give_back(placed, 1, "f2")
    world.drain()
    assert (await counters(world))[STOCK] == CounterState(100, 1, 1)
    snapshot = await world.record.read(lambda unit: unit.shards.snapshot("sale", 1))
    assert dict(snapshot.applied_keys)["f1"] == 1
    [reservation] = snapshot.reservations
    assert reservation.returned == ((STOCK, 2),)
    assert expected_counters(snapshot, world.clock.now_ms()) == await world.inventory.counters("sale")


async def test_what_is_kept_stays_used(world: World) -> None:
    """Goal: OnRelease.KEEP. Method: keep part of a counter and a limit, expire; SQL agrees with the store."""
    await world.open()
    claims = (
        Claim(STOCK, 2),
        Claim(STOCK, 1, on_release=OnRelease.KEEP),
        Claim("buyer/x", 1, limit=9, on_release=OnRelease.KEEP),
    )
    await world.inventory.reserve("sale", 1, [ReserveRequest("k", "f", claims, 60_000)])
    world.drain()
    await world.expire()
    world.drain()
    assert (await counters(world))[STOCK] == CounterState(100, 1, 1)
    snapshot = await world.record.read(lambda unit: unit.shards.snapshot("sale", 1))
    assert expected_counters(snapshot, world.clock.now_ms()) == await world.inventory.counters("sale")


async def test_a_filled_counter_is_told(world: World) -> None:
    """Goal: nobody polls for the last unit. Method: two units, both paid; one event from the confirming intent."""
    await world.open(units=2)
    for name in ("o1", "o2"):
        await world.place(order_placed(name))
        await world.pay(order_placed(name), payment_id=name)
    world.drain()
    events = await world.record.read(lambda unit: unit.outbox.after(0, 20, ["counter.filled"]))
    assert [(event.subject, event.activity_id, event.data) for event in events] == [
        (STOCK, "sale", {"shard": "sale", "counter": STOCK})
    ]


async def test_a_reservation_of_no_order_is_only_a_reservation(world: World) -> None:
    """Goal: standing holds (a buffer). Method: reserve without a body, release; no order, no event, label kept."""
    await world.open()
    request = ReserveRequest("buffer/tea", "f", (Claim(STOCK, 10),), 0, label="10", standing=True)
    await world.inventory.reserve("sale", 1, [request])
    world.drain()
    snapshot = await world.record.read(lambda unit: unit.shards.snapshot("sale", 1))
    assert [(each.key, each.label) for each in snapshot.reservations] == [("buffer/tea", "10")]
    assert (await counters(world))[STOCK].used == 10
    assert await world.kinds() == []


async def test_money_for_an_order_that_cannot_take_it_is_an_alarm(world: World) -> None:
    """Goal: nothing contradictory is dropped in silence. Method: SQL moved the order on its own before the confirm came."""
    await world.open()
    placed = order_placed()
    await world.place(placed)
    world.drain()
    await world.record.write(lambda unit: unit.orders.move("order-1", OrderState.PAID, 1))
    await world.pay(placed)
    world.drain()
    alarms = await world.record.read(lambda unit: unit.checks.alarms())
    assert [alarm.subject for alarm in alarms] == ["order_state order-1"]
    assert await world.record.read(lambda unit: unit.ledger.balances()) == {}


async def test_an_order_free_of_charge_may_be_reserved_as_confirmed(world: World) -> None:
    """Goal: a confirmed reserve may bring an order. Method: its body decides, not a name."""
    await world.open()
    placed = order_placed()
    request = ReserveRequest(key_of(placed), "f", (Claim(STOCK, 1),), 0, encode(placed), confirm=True)
    await world.inventory.reserve("sale", 1, [request])
    world.drain()
    assert (await world.order()).state is OrderState.PENDING_PAYMENT
    assert (await counters(world))[STOCK] == CounterState(100, 1, 1)
    assert applied(placed)


async def test_a_request_placed_on_two_shards_at_once_makes_one_order(world: World) -> None:
    """Goal: (caller, request_id) is unique for ever. Method: the same request as two orders on two shards, drained in turn."""
    for shard in ("a", "b"):
        await world.open(shard)
    first = order_placed("o1", ("a",), request_id="same")
    second = order_placed("o2", ("b",), request_id="same")
    await world.place(first)
    world.drain()
    await world.place(second)
    await world.place(order_placed("o3", ("b",)))
    world.drain()
    assert await world.record.read(lambda unit: unit.orders.get("o2")) is None
    assert (await world.order("o1")).state is OrderState.PENDING_PAYMENT
    assert (await world.order("o3")).state is OrderState.PENDING_PAYMENT
    [job] = await world.record.read(lambda unit: unit.jobs.due(world.clock.now_ms(), 9))
    assert (job.kind, job.key) == ("release_voided", "o2")
    assert job.payload == {"order_id": "o2", "shards": ["b"], "key": key_of(second)}
    held = await world.record.read(lambda unit: unit.orders.reservations("o2"))
    assert [(each.shard, each.key) for each in held] == [("b", key_of(second))]
    assert (await world.kinds()).count("order.voided") == 1
    await world.release(second, "voided")
    world.drain()
    assert (await counters(world, "b"))[STOCK].used == 1
    assert [alarm.kind for alarm in await world.record.read(lambda unit: unit.alarms.newest(0, 9))] == ["voided"]
    assert await world.record.read(lambda unit: unit.checks.alarms()) == []


async def test_two_orders_of_one_request_in_one_batch(world: World) -> None:
    """Goal: the same inside one batch. Method: two keys for one (caller, request_id), which only a faulty caller makes."""
    await world.open()
    for name in ("o1", "o2"):
        placed = order_placed(name, request_id="same")
        request = ReserveRequest(f"key-{name}", "f", (Claim(STOCK, 1),), 60_000, encode(placed))
        await world.inventory.reserve("sale", 1, [request])
    world.drain()
    known = await world.record.read(lambda unit: unit.orders.many(["o1", "o2"]))
    assert [order.placed.order_id for order in known] == ["o1"]
    assert await world.kinds() == ["order.placed", "order.voided"]
    assert (await counters(world))[STOCK].used == 2


async def test_a_patient_drain_writes_at_once_when_somebody_waits(world: World) -> None:
    """Goal: small batches gather for a while, unless somebody says that he waits. Method: a drain in its thread whose patience
    does not end within the test; an order, which stays unwritten, then `hurry`."""
    commits: SimpleQueue[int] = SimpleQueue()
    drainer = world.new_drainer("patient", linger_ms=0, patience_ms=3_600_000)
    drainer._on_commit = lambda shard, cursor: commits.put(cursor)
    await world.open()
    stop = threading.Event()
    thread = threading.Thread(target=drainer.run, args=(stop,))
    thread.start()
    try:
        opened = await asyncio.to_thread(commits.get, timeout=10)
        await world.place(order_placed())
        with pytest.raises(Empty):
            await asyncio.to_thread(commits.get, timeout=0.1)
        drainer.hurry()
        assert await asyncio.to_thread(commits.get, timeout=10) == opened + 1
    finally:
        stop.set()
        drainer.hurry()
        await asyncio.to_thread(thread.join)
