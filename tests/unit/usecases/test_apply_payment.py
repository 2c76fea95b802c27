"""What money means for an order: paid, reinstated, or given back to the last unit of it; never dropped, never counted twice."""

from __future__ import annotations

import pytest

from tests.unit.usecases.power import PowerCut
from tests.unit.usecases.shop import CUP, TEA, Shop
from tuan.domain.activity import RETAIL, stock_counter
from tuan.domain.claim import Answer, Code, RestockRequest
from tuan.domain.order import OrderState
from tuan.domain.payment import RefundCause, RefundState

BOTH = ((TEA, 1, "sale"), (CUP, 1, ""))


async def one_tea(shop: Shop, units: int = 1) -> None:
    """A sale of so few that a late payment can come too late."""
    await shop.begin(shop.activity(quantity=units))


async def test_pays_the_order(shop: Shop) -> None:
    """Goal: money in time makes an order paid, once. Method: the same notice five times."""
    order = await shop.placed()
    payment_id = await shop.payment(order.order_id)
    for _ in range(5):
        await shop.notice(payment_id, order.total_minor)
        await shop.work()
    found = await shop.order(order.order_id)
    assert (found.state, found.paid_minor) == (OrderState.READY_TO_SHIP, order.total_minor)
    assert await shop.refunds(order.order_id) == []
    await shop.assert_clean()


@pytest.mark.parametrize("ended", ["expired", "cancelled"])
async def test_late_money_that_fits_reinstates(shop: Shop, ended: str) -> None:
    """Goal: late money for stock that is still there makes the order paid. Method: end the order both ways, then pay."""
    await one_tea(shop)
    order = await shop.placed("r", (TEA, 1, "sale"))
    payment_id = await shop.payment(order.order_id)
    await (shop.expire() if ended == "expired" else shop.cancel(order.order_id))
    await shop.notice(payment_id, order.total_minor)
    await shop.work()
    assert (await shop.order(order.order_id)).state is OrderState.READY_TO_SHIP
    assert "order.reinstated" in await shop.kinds()
    await shop.assert_clean()


async def test_late_money_that_does_not_fit_goes_back(shop: Shop) -> None:
    """Goal: late money for a unit that another bought is refunded in full. Method: sell the only unit in between."""
    await one_tea(shop)
    late = await shop.placed("late", (TEA, 1, "sale"))
    payment_id = await shop.payment(late.order_id)
    await shop.expire()
    quick = await shop.placed("quick", (TEA, 1, "sale"), buyer="b2")
    await shop.pay(quick, request_id="quick-pay", transaction="quick")
    await shop.notice(payment_id, late.total_minor)
    await shop.work()
    [refund] = await shop.refunds(late.order_id)
    assert (refund.cause, refund.state) == (RefundCause.LATE_PAYMENT, RefundState.SUCCEEDED)
    assert refund.amount_minor == late.total_minor
    assert (await shop.order(late.order_id)).state is OrderState.EXPIRED
    await shop.assert_clean()


async def test_second_payment_goes_back(shop: Shop) -> None:
    """Goal: an order paid by two payments keeps one. Method: two payments of one order, both succeed."""
    order = await shop.placed()
    first, second = (
        await shop.payment(order.order_id, request_id="p1"),
        await shop.payment(order.order_id, request_id="p2"),
    )
    await shop.notice(first, order.total_minor, "t1")
    await shop.notice(second, order.total_minor, "t2")
    await shop.work()
    [refund] = await shop.refunds(order.order_id)
    assert (refund.cause, refund.amount_minor) == (RefundCause.DOUBLE_PAYMENT, order.total_minor)
    await shop.assert_clean()


