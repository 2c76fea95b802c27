"""When a sale is on: its window is half-open, decided by the script's clock, and a sale that ended gives everything back."""

from __future__ import annotations

import pytest

from tests.scenario.sales.shop import CLEAN, HOLD_MS, Shop
from tuan.domain.activity import stock_counter
from tuan.domain.claim import Claim, Code, ReserveRequest
from tuan.domain.order import OrderState
from tuan.plugin import Refusal, RefusalKind
from tuan.usecases.order_commands import Placed


async def test_a_sale_that_ended_sells_nothing_even_to_the_script(shop: Shop) -> None:
    """Goal: no order after the end, whoever asks (elsewhere expired promotions still applied). Method: a minute before the end an order
    is granted; at the end the promotion refuses, and so does the script itself for a caller whose clock is late."""
    await shop.stock("S1", 5)
    activity = await shop.flash_sale("short", ["S1"], minutes=10)
    await shop.pass_time(9 * 60_000)
    assert isinstance(await shop.place("b1", [("S1", 1, activity)]), Placed)
    await shop.pass_time(60_000)
    refused = await shop.place("b2", [("S1", 1, activity)])
    assert isinstance(refused, Refusal) and refused.kind is RefusalKind.ENDED
    late = ReserveRequest("late", "late", (Claim(stock_counter("S1"), 1),), HOLD_MS)
    [answer] = await shop.engine.inventory.reserve(activity, shop.engine.keeper.epoch(activity), [late])
    assert answer.code is Code.CLOSED


async def test_a_repeat_after_the_end_gets_the_first_answer(shop: Shop) -> None:
    """Goal: a lost answer can be asked for at any time. Method: an order within the window; the sale ends and is closed; the same request
    again is the same order."""
    await shop.stock("S1", 5)
    activity = await shop.flash_sale("repeat", ["S1"], minutes=10)
    first = await shop.placed("b1", [("S1", 1, activity)], request_id="once")
    await shop.pay(first.order_id)
    await shop.pass_time(11 * 60_000)
    again = await shop.placed("b1", [("S1", 1, activity)], request_id="once")
    assert (again.order_id, again.total_minor) == (first.order_id, first.total_minor)
    await shop.end_sale(activity)
    again = await shop.placed("b1", [("S1", 1, activity)], request_id="once")
    assert again.order_id == first.order_id
    assert await shop.audit() == CLEAN


@pytest.mark.parametrize("percent", [100, 90, 33])
async def test_what_a_sale_did_not_sell_is_in_ordinary_sale_again(shop: Shop, percent: int) -> None:
    """Goal: nothing is stranded, the buffer included. Method: sell some, leave one unpaid and one to be refunded after the end; close;
    every unit that no order has is for ordinary sale."""
    await shop.stock("S1", 10)
    activity = await shop.flash_sale(f"left-{percent}", ["S1"], stock_percent=percent)
    on_sale = 10 * percent // 100
    assert await shop.available("S1", activity) == on_sale
    sold, refunded = [await shop.placed(f"b{number}", [("S1", 1, activity)]) for number in range(2)]
    await shop.pay(sold.order_id, refunded.order_id)
    unpaid = await shop.placed("b9", [("S1", 1, activity)])
    await shop.engine.activities.close_now(activity)
    assert await shop.available("S1") == 7
    await shop.pass_time(HOLD_MS + 1)
    assert await shop.state(unpaid.order_id) is OrderState.EXPIRED
    await shop.refund(refunded.order_id)
    await shop.settle()
    assert await shop.available("S1") == 9
    assert await shop.audit() == CLEAN
