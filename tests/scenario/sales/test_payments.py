"""Money that comes late, twice, in any order, in the wrong amount, or for many orders at once: each yuan has one effect."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence

import pytest

from tests.scenario.sales.shop import CLEAN, HOLD_MS, Shop
from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import OrderState
from tuan.domain.payment import PaymentState, RefundCause, RefundState
from tuan.usecases.change_order import ChangeOrder
from tuan.usecases.create_payment import CreatePayment

PRICE = 5_990
DELIVERIES = 5
EVENTS = ("callback", "cancel", "expire", "ship")


class _Course:
    """One order for the only unit of its SKU, and four events in one order; the callback comes five times in all."""

    def __init__(self, shop: Shop, sku: str, resold: bool) -> None:
        self.shop, self.sku, self.resold = shop, sku, resold
        self.order_id = self.rival_id = ""
        self.body = b""
        self.delivered = 0

    async def play(self, events: Sequence[str]) -> None:
        await self.shop.stock(self.sku, 1, PRICE)
        self.order_id = (await self.shop.placed("b1", [(self.sku, 1)])).order_id
        payment_id = await self.shop.ask_payment(self.order_id)
        self.body = self.shop.till.callback(payment_id, f"t-{self.sku}")
        for event in events:
            if event == "callback" or self.delivered:
                await self._deliver(1)
            if event != "callback":
                await self._refusable(event)
            await self._resell()
        await self._deliver(DELIVERIES - self.delivered)
        await self.shop.settle()

    async def _deliver(self, times: int) -> None:
        await asyncio.gather(*(self.shop.deliver(self.body) for _ in range(times)))
        self.delivered += times
        await self.shop.work()

    async def _refusable(self, event: str) -> None:
        """An event that the order's state does not allow is refused, and changes nothing."""
        try:
            if event == "cancel":
                await self.shop.cancel(self.order_id)
            elif event == "ship":
                await self.shop.ship(self.order_id)
            else:
                await self.shop.pass_time(HOLD_MS + 1)
        except TuanError as error:
            assert error.reason is Reason.ORDER_STATE_CONFLICT, error

    async def _resell(self) -> None:
        """The unit goes to somebody else the moment it is free."""
        if self.resold and not self.rival_id and await self.shop.available(self.sku):
            rival = await self.shop.placed("b2", [(self.sku, 1)])
            self.rival_id = rival.order_id
            await self.shop.pay(rival.order_id)


@pytest.mark.parametrize("resold", [False, True], ids=["unit-still-free", "unit-resold"])
async def test_a_callback_five_times_in_every_order_of_four_events_has_one_effect(shop: Shop, resold: bool) -> None:
    """Goal: one payment is one sale or one refund, whatever comes before what. Method: all 24 orders of callback, cancel, expiry
    and shipment, the callback delivered five times; state, ledger and the channel's own books after each, and the audit."""
    for number, events in enumerate(itertools.permutations(EVENTS)):
        course = _Course(shop, f"S{number}", resold)
        await course.play(events)
        order = await shop.order(course.order_id)
        refunds = await shop.refunds(course.order_id)
        ended_first = min(events.index("cancel"), events.index("expire")) < events.index("callback")
        if resold and ended_first:
            assert order.state in (OrderState.CANCELLED, OrderState.EXPIRED), events
            assert (order.paid_minor, order.payment_id) == (0, ""), events
            assert [(refund.amount_minor, refund.cause) for refund in refunds] == [(PRICE, RefundCause.LATE_PAYMENT)], (
                events
            )
            assert await shop.state(course.rival_id) is OrderState.READY_TO_SHIP, events
        else:
            shipped = events.index("ship") > events.index("callback")
            assert order.state is (OrderState.SHIPPED if shipped else OrderState.READY_TO_SHIP), events
            assert (order.paid_minor, refunds, course.rival_id) == (PRICE, [], ""), events
        assert await shop.available(course.sku) == 0, events
        assert await shop.balance("channel:") == shop.till.balance_minor == (number + 1) * PRICE, events
        assert await shop.balance("suspense:") == 0, events
    assert await shop.audit() == CLEAN


