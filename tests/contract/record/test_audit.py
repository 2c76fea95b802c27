"""The audit finds nothing where nothing is wrong, and each figure rises on a difference that was planted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import text

from tests.contract.record.world import HOLD_MS, World, key_of, order_placed
from tuan.adapters.memory_inventory import MemoryInventory
from tuan.domain.activity import stock_counter
from tuan.domain.catalogue import StockLevel
from tuan.domain.claim import Claim, EndRequest, ReserveRequest, RestockRequest
from tuan.domain.ledger import refund_of_goods, unmatched_money, unmatched_money_returned
from tuan.domain.order import OrderState
from tuan.domain.payment import Payment, PaymentState
from tuan.ports import StockTransfer
from tuan.usecases.audit import AuditReport, audit

STOCK = stock_counter("tea")
CLEAN = "audit: oversold=0 stranded=0 lost=0 duplicated=0 unbalanced=0"


async def look(world: World, wait_ms: int = 150) -> AuditReport:
    return await audit(world.inventory, world.record, world.clock, wait_ms=wait_ms)


async def sql(world: World, statement: str) -> None:
    def run(unit: Any) -> None:
        assert unit.connection.execute(text(statement)).rowcount == 1, statement

    await world.record.write(run)


@pytest.fixture
async def sold(world: World) -> World:
    """100 units in `sale`: order o0 paid, o1 pending, o2 cancelled, o3 expired, o4 paid for 2 and refunded for 1."""
    await world.open()
    for name in ("o0", "o1", "o2"):
        await world.place(order_placed(name))
    await world.place(order_placed("o4", quantity=2), quantity=2)
    await world.pay(order_placed("o0"), "p0")
    await world.pay(order_placed("o4", quantity=2), "p4")
    await world.release(order_placed("o2"))
    world.clock.advance(HOLD_MS // 2)
    await world.give_back(order_placed("o4", quantity=2), 1)
    await world.place(order_placed("o3"))
    world.clock.advance(HOLD_MS + 1)
    await world.inventory.expire("sale", 1, 100)
    await world.place(order_placed("o5"))
    world.drain()

    def books(unit: Any) -> None:
        unit.ledger.post([refund_of_goods("f1", "o4", "shop", "sandbox", "CNY", 9, 1990)])
        unit.orders.add_refunded("o4", 1990)
        unit.ledger.post([unmatched_money("late", "o3", "sandbox", "CNY", 9, 500)])
        unit.ledger.post([unmatched_money("double", "o0", "sandbox", "CNY", 9, 70)])
        unit.ledger.post([unmatched_money_returned("double", "o0", "sandbox", "CNY", 9, 70)])

    await world.record.write(books)
    return world


async def test_nothing_is_found_where_nothing_is_wrong(sold: World) -> None:
    """Goal: a clean audit is exactly one line. Method: every kind of order, a refund, money that belongs to nobody yet."""
    report = await look(sold)
    assert report.differences == ()
    assert report.clean and report.summary() == CLEAN


async def test_shipping_and_transfers_do_not_disturb_the_sum_of_stock(sold: World) -> None:
    """Goal: stock conservation, defined with units on their way. Method: ship an order, then walk a transfer step by step."""
    await sold.record.write(lambda unit: unit.catalogue.add_stock("ship:o0", [StockLevel("tea", "east", -1)]))
    await sold.open("evening", units=0)
    transfer = StockTransfer("evening:in:tea", "sale", "evening", "tea", 10)
    await sold.record.write(lambda unit: unit.activities.plan_transfers([transfer]))
    assert (await look(sold)).clean or sold.drain() == 1
    sold.drain()
    assert (await look(sold)).clean
    await sold.inventory.restock("sale", 1, [RestockRequest("evening:in:tea:out", STOCK, -10)])
    sold.drain()
    assert (await look(sold)).clean, "ten units are on their way"
    await sold.record.write(lambda unit: unit.activities.set_transfer("evening:in:tea", "taken", 10))
    await sold.inventory.restock("evening", 1, [RestockRequest("evening:in:tea:in", STOCK, 10)])
    sold.drain()
    assert (await look(sold)).clean


async def test_a_busy_shard_is_not_called_clean(sold: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: what could not be compared is said. Method: the shard moves at every look, and the drain keeps up."""
    original = MemoryInventory.counters
    count = 0

    async def moving(self: MemoryInventory, *arguments: Any) -> Any:
        nonlocal count
        count += 1
        await sold.inventory.restock("sale", 1, [RestockRequest(f"move-{count}", STOCK, 0)])
        sold.drain()
        return await original(self, *arguments)

    monkeypatch.setattr(MemoryInventory, "counters", moving)
    report = await look(sold)
    assert report.busy == ("sale",) and not report.clean and report.summary() == CLEAN


