"""Refunds: which units, what they cost when they were bought, what comes back to the shelf, and when the money is gone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.usecases.power import PowerCut
from tests.unit.usecases.shop import CUP, HOUR_MS, TEA, Shop
from tuan.domain.errors import Reason, TuanError
from tuan.domain.money import spread_over_units
from tuan.domain.order import Order, OrderLine, OrderPlaced, OrderState
from tuan.domain.payment import Refund, RefundCause, RefundState, RefundUnits
from tuan.plugin.gateway import RefundAnswer, RefundOutcome
from tuan.usecases.change_order import ChangeOrder
from tuan.usecases.order_commands import Placed
from tuan.usecases.refund_order import RefundOrder
from tuan.usecases.refund_units import WantedUnits, choose_units

PENDING = RefundAnswer(RefundOutcome.PENDING, "so")
REFUSED = RefundAnswer(RefundOutcome.REFUSED, "so")
DONE = RefundAnswer(RefundOutcome.SUCCEEDED, "so")


def an_order(*quantities: int) -> Order:
    lines = tuple(
        OrderLine(index, f"s{index}", quantity, "", 100, spread_over_units(100 * quantity - 1, quantity))
        for index, quantity in enumerate(quantities)
    )
    total = sum(line.total_minor for line in lines)
    placed = OrderPlaced("o1", "app", "r", "b", "", "", "CNY", total, lines, ("retail",), "", 1)
    return Order(placed, OrderState.PAID, 1, 0, total)


def earlier(*units: RefundUnits) -> Refund:
    cause, state = RefundCause.BUYER, RefundState.REQUESTED
    return Refund("f1", "o1", "p", "bank", "t", "CNY", 1, cause, state, units, 1)


def choose(order: Order, gone: list[Refund], *units: WantedUnits) -> tuple[tuple[RefundUnits, ...], bool]:
    return choose_units("o1", order.placed.lines, gone, units)


@pytest.mark.parametrize(
    ("gone", "wanted", "chosen", "whole"),
    [
        ([], [], [(0, 0, 4), (1, 0, 2)], True),
        ([], [(0, 1, None)], [(0, 0, 1)], False),
        ([], [(0, 4, None), (1, 2, None)], [(0, 0, 4), (1, 0, 2)], True),
        ([], [(0, 2, 1)], [(0, 1, 2)], False),
        ([], [(0, 1, 3), (0, 1, None), (0, 2, None)], [(0, 3, 1), (0, 0, 1), (0, 1, 2)], False),
        ([(0, 1, 1)], [(0, 2, None)], [(0, 0, 1), (0, 2, 1)], False),
        ([(0, 1, 1)], [], [(0, 0, 1), (0, 2, 2), (1, 0, 2)], True),
        ([(0, 0, 4)], [], [(1, 0, 2)], True),
        ([(0, 0, 4)], [(1, 1, 1), (1, 1, 0)], [(1, 1, 1), (1, 0, 1)], True),
    ],
)
def test_units_chosen(gone: list, wanted: list, chosen: list, whole: bool) -> None:
    """Goal: named units, or the first that are left, as runs. Method: a table over two lines of 4 and 2 units."""
    before = [earlier(*(RefundUnits(*part) for part in gone))]
    result = choose(an_order(4, 2), before, *(WantedUnits(*part) for part in wanted))
    assert result == (tuple(RefundUnits(*part) for part in chosen), whole)


@pytest.mark.parametrize(
    ("gone", "wanted", "reason"),
    [
        ([], [(0, 5, None)], Reason.UNITS_NOT_REFUNDABLE),
        ([], [(0, 2, 3)], Reason.UNITS_NOT_REFUNDABLE),
        ([], [(0, 1, 4)], Reason.UNITS_NOT_REFUNDABLE),
        ([], [(0, 1, -1)], Reason.UNITS_NOT_REFUNDABLE),
        ([], [(0, 2**60, 0)], Reason.UNITS_NOT_REFUNDABLE),
        ([], [(0, 1, 2**60)], Reason.UNITS_NOT_REFUNDABLE),
        ([], [(0, 2, 0), (0, 1, 1)], Reason.UNITS_NOT_REFUNDABLE),
        ([], [(0, 3, None), (0, 2, None)], Reason.UNITS_NOT_REFUNDABLE),
        ([(0, 1, 1)], [(0, 2, 0)], Reason.UNITS_NOT_REFUNDABLE),
        ([(0, 0, 4), (1, 0, 2)], [], Reason.UNITS_NOT_REFUNDABLE),
        ([], [(2, 1, None)], Reason.INVALID_FIELD),
        ([], [(-1, 1, None)], Reason.INVALID_FIELD),
        ([], [(0, 0, None)], Reason.INVALID_FIELD),
        ([], [(0, -1, None)], Reason.INVALID_FIELD),
    ],
)
def test_units_refused(gone: list, wanted: list, reason: Reason) -> None:
    """Goal: no unit twice, none that is not there, and no time lost on absurd numbers. Method: a table."""
    before = [earlier(*(RefundUnits(*part) for part in gone))]
    with pytest.raises(TuanError) as caught:
        choose(an_order(4, 2), before, *(WantedUnits(*part) for part in wanted))
    assert caught.value.reason is reason


@given(st.lists(st.integers(1, 9), min_size=1, max_size=3), st.data())
def test_any_sequence_of_refunds_returns_each_unit_once(quantities: list[int], data: st.DataObject) -> None:
    """Goal: however it is taken apart, an order returns exactly its total. Method: random refunds until all is gone."""
    order, done, total, whole = an_order(*quantities), [], 0, False
    while not whole:
        line = data.draw(st.sampled_from(order.placed.lines))
        first = data.draw(st.none() | st.integers(0, line.quantity - 1))
        wanted = WantedUnits(line.line_index, data.draw(st.integers(1, line.quantity)), first)
        units = (wanted,) if data.draw(st.booleans()) else ()
        try:
            chosen, whole = choose(order, done, *units)
        except TuanError:
            continue
        total += sum(order.placed.lines[part.line_index].units_minor(part.first, part.count) for part in chosen)
        done.append(earlier(*chosen))
    numbers = [
        (part.line_index, part.first + step) for each in done for part in each.units for step in range(part.count)
    ]
    assert sorted(numbers) == [(index, unit) for index, count in enumerate(quantities) for unit in range(count)]
    assert total == order.placed.total_minor


async def paid(shop: Shop, request_id: str = "r") -> Placed:
    """Three teas of a sale with a limit of 3 per buyer, and a cup."""
    if "sale" not in shop.memory.shards:
        await shop.begin(shop.activity(quantity=10, config={"limit": 3, "unit_minor": 9_00}))
    order = await shop.placed(request_id, (TEA, 3, "sale"), (CUP, 1, ""))
    await shop.pay(order, request_id=f"pay-{request_id}", transaction=f"t-{request_id}")
    return order


async def test_bit_by_bit(shop: Shop) -> None:
    """Goal: units come back to where they were sold; the limit with the last; the order ends refunded. Method: three refunds,
    in between the buyer may not buy again, afterwards he may."""
    order = await paid(shop)
    for number, (units, amount) in enumerate(
        [((WantedUnits(0, 1),), 9_00), ((WantedUnits(1, 1),), 30_00), ((WantedUnits(0, 2, 1),), 18_00)]
    ):
        assert not isinstance(await shop.place(f"again{number}", (TEA, 1, "sale")), Placed)
        refund = await shop.refund(order.order_id, *units, request_id=f"f{number}")
        assert refund.amount_minor == amount
        await shop.work()
    found = await shop.order(order.order_id)
    assert (found.state, found.refunded_minor) == (OrderState.REFUNDED, order.total_minor)
    assert (await shop.available("sale"), await shop.available(sku=CUP)) == (10, 100)
    await shop.placed("free", (TEA, 3, "sale"))
    await shop.assert_clean()


async def test_a_repeat_is_one_refund(shop: Shop) -> None:
    """Goal: once per request id. Method: repeat it, before and after it was carried out; and with other units."""
    order = await paid(shop)
    first = await shop.refund(order.order_id, WantedUnits(0, 1))
    assert await shop.refund(order.order_id, WantedUnits(0, 1)) == first
    await shop.work()
    assert (await shop.refund(order.order_id, WantedUnits(0, 1))).refund_id == first.refund_id
    with pytest.raises(TuanError) as caught:
        await shop.refund(order.order_id, WantedUnits(0, 2))
    assert caught.value.reason is Reason.REQUEST_ID_REUSED
    assert len(shop.bank.refunded) == 1


async def test_only_paid_orders_of_the_caller(shop: Shop) -> None:
    """Goal: nothing to give back where nothing was paid. Method: a pending order, an unknown one, another caller's."""
    order = await shop.placed()
    for order_id, reason in ((order.order_id, Reason.ORDER_STATE_CONFLICT), ("nobody", Reason.ORDER_NOT_FOUND)):
        with pytest.raises(TuanError) as caught:
            await shop.refund(order_id)
        assert caught.value.reason is reason
    with pytest.raises(TuanError) as caught:
        await shop.refunder.refund(RefundOrder("other", "r", order.order_id))
    assert caught.value.reason is Reason.ORDER_NOT_FOUND