async def test_a_rush_of_payments_is_worked_out_to_the_last_one(shop: Shop) -> None:
    """Goal: payments that are made out, noticed and applied together end one by one. Method: 60 orders on two shards and on both,
    some paid two at a time, and 12 whose hold was over; each callback twice, all at the same time; the books."""
    await shop.stock("S1", 100, PRICE)
    await shop.stock("S2", 100, PRICE)
    sale = await shop.flash_sale("rush", ["S2"])
    forms = ([("S1", 1)], [("S2", 1, sale)], [("S1", 1), ("S2", 1, sale)])
    late = [(await shop.placed(f"late{number}", forms[number % 3])).order_id for number in range(12)]
    late_payments = await asyncio.gather(*(shop.ask_payment(order_id) for order_id in late))
    await shop.pass_time(HOLD_MS + 1)
    orders = [(await shop.placed(f"b{number}", forms[number % 3])).order_id for number in range(48)]
    pairs = [orders[start : start + 2] for start in range(0, 48, 6)]
    singles = [[order_id] for order_id in orders if all(order_id not in pair for pair in pairs)]
    payments = await asyncio.gather(*(shop.ask_payment(*order_ids) for order_ids in pairs + singles))
    bodies = [shop.till.callback(payment_id, f"t-{payment_id}") for payment_id in (*payments, *late_payments)]
    new = await asyncio.gather(*(shop.deliver(body) for body in bodies * 2))
    assert sum(new) == len(bodies)
    await shop.work()
    for order_id in (*orders, *late):
        assert await shop.state(order_id) is OrderState.READY_TO_SHIP
    assert shop.till.balance_minor == await shop.balance("channel:")
    assert (await shop.available("S1"), await shop.available("S2", sale)) == (60, 60)
    assert await shop.audit() == CLEAN


async def test_a_repeated_callback_does_not_move_a_shipped_order_back(shop: Shop) -> None:
    """Goal: late repeats change nothing. Method: pay, ship, complete; the same callback after each; version and state stay."""
    await shop.stock("S1", 1)
    placed = await shop.placed("b1", [("S1", 1)])
    payment_id = await shop.pay(placed.order_id)
    for step, state in ((shop.ship, OrderState.SHIPPED), (shop.complete, OrderState.COMPLETED)):
        version = (await step(placed.order_id)).version
        assert not await shop.deliver(shop.till.callback(payment_id, f"t-{payment_id}"))
        await shop.work()
        order = await shop.order(placed.order_id)
        assert (order.state, order.version) == (state, version)
    assert await shop.audit() == CLEAN


async def test_late_money_reinstates_an_order_that_still_fits(shop: Shop) -> None:
    """Goal: money after the end is a sale where it can be. Method: let the hold end, pay, and look at stock, limit and order."""
    await shop.stock("S1", 2)
    activity = await shop.flash_sale("late", ["S1"], limit={"buyer": 1})
    placed = await shop.placed("b1", [("S1", 1, activity)])
    payment_id = await shop.ask_payment(placed.order_id)
    await shop.pass_time(HOLD_MS + 1)
    assert await shop.state(placed.order_id) is OrderState.EXPIRED
    await shop.deliver(shop.till.callback(payment_id, "t1"))
    await shop.work()
    assert await shop.state(placed.order_id) is OrderState.READY_TO_SHIP
    assert await shop.available("S1", activity) == 1
    assert await shop.audit() == CLEAN


async def test_late_money_over_a_limit_is_refunded(shop: Shop) -> None:
    """Goal: reinstating obeys the limits. Method: 1 per buyer; an expired order, a second one of the buyer paid, then the first's
    money comes: it goes back whole."""
    await shop.stock("S1", 5)
    activity = await shop.flash_sale("late-limit", ["S1"], limit={"buyer": 1})
    first = await shop.placed("b1", [("S1", 1, activity)])
    payment_id = await shop.ask_payment(first.order_id)
    await shop.pass_time(HOLD_MS + 1)
    second = await shop.placed("b1", [("S1", 1, activity)])
    await shop.pay(second.order_id)
    await shop.deliver(shop.till.callback(payment_id, "t1"))
    await shop.settle()
    assert await shop.state(first.order_id) is OrderState.EXPIRED
    assert [refund.state for refund in await shop.refunds(first.order_id)] == [RefundState.SUCCEEDED]
    assert await shop.audit() == CLEAN


