"""Stock changes: all of a request or nothing of it, once, on the shelves and in the warehouses' books alike."""

from __future__ import annotations

import pytest

from tests.unit.usecases.power import PowerCut
from tests.unit.usecases.shop import CUP, HOUR_MS, TEA, Shop
from tuan.domain.activity import RETAIL
from tuan.domain.claim import Answer, Code
from tuan.domain.errors import Reason, TuanError
from tuan.usecases.change_stock import StockChange


async def on_hand(shop: Shop, sku: str = TEA) -> int:
    levels = await shop.sql.read(lambda unit: unit.catalogue.stock_levels([sku]))
    return sum(level.on_hand for level in levels)


async def both(shop: Shop, sku: str = TEA) -> tuple[int, int]:
    """On all shelves, and in the warehouses: the same where nothing was shipped."""
    return await shop.units(sku), await on_hand(shop, sku)


async def test_a_repeat_changes_nothing(shop: Shop) -> None:
    """Goal: once per request id. Method: the same change twice, and the id with another content."""
    changes = [StockChange(TEA, "west", 5), StockChange(CUP, "east", -5)]
    assert await shop.stock.change("app", "r", changes) is True
    assert await shop.stock.change("app", "r", changes) is False
    assert (await both(shop), await both(shop, CUP)) == ((105, 105), (95, 95))
    with pytest.raises(TuanError) as caught:
        await shop.stock.change("app", "r", changes[:1])
    assert caught.value.reason is Reason.REQUEST_ID_REUSED
    await shop.assert_clean()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (StockChange(TEA, "east", 0), Reason.INVALID_FIELD),
        (StockChange(TEA, "east", 10**12 + 1), Reason.INVALID_FIELD),
        (StockChange(TEA, "", 1), Reason.INVALID_FIELD),
        (StockChange("nothing", "east", 1), Reason.SKU_NOT_FOUND),
        (StockChange(TEA, "east", 1, "nowhere"), Reason.ACTIVITY_NOT_FOUND),
        (StockChange(TEA, "west", -1), Reason.STOCK_TOO_LOW),
        (StockChange(TEA, "east", -101), Reason.STOCK_TOO_LOW),
    ],
)
async def test_refusals(shop: Shop, change: StockChange, reason: Reason) -> None:
    """Goal: a change that cannot be is refused with its reason, and the good one beside it with it. Method: a table."""
    with pytest.raises(TuanError) as caught:
        await shop.stock.change("app", "r", [StockChange(CUP, "east", 1), change])
    assert caught.value.reason is reason
    assert (await both(shop), await both(shop, CUP)) == ((100, 100), (100, 100))


async def test_an_activity_that_has_no_shelf_yet(shop: Shop) -> None:
    """Goal: stock for an activity that waits for its provision time is refused, and does not spoil its shard. Method: add,
    then let it be provisioned."""
    await shop.begin(shop.activity(provision_time_ms=shop.clock.now_ms() + HOUR_MS // 2))
    with pytest.raises(TuanError) as caught:
        await shop.stock.change("app", "r", [StockChange(TEA, "east", 5, "sale")])
    assert caught.value.reason is Reason.ACTIVITY_STATE_CONFLICT
    shop.clock.advance(HOUR_MS // 2)
    await shop.activities.advance_all()
    assert await shop.available("sale") == 10
    await shop.assert_clean()


async def test_a_lost_shard_is_not_begun_anew(shop: Shop) -> None:
    """Goal: adding stock to a shard that its store has lost waits for the rebuild. Method: drop the shard, add to it."""
    del shop.memory.shards[RETAIL]
    await shop.keeper.refresh()
    with pytest.raises(TuanError) as caught:
        await shop.stock.change("app", "r", [StockChange(TEA, "east", 5)])
    assert caught.value.reason is Reason.SHARD_REBUILDING
    assert RETAIL not in shop.memory.shards and RETAIL in shop.watch.refused_shards
    await shop.activities.advance_all()
    with pytest.raises(TuanError):
        await shop.activities.ensure_retail()
    assert RETAIL not in shop.memory.shards


async def test_units_that_are_held_cannot_be_taken(shop: Shop) -> None:
    """Goal: what is reserved stays; the other take of the request is undone. Method: hold 95 of 100 cups, take tea and cups."""
    await shop.placed("p", (CUP, 95, ""))
    changes = [StockChange(TEA, "east", -10), StockChange(CUP, "east", -10), StockChange(TEA, "west", 3)]
    for _ in range(2):  # the repeat is refused like the first
        with pytest.raises(TuanError) as caught:
            await shop.stock.change("app", "r", changes)
        assert caught.value.reason is Reason.STOCK_TOO_LOW
    assert (await both(shop), await both(shop, CUP)) == ((100, 100), (100, 100))
    await shop.assert_clean()


@pytest.mark.parametrize("cut", range(1, 10))
@pytest.mark.parametrize("fits", [True, False])
async def test_power_cuts(shop: Shop, cut: int, fits: bool) -> None:
    """Goal: shelves and books agree in the end, wherever the power failed, also where a refused take would fit by the time
    the job finishes the request. Method: cut after the n-th store call, free the units, let the job run."""
    await shop.begin(shop.activity(quantity=10))
    held = None if fits else await shop.placed("p", (CUP, 95, ""))
    changes = [StockChange(TEA, "east", -7), StockChange(CUP, "east", -10), StockChange(TEA, "east", 4, "sale")]
    shop.power.restore(fail_at=cut)
    try:
        await shop.stock.change("app", "r", changes)
    except PowerCut:
        shop.restart()
        await shop.keeper.refresh()
        if held is not None:
            await shop.cancel(held.order_id)
        shop.clock.advance(60_000)
        await shop.work()
    except TuanError as error:
        assert error.reason is Reason.STOCK_TOO_LOW and not fits
    tea, cups = await both(shop), await both(shop, CUP)
    assert tea[0] == tea[1] and cups[0] == cups[1], f"shelves and books: tea {tea}, cups {cups}"
    assert (tea[0], cups[0]) in ((97, 90), (100, 100))
    assert not fits or (tea[0], cups[0]) == (97, 90)
    await shop.assert_clean()


@pytest.mark.parametrize("code", [Code.SHARD_MISSING, Code.STALE_EPOCH, Code.SHARD_CLOSED])
async def test_waits_for_a_shard_that_is_rebuilt(shop: Shop, code: Code) -> None:
    """Goal: UNAVAILABLE while a shard is closed, and the job brings it to its end. Method: one refusal, then none."""
    shop.store.trouble["restock", RETAIL] = lambda _: [Answer(code)]
    with pytest.raises(TuanError) as caught:
        await shop.stock.change("app", "r", [StockChange(TEA, "east", 5)])
    assert caught.value.reason is Reason.SHARD_REBUILDING
    assert shop.watch.refused_shards == {RETAIL}
    shop.store.trouble.clear()
    shop.clock.advance(30_000)
    await shop.work()
    assert await both(shop) == (105, 105)