async def test_after_shipping_only_the_money_goes_back(shop: Shop) -> None:
    """Goal: what left the warehouse does not come back to the shelf by itself. Method: ship, then refund."""
    order = await paid(shop)
    await shop.changer.ship(ChangeOrder("app", "ship", order.order_id))
    await shop.refund(order.order_id)
    await shop.work()
    assert (await shop.order(order.order_id)).state is OrderState.REFUNDED
    assert await shop.available("sale") == 7
    await shop.assert_clean()


async def test_units_of_a_closed_activity_flow_on(shop: Shop) -> None:
    """Goal: returned units are not stranded in an activity that is over. Method: close it, refund, one round more."""
    order = await paid(shop)
    shop.clock.advance(HOUR_MS)
    for _ in range(3):
        await shop.activities.advance_all()
    assert await shop.available() == 97
    await shop.keeper.refresh()
    await shop.refund(order.order_id)
    await shop.work()
    for _ in range(3):
        await shop.activities.advance_all()
    assert await shop.available() == 100
    await shop.assert_clean()


async def test_pending_then_done(shop: Shop) -> None:
    """Goal: a gateway that needs time is asked again with the same refund. Method: pending twice, one fault, then done."""
    shop.bank.answers = [PENDING, ValueError("broken pipe"), PENDING, DONE]
    order = await paid(shop)
    await shop.refund(order.order_id)
    for _ in range(4):
        await shop.work()
        shop.clock.advance(60_000)
    assert len({refund.refund_id for refund in shop.bank.refunded}) == 1 and len(shop.bank.refunded) == 4
    [refund] = await shop.refunds(order.order_id)
    assert refund.state is RefundState.SUCCEEDED
    assert (await shop.kinds()).count("refund.succeeded") == 1
    await shop.assert_clean()