@pytest.mark.parametrize("same_payment", [True, False], ids=["second-transaction", "second-payment"])
async def test_a_second_payment_is_recorded_and_refunded(shop: Shop, same_payment: bool) -> None:
    """Goal: money that comes twice is neither dropped nor kept. Method: pay an order by two transactions, side by side; one is the
    sale, the other is refunded, and the channel holds the price once."""
    await shop.stock("S1", 1, PRICE)
    placed = await shop.placed("b1", [("S1", 1)])
    first = await shop.ask_payment(placed.order_id)
    second = first if same_payment else await shop.ask_payment(placed.order_id)
    bodies = [shop.till.callback(first, "t1"), shop.till.callback(second, "t2")]
    await asyncio.gather(*(shop.deliver(body) for body in bodies * 3))
    await shop.settle()
    assert await shop.state(placed.order_id) is OrderState.READY_TO_SHIP
    assert sum(shop.till.returned.values()) == PRICE
    assert shop.till.balance_minor == await shop.balance("channel:") == PRICE
    assert await shop.balance("suspense:") == 0
    assert await shop.audit() == CLEAN


@pytest.mark.parametrize(("amount", "currency"), [(PRICE - 1, "CNY"), (PRICE + 1, "CNY"), (PRICE, "USD")])
async def test_money_of_another_amount_pays_nothing_and_goes_back(shop: Shop, amount: int, currency: str) -> None:
    """Goal: the amount is the server's. Method: a callback over another amount or currency; the order waits on, the money goes back
    as it came, and the right payment still works."""
    await shop.stock("S1", 1, PRICE)
    placed = await shop.placed("b1", [("S1", 1)])
    payment_id = await shop.ask_payment(placed.order_id)
    await shop.deliver(shop.till.callback(payment_id, "t1", amount, currency))
    await shop.work()
    assert await shop.state(placed.order_id) is OrderState.PENDING_PAYMENT
    assert list(shop.till.returned.values()) == [amount]
    await shop.pay(placed.order_id)
    assert await shop.state(placed.order_id) is OrderState.READY_TO_SHIP
    assert await shop.audit() == CLEAN


async def test_a_forged_callback_is_refused_and_leaves_nothing(shop: Shop) -> None:
    """Goal: only the channel can say that money came. Method: a callback with a wrong signature; then the true one."""
    await shop.stock("S1", 1)
    placed = await shop.placed("b1", [("S1", 1)])
    payment_id = await shop.ask_payment(placed.order_id)
    body = shop.till.callback(payment_id, "t1")
    with pytest.raises(TuanError) as raised:
        await shop.deliver(body, signature="forged")
    assert raised.value.reason is Reason.PAYMENT_SIGNATURE_INVALID
    await shop.work()
    assert await shop.state(placed.order_id) is OrderState.PENDING_PAYMENT
    assert await shop.deliver(body)


async def test_a_failed_payment_can_be_tried_again(shop: Shop) -> None:
    """Goal: a failure is no payment. Method: a callback that says so, then a second payment that succeeds."""
    await shop.stock("S1", 1)
    placed = await shop.placed("b1", [("S1", 1)])
    failed = await shop.ask_payment(placed.order_id)
    await shop.deliver(shop.till.callback(failed, "t1", ok=False))
    await shop.work()
    payment = await shop.engine.record.read(lambda unit: unit.payments.get(failed))
    assert payment is not None and payment.state is PaymentState.FAILED
    await shop.pay(placed.order_id)
    assert await shop.state(placed.order_id) is OrderState.READY_TO_SHIP
    assert await shop.audit() == CLEAN


@pytest.mark.parametrize("failure_first", [True, False])
async def test_a_failed_attempt_beside_a_successful_one_is_a_payment(shop: Shop, failure_first: bool) -> None:
    """Goal: a buyer whose first card is declined pays with a second one, and callbacks may overtake each other. Method: two
    transactions of one payment, one failed, one successful, in both orders; the order is paid and nothing goes back."""
    await shop.stock("S1", 1)
    placed = await shop.placed("b1", [("S1", 1)])
    payment_id = await shop.ask_payment(placed.order_id)
    bodies = [shop.till.callback(payment_id, "t1", ok=False), shop.till.callback(payment_id, "t2")]
    for body in bodies if failure_first else reversed(bodies):
        await shop.deliver(body)
        await shop.work()
    payment = await shop.engine.record.read(lambda unit: unit.payments.get(payment_id))
    assert payment is not None and (payment.state, payment.transaction_id) == (PaymentState.SUCCEEDED, "t2")
    assert await shop.state(placed.order_id) is OrderState.READY_TO_SHIP
    assert shop.till.returned == {}
    assert await shop.audit() == CLEAN


