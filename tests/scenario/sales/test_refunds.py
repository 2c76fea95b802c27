"""Refunds by unit: frozen prices, stock that comes back if the goods never left, and one refund that cannot hold up another."""

from __future__ import annotations

import pytest

from tests.scenario.sales.shop import CALLER, CLEAN, HOLD_MS, Shop
from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import OrderState
from tuan.domain.payment import RefundState
from tuan.plugin import Refusal, RefusalKind
from tuan.usecases.refund_order import WantedUnits


async def test_units_refunded_before_shipping_are_for_sale_again(shop: Shop) -> None:
    """Goal: a partial refund gives back exactly its units and its money. Method: 1 of 3 units, then the other 2; stock, money and
    state after each."""
    await shop.stock("S1", 3, 1_000)
    placed = await shop.placed("b1", [("S1", 3)])
    await shop.pay(placed.order_id)
    await shop.refund(placed.order_id, WantedUnits(0, 1))
    await shop.work()
    assert await shop.available("S1") == 1
    assert (await shop.order(placed.order_id)).refunded_minor == 1_000
    assert await shop.state(placed.order_id) is OrderState.READY_TO_SHIP
    await shop.refund(placed.order_id)
    await shop.work()
    assert await shop.available("S1") == 3
    assert await shop.state(placed.order_id) is OrderState.REFUNDED
    assert shop.till.balance_minor == await shop.balance("channel:") == 0
    assert await shop.audit() == CLEAN


async def test_units_refunded_after_shipping_stay_away(shop: Shop) -> None:
    """Goal: goods that left are not for sale. Method: pay, ship, refund 1 of 2 units: the money goes back, the stock does not."""
    await shop.stock("S1", 2, 1_000)
    placed = await shop.placed("b1", [("S1", 2)])
    await shop.pay(placed.order_id)
    await shop.ship(placed.order_id)
    await shop.refund(placed.order_id, WantedUnits(0, 1))
    await shop.work()
    assert await shop.available("S1") == 0
    assert (await shop.order(placed.order_id)).refunded_minor == 1_000
    assert await shop.state(placed.order_id) is OrderState.SHIPPED
    assert await shop.audit() == CLEAN


async def test_a_refund_reads_the_frozen_price(shop: Shop) -> None:
    """Goal: later prices change no earlier order. Method: buy at 10.00, raise the list price, refund: 10.00 comes back."""
    await shop.stock("S1", 2, 1_000)
    placed = await shop.placed("b1", [("S1", 2)])
    await shop.pay(placed.order_id)
    await shop.engine.catalogue.update_price(CALLER, "new-price", "S1", 1_700, "CNY")
    refund = await shop.refund(placed.order_id, WantedUnits(0, 1))
    assert refund.amount_minor == 1_000
    await shop.settle()
    assert await shop.audit() == CLEAN


async def test_refunds_of_all_units_sum_to_the_price_to_the_minor_unit(shop: Shop) -> None:
    """Goal: no rounding is lost. Method: units of a sale at 29.97 for 7, refunded one by one; the sum is what was paid."""
    await shop.stock("S1", 7, 1_000)
    activity = await shop.flash_sale("thirds", ["S1"], price_minor=333)
    placed = await shop.placed("b1", [("S1", 7, activity)])
    await shop.pay(placed.order_id)
    amounts = [(await shop.refund(placed.order_id, WantedUnits(0, 1))).amount_minor for _ in range(7)]
    await shop.settle()
    assert sum(amounts) == placed.total_minor == 7 * 333
    assert await shop.state(placed.order_id) is OrderState.REFUNDED
    assert await shop.audit() == CLEAN


async def test_no_unit_is_refunded_twice(shop: Shop) -> None:
    """Goal: never more back than came in. Method: the same request again (the same refund), the same unit again (refused), a third
    unit of two (refused)."""
    await shop.stock("S1", 2, 1_000)
    placed = await shop.placed("b1", [("S1", 2)])
    await shop.pay(placed.order_id)
    first = await shop.refund(placed.order_id, WantedUnits(0, 1, first=0), request_id="refund-1")
    again = await shop.refund(placed.order_id, WantedUnits(0, 1, first=0), request_id="refund-1")
    assert again.refund_id == first.refund_id
    for units in (WantedUnits(0, 1, first=0), WantedUnits(0, 2)):
        with pytest.raises(TuanError) as raised:
            await shop.refund(placed.order_id, units)
        assert raised.value.reason is Reason.UNITS_NOT_REFUNDABLE
    await shop.settle()
    assert sum(shop.till.returned.values()) == 1_000
    assert await shop.audit() == CLEAN