# Each plants one difference; the name says what.


async def redis_sold_a_unit_that_nobody_has(world: World) -> None:
    world.inventory.shards["sale"].capacities[STOCK].used += 1


async def redis_has_a_unit_too_many(world: World) -> None:
    world.inventory.shards["sale"].capacities[STOCK].size += 1


async def redis_has_a_unit_too_few(world: World) -> None:
    world.inventory.shards["sale"].capacities[STOCK].size -= 1


async def redis_forgot_a_unit_that_was_sold(world: World) -> None:
    world.inventory.shards["sale"].capacities[STOCK].used -= 1


async def redis_confirmed_a_unit_twice(world: World) -> None:
    world.inventory.shards["sale"].capacities[STOCK].taken += 1


async def redis_used_more_than_there_is(world: World) -> None:
    world.inventory.shards["sale"].capacities[STOCK].used = 101


async def redis_let_a_buyer_exceed_the_limit(world: World) -> None:
    take = world.inventory.shards["sale"].limits["buyer/buyer-1"].takes[0]
    take.used += 97
    take.taken += 98


async def redis_forgot_a_limit(world: World) -> None:
    del world.inventory.shards["sale"].limits["buyer/buyer-1"]


async def redis_lost_a_reservation(world: World) -> None:
    del world.inventory.shards["sale"].reservations[key_of(order_placed("o5"))]


async def redis_lost_the_shard(world: World) -> None:
    del world.inventory.shards["sale"]


async def redis_is_behind(world: World) -> None:
    world.inventory.shards["sale"].sequence -= 1


async def an_intent_is_not_drained(world: World) -> None:
    await world.place(order_placed("o9"))


async def an_intent_was_set_aside(world: World) -> None:
    await sql(world, "INSERT INTO poison_intents VALUES ('sale', 1, 3, '{}', 'error', 5, 1)")


async def an_alarm_is_open(world: World) -> None:
    def gap(unit: Any) -> None:
        unit.alarms.write("gap", "sale/9", "9 is missing", 1, "sale", True)

    await world.record.write(gap)


async def the_counters_table_says_more(world: World) -> None:
    await sql(world, f"UPDATE counters SET used = used + 1 WHERE name = '{STOCK}'")


async def more_is_for_sale_than_was_put_in(world: World) -> None:
    await world.record.write(lambda unit: unit.catalogue.add_stock("change:less", [StockLevel("tea", "east", -3)]))


async def less_is_for_sale_than_was_put_in(world: World) -> None:
    await world.record.write(lambda unit: unit.catalogue.add_stock("change:more", [StockLevel("tea", "east", 3)]))


async def an_order_is_gone(world: World) -> None:
    await sql(world, "DELETE FROM orders WHERE order_id = 'o5'")


async def a_cancelled_order_still_holds(world: World) -> None:
    await world.record.write(lambda unit: unit.orders.move("o5", OrderState.CANCELLED, 1))


async def nobody_expires(world: World) -> None:
    world.clock.advance(10 * HOLD_MS)


async def a_paid_order_was_released(world: World) -> None:
    await sql(world, f"UPDATE reservations SET state = 'released' WHERE key = '{key_of(order_placed('o0'))}'")
    world.inventory.shards.clear()


async def an_order_holds_twice(world: World) -> None:
    placed = order_placed("o0")
    await world.reinstate(placed)
    world.drain()
    # The drain alarmed, because the order was paid already; the audit has to see the two holds by itself.
    await sql(world, "UPDATE alarms SET open = (1 = 0)")


async def an_order_was_paid_twice(world: World) -> None:
    await sql(world, "UPDATE orders SET paid_minor = paid_minor * 2 WHERE order_id = 'o0'")


async def more_was_refunded_than_paid(world: World) -> None:
    await sql(world, "UPDATE orders SET refunded_minor = paid_minor + 5 WHERE order_id = 'o0'")


async def a_payment_paid_more_than_it_was(world: World) -> None:
    shares = (("o0", 1000),)
    payment = Payment("p0", "shop", "r", "sandbox", "CNY", 1000, shares, PaymentState.SUCCEEDED, 1)
    await world.record.write(lambda unit: unit.payments.put(payment))


async def an_entry_has_no_other_side(world: World) -> None:
    await sql(world, "INSERT INTO ledger_entries VALUES ('sale', 'o0', 9, 'sales:shop', 'CNY', 7)")


