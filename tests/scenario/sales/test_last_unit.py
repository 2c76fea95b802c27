"""The last unit, bought by many at once, twice in one order, and with a limit on those who try."""

from __future__ import annotations

import pytest

from tests.scenario.sales.shop import CLEAN, Shop
from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import OrderState
from tuan.plugin import Refusal, RefusalKind
from tuan.usecases.order_commands import Placed
from tuan.usecases.sold_out import BELIEVED_MS


@pytest.mark.parametrize("in_sale", [False, True], ids=["ordinary", "flash-sale"])
async def test_64_requests_for_one_unit_sell_it_once(shop: Shop, in_sale: bool) -> None:
    """Goal: one unit has one buyer. Method: 64 calls at the same time, each from another buyer; then pay and audit."""
    await shop.stock("S1", 1)
    activity = await shop.flash_sale("one", ["S1"]) if in_sale else ""
    commands = [shop.command(f"b{number}", [("S1", 1, activity)]) for number in range(64)]
    results = await shop.place_all(commands)
    placed = [result for result in results if isinstance(result, Placed)]
    refused = [result for result in results if isinstance(result, Refusal)]
    assert len(placed) == 1
    assert [refusal.kind for refusal in refused] == [RefusalKind.SOLD_OUT] * 63
    await shop.pay(placed[0].order_id)
    assert await shop.state(placed[0].order_id) is OrderState.READY_TO_SHIP
    assert await shop.audit() == CLEAN


async def test_64_requests_of_one_buyer_with_a_limit_of_one(shop: Shop) -> None:
    """Goal: a limit holds under load (a coupon for one was used 36 times elsewhere). Method: 64 calls of one buyer at once."""
    await shop.stock("S1", 100)
    activity = await shop.flash_sale("limit", ["S1"], limit={"buyer": 1})
    results = await shop.place_all([shop.command("b1", [("S1", 1, activity)]) for _ in range(64)])
    assert sum(isinstance(result, Placed) for result in results) == 1
    kinds = {result.kind for result in results if isinstance(result, Refusal)}
    assert kinds == {RefusalKind.OVER_LIMIT}
    assert await shop.audit() == CLEAN


async def test_64_repeats_of_one_request_are_one_order(shop: Shop) -> None:
    """Goal: a request that is sent again is the same order. Method: the same command 64 times at once; one order id, one hold."""
    await shop.stock("S1", 100)
    command = shop.command("b1", [("S1", 1)], request_id="again")
    results = await shop.place_all([command] * 64)
    assert len({result.order_id for result in results if isinstance(result, Placed)}) == 1
    assert all(isinstance(result, Placed) for result in results)
    assert await shop.available("S1") == 99
    assert await shop.audit() == CLEAN


async def test_the_same_sku_twice_in_one_order_is_summed(shop: Shop) -> None:
    """Goal: two lines of one SKU need the sum of their units. Method: 3 in stock; 2 + 2 is refused whole, 2 + 1 is granted."""
    await shop.stock("S1", 3)
    refused = await shop.place("b1", [("S1", 2), ("S1", 2)])
    assert isinstance(refused, Refusal) and refused.kind is RefusalKind.SOLD_OUT
    assert await shop.available("S1") == 3
    granted = await shop.placed("b1", [("S1", 2), ("S1", 1)])
    assert [line.quantity for line in granted.lines] == [2, 1]
    assert await shop.available("S1") == 0
    assert await shop.audit() == CLEAN


async def test_the_same_sku_twice_counts_twice_for_a_limit(shop: Shop) -> None:
    """Goal: a limit cannot be split over lines. Method: 2 per buyer; an order of 2 + 1 units is refused, one of 1 + 1 is not."""
    await shop.stock("S1", 10)
    activity = await shop.flash_sale("twice", ["S1"], limit={"buyer": 2})
    refused = await shop.place("b1", [("S1", 2, activity), ("S1", 1, activity)])
    assert isinstance(refused, Refusal) and refused.kind is RefusalKind.OVER_LIMIT
    await shop.placed("b1", [("S1", 1, activity), ("S1", 1, activity)])
    assert await shop.available("S1", activity) == 8
    assert await shop.audit() == CLEAN


async def test_an_order_over_two_sales_takes_all_or_nothing(shop: Shop) -> None:
    """Goal: what an order got on one shard comes back when another refuses. Method: two sales, one sold out, one order over both."""
    await shop.stock("S1", 5)
    await shop.stock("S2", 1)
    first, second = await shop.flash_sale("first", ["S1"]), await shop.flash_sale("second", ["S2"])
    await shop.placed("b1", [("S2", 1, second)])
    refused = await shop.place("b2", [("S1", 5, first), ("S2", 1, second)])
    assert isinstance(refused, Refusal) and refused.kind is RefusalKind.SOLD_OUT
    await shop.placed("b3", [("S1", 5, first)])
    assert await shop.audit() == CLEAN


async def test_a_refused_order_over_two_sales_is_never_granted_by_half(shop: Shop) -> None:
    """Goal: a repeat cannot build an order on a hold that was given back. Method: refused by the second sale, which then gets a unit;
    the same request again is told to use a new id, and a new one is granted whole."""
    await shop.stock("S1", 5)
    await shop.stock("S2", 1)
    first, second = sorted([await shop.flash_sale("first", ["S1"]), await shop.flash_sale("second", ["S2"])])
    blocker = await shop.placed("b1", [("S2", 1, second)])
    lines = [("S1", 1, first), ("S2", 1, second)]
    shop.clock.advance(BELIEVED_MS)  # what is known to be sold out is refused before anything is held
    assert isinstance(await shop.place("b2", lines, request_id="both"), Refusal)
    await shop.cancel(blocker.order_id)
    with pytest.raises(TuanError) as raised:
        await shop.place("b2", lines, request_id="both")
    assert raised.value.reason is Reason.ORDER_STATE_CONFLICT
    assert (await shop.available("S1", first), await shop.available("S2", second)) == (5, 1)
    await shop.placed("b2", lines)
    assert (await shop.available("S1", first), await shop.available("S2", second)) == (4, 0)
    assert await shop.audit() == CLEAN


async def test_a_shard_that_is_away_costs_an_order_over_two_sales_nothing(shop: Shop) -> None:
    """Goal: UNAVAILABLE means ask again, and asking again works. Method: the second shard closed at the first try and at the repeat of
    a granted request; the repeats succeed, and the holds of the granted order stay."""
    await shop.stock("S1", 5)
    await shop.stock("S2", 5)
    first, second = sorted([await shop.flash_sale("first", ["S1"]), await shop.flash_sale("second", ["S2"])])
    lines = [("S1", 1, first), ("S2", 1, second)]
    epoch = shop.engine.keeper.epoch(second)
    await shop.engine.inventory.close_shard(second)
    with pytest.raises(TuanError) as raised:
        await shop.place("b1", lines, request_id="both")
    assert raised.value.reason is Reason.SHARD_REBUILDING
    await shop.engine.inventory.open_shard(second, epoch)
    placed = await shop.placed("b1", lines, request_id="both")
    await shop.engine.inventory.close_shard(second)
    with pytest.raises(TuanError):
        await shop.place("b1", lines, request_id="both")
    await shop.engine.inventory.open_shard(second, epoch)
    again = await shop.placed("b1", lines, request_id="both")
    assert (again.order_id, again.replayed) == (placed.order_id, True)
    assert (await shop.available("S1", first), await shop.available("S2", second)) == (4, 4)
    await shop.pay(placed.order_id)
    assert await shop.state(placed.order_id) is OrderState.READY_TO_SHIP
    assert await shop.audit() == CLEAN