async def test_one_payment_charged_twice_by_its_gateway(shop: Shop) -> None:
    """Goal: two transactions of one payment pay once. Method: two notices with different transaction ids."""
    order = await shop.placed()
    payment_id = await shop.payment(order.order_id)
    for transaction in ("t1", "t2"):
        await shop.notice(payment_id, order.total_minor, transaction)
        await shop.work()
    assert (await shop.order(order.order_id)).paid_minor == order.total_minor
    [refund] = await shop.refunds()  # the whole transaction, of no order in particular
    assert (refund.cause, refund.transaction_id) == (RefundCause.DOUBLE_PAYMENT, "t2")
    await shop.assert_clean()


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"amount_minor": 999}, RefundCause.AMOUNT_MISMATCH),
        ({"amount_minor": 1_001}, RefundCause.AMOUNT_MISMATCH),
        ({"currency": "EUR"}, RefundCause.AMOUNT_MISMATCH),
        ({"payment_id": "nobody's"}, RefundCause.AMOUNT_MISMATCH),
        ({"gateway": "sandbox"}, RefundCause.AMOUNT_MISMATCH),
    ],
)
async def test_money_that_nobody_asked_for_goes_back(
    shop: Shop, changes: dict[str, object], cause: RefundCause
) -> None:
    """Goal: other money than was asked for pays nothing and is returned. Method: a table of what can differ."""
    order = await shop.placed()
    payment_id = await shop.payment(order.order_id)
    await shop.notice(**{"payment_id": payment_id, "amount_minor": order.total_minor, **changes})  # type: ignore[arg-type]
    await shop.jobs.run_due()
    assert (await shop.order(order.order_id)).state is OrderState.PENDING_PAYMENT
    [refund] = await shop.refunds()
    assert (refund.cause, refund.amount_minor) == (cause, changes.get("amount_minor", order.total_minor))
    assert refund.currency == changes.get("currency", "CNY")


async def test_a_failed_attempt_leaves_the_order_payable(shop: Shop) -> None:
    """Goal: failure is of the attempt, not of the payment. Method: a failed notice, then a good one, then the failed one's twin."""
    order = await shop.placed()
    payment_id = await shop.payment(order.order_id)
    await shop.notice(payment_id, order.total_minor, "t0", succeeded=False)
    await shop.work()
    await shop.notice(payment_id, order.total_minor, "t1")
    await shop.work()
    await shop.notice(payment_id, order.total_minor, "t2", succeeded=False)
    await shop.work()
    assert (await shop.order(order.order_id)).state is OrderState.READY_TO_SHIP
    assert await shop.refunds() == [] and await shop.refunds(order.order_id) == []


async def test_one_payment_for_two_orders_of_which_one_is_too_late(shop: Shop) -> None:
    """Goal: partial outcomes. Method: pay two orders at once; the unit of one was sold meanwhile."""
    await one_tea(shop)
    late = await shop.placed("late", (TEA, 1, "sale"))
    payment_of = [late, await shop.placed("fine", (CUP, 1, ""))]
    payment_id = await shop.payment(*(order.order_id for order in payment_of))
    await shop.cancel(late.order_id)
    quick = await shop.placed("quick", (TEA, 1, "sale"), buyer="b2")
    await shop.notice(payment_id, sum(order.total_minor for order in payment_of))
    await shop.work()
    assert (await shop.order(payment_of[1].order_id)).state is OrderState.READY_TO_SHIP
    assert (await shop.order(late.order_id)).state is OrderState.CANCELLED
    [refund] = await shop.refunds(late.order_id)
    assert (refund.cause, refund.amount_minor) == (RefundCause.LATE_PAYMENT, late.total_minor)
    assert (await shop.order(quick.order_id)).state is OrderState.PENDING_PAYMENT
    await shop.assert_clean()


async def test_reinstated_on_both_shards(shop: Shop) -> None:
    """Goal: an order over two activities comes back whole. Method: expire it, pay it."""
    await one_tea(shop)
    order = await shop.placed("r", *BOTH)
    payment_id = await shop.payment(order.order_id)
    await shop.expire()
    await shop.notice(payment_id, order.total_minor)
    await shop.work()
    assert (await shop.order(order.order_id)).state is OrderState.READY_TO_SHIP
    assert (await shop.counter("sale")).taken == 1 and (await shop.counter(RETAIL, CUP)).taken == 1
    await shop.assert_clean()


async def too_late_on_the_second_shard(shop: Shop) -> tuple[str, int]:
    """An expired order over retail and sale, of which the second has nothing left; and the money comes."""
    await one_tea(shop)
    order = await shop.placed("r", *BOTH)
    payment_id = await shop.payment(order.order_id)
    await shop.expire()
    quick = await shop.placed("quick", (TEA, 1, "sale"), buyer="b2")
    await shop.pay(quick, request_id="quick-pay", transaction="quick")
    await shop.notice(payment_id, order.total_minor)
    return order.order_id, order.total_minor