async def a_sale_is_missing_from_the_ledger(world: World) -> None:
    def pay_in_sql_alone(unit: Any) -> None:
        unit.orders.move("o5", OrderState.PAID, 1, paid_minor=1990, payment_id="p")

    await world.record.write(pay_in_sql_alone)


async def money_came_in_for_no_order(world: World) -> None:
    await world.record.write(
        lambda unit: unit.ledger.post([refund_of_goods("ghost", "ghost", "shop", "sandbox", "CNY", 1, -100)])
    )


PLANTED: list[tuple[Callable[[World], Awaitable[None]], dict[str, int]]] = [
    (redis_sold_a_unit_that_nobody_has, {"stranded": 1}),
    (redis_has_a_unit_too_many, {"oversold": 1}),
    (redis_has_a_unit_too_few, {"stranded": 1}),
    (redis_forgot_a_unit_that_was_sold, {"lost": 1}),
    (redis_confirmed_a_unit_twice, {"duplicated": 1}),
    (redis_used_more_than_there_is, {"oversold": 1, "stranded": 98}),
    (redis_let_a_buyer_exceed_the_limit, {"oversold": 1, "stranded": 97, "duplicated": 98}),
    (redis_forgot_a_limit, {"lost": 7}),
    (redis_lost_a_reservation, {"lost": 1}),
    (redis_lost_the_shard, {"lost": 1}),
    (redis_is_behind, {"lost": 1}),
    (an_intent_is_not_drained, {"lost": 1}),
    (an_intent_was_set_aside, {"lost": 1}),
    (an_alarm_is_open, {"lost": 1}),
    (the_counters_table_says_more, {"stranded": 1}),
    (more_is_for_sale_than_was_put_in, {"oversold": 3}),
    (less_is_for_sale_than_was_put_in, {"stranded": 3}),
    (an_order_is_gone, {"stranded": 1}),
    (a_cancelled_order_still_holds, {"stranded": 1}),
    (nobody_expires, {"stranded": 1}),
    (a_paid_order_was_released, {"lost": 2}),
    (an_order_holds_twice, {"duplicated": 1}),
    (an_order_was_paid_twice, {"duplicated": 1990, "unbalanced": 3980}),
    (more_was_refunded_than_paid, {"duplicated": 5, "unbalanced": 3990}),
    (a_payment_paid_more_than_it_was, {"duplicated": 990}),
    (an_entry_has_no_other_side, {"unbalanced": 14}),
    (a_sale_is_missing_from_the_ledger, {"lost": 1, "unbalanced": 3980}),
    (money_came_in_for_no_order, {"unbalanced": 200}),
]


@pytest.mark.parametrize(("plant", "figures"), PLANTED, ids=[plant.__name__ for plant, _ in PLANTED])
async def test_each_difference_is_found(
    sold: World, plant: Callable[[World], Awaitable[None]], figures: dict[str, int]
) -> None:
    """Goal: the audit is not blind. Method: plant one difference; its figures are exactly these, the others stay 0."""
    await plant(sold)
    report = await look(sold)
    found = {name: getattr(report, name) for name in ("oversold", "stranded", "lost", "duplicated", "unbalanced")}
    assert {name: count for name, count in found.items() if count} == figures, [
        str(each) for each in report.differences
    ]
    assert not report.clean
    assert report.summary() == "audit: " + " ".join(f"{name}={count}" for name, count in found.items())


async def test_a_forgetful_shard_may_forget_what_ended(sold: World) -> None:
    """Goal: forgetting is no loss. Method: forget in the store, told to SQL and not told."""
    sold.clock.advance(1000)
    assert await sold.inventory.forget("sale", sold.clock.now_ms(), 100)
    assert (await look(sold)).lost
    await sold.record.write(lambda unit: unit.shards.set_forgetful("sale"))
    assert (await look(sold)).clean


async def test_a_shard_that_was_never_used_may_be_missing(sold: World) -> None:
    """Goal: provisioning is no loss. Method: a shard that only SQL knows."""
    await sold.record.write(lambda unit: unit.shards.register("tomorrow"))
    assert (await look(sold)).clean


async def test_a_standing_hold_is_nobodys_order(sold: World) -> None:
    """Goal: buffers are no difference. Method: hold 5 units without a body, then give them back."""
    request = ReserveRequest("buffer/tea", "f", (Claim(STOCK, 5),), 0, label="5", standing=True)
    await sold.inventory.reserve("sale", 1, [request])
    sold.drain()
    assert (await look(sold)).clean
    await sold.inventory.release("sale", 1, [EndRequest("buffer/tea")])
    sold.drain()
    assert (await look(sold)).clean