async def test_refused_for_good(shop: Shop) -> None:
    """Goal: a refused refund is an operator's; retried by hand it ends. Method: refused once, then made due again."""
    shop.bank.answers = [REFUSED, DONE]
    order = await paid(shop)
    await shop.refund(order.order_id)
    await shop.work()
    [refund] = await shop.refunds(order.order_id)
    assert (refund.state, refund.last_error) == (RefundState.FAILED, "so")
    assert (await shop.order(order.order_id)).state is OrderState.REFUNDING
    [job] = await shop.sql.read(lambda unit: unit.jobs.failed(0, 10))
    await shop.sql.write(lambda unit: unit.jobs.retry_now(job.job_id, shop.clock.now_ms()))
    await shop.work()
    assert (await shop.order(order.order_id)).state is OrderState.REFUNDED
    await shop.assert_clean()


@pytest.mark.parametrize("cut", range(1, 9))
async def test_power_cuts(shop: Shop, cut: int) -> None:
    """Goal: money, goods and books agree wherever the power failed. Method: cut after each store call of a refund over two
    shards, then let the job come again."""
    order = await paid(shop)
    shop.power.restore(fail_at=cut)
    try:
        await shop.refund(order.order_id)
        await shop.work()
    except PowerCut:
        shop.restart()
        await shop.keeper.refresh()
        shop.clock.advance(1_000)
        await shop.refund(order.order_id)
        await shop.work()
    found = await shop.order(order.order_id)
    assert (found.state, found.refunded_minor) == (OrderState.REFUNDED, order.total_minor)
    assert (await shop.available("sale"), await shop.available(sku=CUP)) == (10, 100)
    await shop.assert_clean()