async def test_one_payment_over_three_orders_has_three_outcomes(shop: Shop) -> None:
    """Goal: a combined payment (合并支付) is worked out share by share. Method: one order lives, one expired and fits, one expired
    and is resold; two are sold, the third's share goes back."""
    await shop.stock("S1", 2, PRICE)
    await shop.stock("S2", 1, 2_000)
    expired, resold = await shop.placed("b1", [("S1", 1)]), await shop.placed("b1", [("S2", 1)])
    await shop.pass_time(HOLD_MS // 2)
    living = await shop.placed("b1", [("S1", 1)])
    payment_id = await shop.ask_payment(expired.order_id, resold.order_id, living.order_id)
    await shop.pass_time(HOLD_MS // 2 + 1)
    rival = await shop.placed("b2", [("S2", 1)])
    await shop.deliver(shop.till.callback(payment_id, "t1"))
    await shop.pay(rival.order_id)
    await shop.settle()
    assert await shop.state(living.order_id) is OrderState.READY_TO_SHIP
    assert await shop.state(expired.order_id) is OrderState.READY_TO_SHIP
    assert await shop.state(resold.order_id) is OrderState.EXPIRED
    assert list(shop.till.returned.values()) == [2_000]
    assert await shop.audit() == CLEAN


async def test_the_hold_covers_the_whole_payment_window(shop: Shop) -> None:
    """Goal: who pays in time has the goods (elsewhere: charged, but nothing left). Method: others ask for the last unit until the
    last second of the window; the payment then finds it there."""
    await shop.stock("S1", 1)
    placed = await shop.placed("b1", [("S1", 1)])
    payment_id = await shop.ask_payment(placed.order_id)
    await shop.pass_time(HOLD_MS - 5_000)
    await shop.place_all([shop.command(f"r{number}", [("S1", 1)]) for number in range(8)])
    await shop.deliver(shop.till.callback(payment_id, "t1"))
    await shop.work()
    assert await shop.state(placed.order_id) is OrderState.READY_TO_SHIP
    assert await shop.refunds(placed.order_id) == []
    assert await shop.audit() == CLEAN


async def test_an_application_sees_and_pays_its_own_orders_only(shop: Shop) -> None:
    """Goal: nobody reads or changes another's orders. Method: pay and cancel with another caller's credentials: no such order."""
    await shop.stock("S1", 1)
    placed = await shop.placed("b1", [("S1", 1)])
    with pytest.raises(TuanError) as paying:
        await shop.engine.payment_creator.create(CreatePayment("another", "r1", (placed.order_id,), "till"))
    with pytest.raises(TuanError) as cancelling:
        await shop.engine.changer.cancel(ChangeOrder("another", "r2", placed.order_id))
    assert {paying.value.reason, cancelling.value.reason} == {Reason.ORDER_NOT_FOUND}
    assert await shop.state(placed.order_id) is OrderState.PENDING_PAYMENT


async def test_money_that_is_on_its_way_back_buys_nothing_more(shop: Shop) -> None:
    """Goal: a job that runs again after a crash decides as it did before. Method: late money does not fit and is refunded; the unit
    becomes free; the same job runs once more: the order stays expired, the money goes back once."""
    await shop.stock("S1", 1, PRICE)
    late = await shop.placed("b1", [("S1", 1)])
    payment_id = await shop.ask_payment(late.order_id)
    await shop.pass_time(HOLD_MS + 1)
    rival = await shop.placed("b2", [("S1", 1)])
    await shop.deliver(shop.till.callback(payment_id, "t1"))
    [job] = await shop.engine.record.read(lambda unit: unit.jobs.due(shop.clock.now_ms(), 10))
    await shop.engine.applier.handle(job)
    await shop.cancel(rival.order_id)
    await shop.engine.applier.handle(job)
    await shop.settle()
    assert await shop.state(late.order_id) is OrderState.EXPIRED
    assert (list(shop.till.returned.values()), shop.till.balance_minor) == ([PRICE], 0)
    assert await shop.available("S1") == 1
    assert await shop.audit() == CLEAN