async def test_one_failing_refund_holds_up_no_other(shop: Shop) -> None:
    """Goal: each refund is a job of its own. Method: three refunds; the channel stalls one and refuses another; the third is back at
    once, the stalled one when the channel wakes, the refused one waits for an operator."""
    await shop.stock("S1", 3, 1_000)
    orders = [await shop.placed(f"b{number}", [("S1", 1)]) for number in range(3)]
    for order in orders:
        await shop.pay(order.order_id)
    refunds = [await shop.refund(order.order_id) for order in orders]
    shop.till.stalled.add(refunds[0].refund_id)
    shop.till.refused.add(refunds[1].refund_id)
    await shop.work()
    states = [(await shop.refunds(order.order_id))[0].state for order in orders]
    assert states == [RefundState.REQUESTED, RefundState.FAILED, RefundState.SUCCEEDED]
    shop.till.stalled.clear()
    shop.clock.advance(10_000)
    await shop.work()
    assert (await shop.refunds(orders[0].order_id))[0].state is RefundState.SUCCEEDED
    assert len(await shop.engine.record.read(lambda unit: unit.jobs.failed(0, 10))) == 1


async def test_what_ends_unpaid_gives_the_limit_back_once(shop: Shop) -> None:
    """Goal: an order that was cancelled, expired or refunded does not count; one that stands does. Method: 1 per buyer; buy again
    after each kind of end, twice each time: one is granted, the other is over the limit."""
    await shop.stock("S1", 10)
    activity = await shop.flash_sale("limits", ["S1"], limit={"buyer": 1})

    async def one_of_two() -> str:
        results = [await shop.place("b1", [("S1", 1, activity)]) for _ in range(2)]
        assert isinstance(results[1], Refusal) and results[1].kind is RefusalKind.OVER_LIMIT, results
        assert not isinstance(results[0], Refusal), results
        return results[0].order_id

    await shop.cancel(await one_of_two())
    await one_of_two()
    await shop.pass_time(HOLD_MS + 1)
    paid = await one_of_two()
    await shop.pay(paid)
    await shop.refund(paid)
    await shop.work()
    await shop.pay(await one_of_two())
    assert await shop.available("S1", activity) == 9
    assert await shop.audit() == CLEAN


async def test_a_limit_comes_back_with_the_last_unit(shop: Shop) -> None:
    """Goal: who returns everything, unit by unit, may buy again. Method: 2 per buyer; refund one unit (still over the limit), then
    the other, both before their jobs run and one by one."""
    await shop.stock("S1", 10)
    activity = await shop.flash_sale("bits", ["S1"], limit={"buyer": 2})
    for jobs_between in (True, False):
        placed = await shop.placed("b1", [("S1", 2, activity)])
        await shop.pay(placed.order_id)
        await shop.refund(placed.order_id, WantedUnits(0, 1))
        if jobs_between:
            await shop.work()
            assert isinstance(await shop.place("b1", [("S1", 1, activity)]), Refusal)
        await shop.refund(placed.order_id, WantedUnits(0, 1))
        await shop.work()
        assert await shop.state(placed.order_id) is OrderState.REFUNDED
    await shop.placed("b1", [("S1", 2, activity)])
    assert await shop.audit() == CLEAN


async def test_a_price_that_moved_is_told_and_not_charged(shop: Shop) -> None:
    """Goal: totals come from the server. Method: an order that expects the old price after a change is refused with the new one."""
    await shop.stock("S1", 1, 1_000)
    await shop.engine.catalogue.update_price(CALLER, "new-price", "S1", 1_200, "CNY")
    refusal = await shop.place("b1", [("S1", 1)], expected_total_minor=1_000)
    assert isinstance(refusal, Refusal) and refusal.kind is RefusalKind.PRICE_CHANGED
    assert refusal.current_total_minor == 1_200
    assert await shop.available("S1") == 1
    assert await shop.engine.record.read(lambda unit: unit.orders.list(CALLER, "", (), "", 10)) == []