async def test_not_reinstated_without_a_trace(shop: Shop) -> None:
    """Goal: where one shard refuses, the other gets everything back. Method: sell one of the two SKUs out in between."""
    order_id, total_minor = await too_late_on_the_second_shard(shop)
    await shop.work()
    assert (await shop.counter(RETAIL, CUP)).used == 0
    [refund] = await shop.refunds(order_id)
    assert (refund.cause, refund.amount_minor) == (RefundCause.LATE_PAYMENT, total_minor)
    await shop.assert_clean()


@pytest.mark.parametrize("cut", range(1, 12))
async def test_power_cuts_while_it_is_not_reinstated(shop: Shop, cut: int) -> None:
    """Goal: once a late order was refused and its holds were given back, it stays refused, also where the unit comes free
    before the job is run again: else it would be paid for with units it no longer holds. Method: cut the power after each
    store call, return the unit, run the job again."""
    order_id, _ = await too_late_on_the_second_shard(shop)
    shop.power.restore(fail_at=cut)
    try:
        await shop.work()
    except PowerCut:
        shop.restart()
        await shop.keeper.refresh()
        await shop.inventory.restock("sale", 1, [RestockRequest("one-more", stock_counter(TEA), 1)])
        shop.clock.advance(300_000)
        await shop.work()
    order = await shop.order(order_id)
    held = (await shop.counter(RETAIL, CUP)).taken
    refunds = await shop.refunds(order_id)
    if order.state is OrderState.EXPIRED:
        assert (held, [refund.state for refund in refunds]) == (0, [RefundState.SUCCEEDED])
    else:
        assert (order.state, held, refunds) == (OrderState.READY_TO_SHIP, 1, [])


@pytest.mark.parametrize("cut", range(1, 8))
async def test_power_cuts_while_two_shards_are_paid(shop: Shop, cut: int) -> None:
    """Goal: money in time is applied once, whatever fails. Method: cut the power after each store call, run the job again."""
    await one_tea(shop)
    order = await shop.placed("r", *BOTH)
    payment_id = await shop.payment(order.order_id)
    await shop.notice(payment_id, order.total_minor)
    shop.power.restore(fail_at=cut)
    try:
        await shop.work()
    except PowerCut:
        shop.restart()
        await shop.keeper.refresh()
        shop.clock.advance(1_000)
        await shop.work()
    assert (await shop.order(order.order_id)).state is OrderState.READY_TO_SHIP
    assert await shop.refunds(order.order_id) == []
    await shop.assert_clean()


async def test_one_shard_gave_up_and_the_other_still_holds(shop: Shop) -> None:
    """Goal: an order that expired on its first shard and not yet on its last, whose stock it holds itself, is reinstated.
    Method: one unit on each shard; expire the first shard only, then pay."""
    await one_tea(shop)
    order = await shop.placed("r", *BOTH)
    payment_id = await shop.payment(order.order_id)
    shop.clock.advance(60_001)
    await shop.inventory.expire(RETAIL, 1, 10)
    await shop.notice(payment_id, order.total_minor)
    await shop.work()
    await shop.inventory.expire("sale", 1, 10)
    assert (await shop.order(order.order_id)).state is OrderState.READY_TO_SHIP
    assert (await shop.counter("sale")).taken == 1 and (await shop.counter("sale")).used == 1
    await shop.assert_clean()


@pytest.mark.parametrize("code", [Code.SHARD_MISSING, Code.STALE_EPOCH, Code.SHARD_CLOSED])
async def test_waits_for_a_shard_that_is_rebuilt(shop: Shop, code: Code) -> None:
    """Goal: a closed shard decides nothing. Method: it refuses once; the job comes again and pays."""
    order = await shop.placed()
    payment_id = await shop.payment(order.order_id)
    await shop.notice(payment_id, order.total_minor)
    shop.store.trouble["confirm", RETAIL] = lambda _: [Answer(code)]
    await shop.work()
    assert (await shop.order(order.order_id)).state is OrderState.PENDING_PAYMENT
    assert shop.watch.refused_shards == {RETAIL}
    shop.store.trouble.clear()
    shop.clock.advance(10_000)
    await shop.work()
    assert (await shop.order(order.order_id)).state is OrderState.READY_TO_SHIP
