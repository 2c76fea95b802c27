"""Activities begin, run and end, and wherever the power fails, no unit of stock is made or lost."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.usecases.power import PowerCut
from tests.unit.usecases.shop import CUP, HOLD_MS, HOUR_MS, TEA, Shop
from tuan.domain.activity import RETAIL, ActivityState
from tuan.domain.errors import Reason, TuanError
from tuan.usecases import keep_activities
from tuan.usecases.change_stock import StockChange
from tuan.usecases.keep_activities import ActivityKeeper


async def test_stock_goes_out_and_comes_back(shop: Shop) -> None:
    """Goal: ten units move to the activity and back. Method: provision, run, end; count both shelves at each step."""
    await shop.begin(shop.activity(quantity=10))
    assert await shop.state() is ActivityState.RUNNING
    assert (await shop.available(RETAIL), await shop.available("sale")) == (90, 10)
    shop.clock.advance(HOUR_MS)
    await shop.activities.advance_all()
    await shop.activities.advance_all()
    assert await shop.state() is ActivityState.CLOSED
    assert (await shop.available(RETAIL), await shop.available("sale")) == (100, 0)
    await shop.assert_clean()


@pytest.mark.parametrize(("quantity", "moved"), [(None, 100), (250, 100), (0, 0), (100, 100)])
async def test_takes_at_most_what_is_there(shop: Shop, quantity: int | None, moved: int) -> None:
    """Goal: a share is clipped to what retail has. Method: shares of all, more than all, nothing and exactly all."""
    await shop.begin(shop.activity(quantity=quantity))
    assert (await shop.available(RETAIL), await shop.available("sale")) == (100 - moved, moved)


async def test_waits_for_its_provision_time(shop: Shop) -> None:
    """Goal: stock stays in retail until the provision time. Method: one round before it, one at it."""
    await shop.begin(shop.activity(provision_time_ms=shop.clock.now_ms() + 1_000))
    assert await shop.state() is ActivityState.PROVISIONING
    assert await shop.available(RETAIL) == 100
    shop.clock.advance(1_000)
    await shop.activities.advance_all()
    assert await shop.state() is ActivityState.RUNNING


async def test_buffer_is_released_once(shop: Shop) -> None:
    """Goal: 90/10 stock; the tenth part goes on sale once, with one event. Method: release it twice."""
    await shop.begin(shop.activity(quantity=10, sale_numerator=9, sale_denominator=10))
    assert await shop.available("sale") == 9
    assert await shop.activities.release_buffer("sale", TEA) == 1
    assert await shop.activities.release_buffer("sale", TEA) == 0
    assert await shop.activities.release_buffer("sale", CUP) == 0
    assert await shop.available("sale") == 10
    assert (await shop.kinds()).count("stock.restocked") == 3  # two of the first stock, one of the buffer


async def test_buffer_released_before_a_crash_is_still_announced(shop: Shop) -> None:
    """Goal: buyers who wait for a restock hear of it. Method: cut the power after the release, release again, count events."""
    await shop.begin(shop.activity(quantity=10, sale_numerator=9, sale_denominator=10))
    shop.power.restore(fail_at=1)
    with pytest.raises(PowerCut):
        await shop.activities.release_buffer("sale", TEA)
    shop.restart()
    await shop.keeper.refresh()
    assert await shop.activities.release_buffer("sale", TEA) == 1
    assert await shop.activities.release_buffer("sale", TEA) == 0
    assert (await shop.kinds()).count("stock.restocked") == 3


async def test_no_buffer_of_what_is_not_running(shop: Shop) -> None:
    """Goal: a buffer can be released while its activity runs, only. Method: an unknown one, and one that waits."""
    await shop.begin(shop.activity(provision_time_ms=shop.clock.now_ms() + 1_000))
    for activity_id, reason in (("sale", Reason.ACTIVITY_STATE_CONFLICT), ("other", Reason.ACTIVITY_NOT_FOUND)):
        with pytest.raises(TuanError) as caught:
            await shop.activities.release_buffer(activity_id, TEA)
        assert caught.value.reason is reason


async def test_buyers_who_are_faster_than_the_buffer(shop: Shop) -> None:
    """Goal: an activity whose stock was bought before its buffer was held back still begins. Method: cut the power after the
    stock came in, sell all of it, go on."""
    activity = shop.activity(quantity=10, sale_numerator=1, sale_denominator=2)
    await shop.sql.write(lambda unit: unit.activities.put(activity))
    await shop.keeper.refresh()
    for cut in range(1, 20):
        shop.restart()
        await shop.keeper.refresh()
        shop.power.restore(fail_at=cut)
        with pytest.raises(PowerCut):
            await shop.activities.advance_all()
        if await shop.available("sale") == 10:
            break
    shop.restart()
    await shop.keeper.refresh()
    assert await shop.state() is ActivityState.PROVISIONING
    await shop.placed("fast", (TEA, 8, "sale"))
    await shop.activities.advance_all()
    assert await shop.state() is ActivityState.RUNNING
    assert await shop.available("sale") == 0
    assert await shop.activities.release_buffer("sale", TEA) == 2


async def test_closes_only_when_nothing_is_pending(shop: Shop) -> None:
    """Goal: an order that may still be paid keeps its activity open. Method: one pending order over the end, then let it expire."""
    await shop.begin(shop.activity(quantity=10))
    shop.clock.advance(HOUR_MS - HOLD_MS // 2)
    await shop.placed("late", (TEA, 3, "sale"))
    shop.clock.advance(HOLD_MS // 2)
    for _ in range(3):
        await shop.activities.advance_all()
    assert await shop.state() is ActivityState.CLOSING
    assert await shop.available(RETAIL) == 97
    await shop.expire()
    for _ in range(2):
        await shop.activities.advance_all()
    assert await shop.state() is ActivityState.CLOSED
    assert await shop.available(RETAIL) == 100
    await shop.assert_clean()


async def test_stock_that_comes_into_a_closing_activity_flows_back(shop: Shop) -> None:
    """Goal: no unit is stranded where nobody can buy it. Method: sell some, close, add to the closing activity what brings its
    capacity back to where it was before the first transfer."""
    await shop.begin(shop.activity(quantity=10))
    await shop.placed("p", (TEA, 4, "sale"))
    await shop.activities.close_now("sale")
    assert (await shop.counter("sale")).capacity == 4
    await shop.stock.change("app", "more", [StockChange(TEA, "east", 6, "sale")])
    for _ in range(3):
        await shop.activities.advance_all()
    assert await shop.available("sale") == 0
    assert await shop.available(RETAIL) == 102
    await shop.expire()
    for _ in range(3):
        await shop.activities.advance_all()
    assert await shop.state() is ActivityState.CLOSED
    assert await shop.available(RETAIL) == 106


async def test_closed_before_it_was_provisioned(shop: Shop) -> None:
    """Goal: an activity that never began can be closed. Method: close it while it waits for its provision time."""
    await shop.begin(shop.activity(provision_time_ms=shop.clock.now_ms() + HOUR_MS))
    await shop.activities.close_now("sale")
    await shop.activities.advance_all()
    assert await shop.state() is ActivityState.CLOSED
    assert await shop.available(RETAIL) == 100


async def test_close_waits_for_a_round_that_is_under_way(shop: Shop) -> None:
    """Goal: an early end is not overwritten by the round that was just provisioning. Method: hold the turn while close is
    asked for: the state must not change before the turn is given up."""
    await shop.begin(shop.activity(quantity=10))
    async with shop.activities._turn:
        closing = asyncio.create_task(shop.activities.close_now("sale"))
        await shop.sql.read(lambda unit: unit.activities.get("sale"))
        assert await shop.state() is ActivityState.RUNNING
    await closing
    assert await shop.state() is ActivityState.CLOSING


def _other_process(shop: Shop) -> ActivityKeeper:
    """One that has not the duty."""
    return ActivityKeeper(shop.inventory, shop.record, shop.keeper, shop.watch, shop.clock, on_duty=lambda: False)


async def test_one_process_provisions_and_the_others_wait_for_it(shop: Shop) -> None:
    """Goal: whoever publishes elsewhere is answered when the sale is on. Method: ask a process without the duty; nothing happens before
    the one that has it comes by, and then it answers."""
    await shop.sql.write(lambda unit: unit.activities.put(shop.activity(quantity=10)))
    asked = asyncio.create_task(_other_process(shop).advance_all())
    for _ in range(5):
        await shop.sql.read(lambda unit: unit.activities.get("sale"))
    assert await shop.state() is ActivityState.PROVISIONING and not asked.done()
    await shop.activities.advance_all()
    await asyncio.wait_for(asked, 5)
    assert await shop.state() is ActivityState.RUNNING


async def test_nobody_is_kept_waiting_for_ever(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a duty that nobody has yet holds up no call. Method: nobody provisions; the answer comes all the same."""
    monkeypatch.setattr(keep_activities, "OTHERS_MS_MAX", 50)
    await shop.sql.write(lambda unit: unit.activities.put(shop.activity(quantity=10)))
    await asyncio.wait_for(_other_process(shop).advance_all(), 5)
    assert await shop.state() is ActivityState.PROVISIONING


@pytest.mark.parametrize("step", ["_define", "_hold_buffer"])
async def test_ended_elsewhere_while_it_is_provisioned(shop: Shop, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """Goal: an activity that another process ends in this very moment does not rise again, nor keep stock. Method: end it there before a
    step of its provision, here before its stock has moved and after; let the rounds go on."""
    original, other = getattr(shop.activities, step), _other_process(shop)

    async def interrupted(*arguments: object) -> object:
        monkeypatch.undo()
        await other.close_now("sale")
        return await original(*arguments)

    monkeypatch.setattr(shop.activities, step, interrupted)
    await shop.begin(shop.activity(quantity=10, sale_numerator=9, sale_denominator=10))
    assert await shop.state() is ActivityState.CLOSING
    for _ in range(3):
        await shop.activities.advance_all()
    assert await shop.state() is ActivityState.CLOSED
    assert (await shop.available(RETAIL), await shop.available("sale")) == (100, 0)
    await shop.assert_clean()


async def test_a_lost_shard_holds_up_no_other(shop: Shop) -> None:
    """Goal: one shard that is being rebuilt does not stop the others' activities. Method: close one, begin another."""
    await shop.begin(shop.activity("a", quantity=10))
    await shop.memory.close_shard("a")
    await shop.activities.close_now("a")
    await shop.begin(shop.activity("b", quantity=5))
    assert await shop.state("b") is ActivityState.RUNNING
    assert "a" in shop.watch.refused_shards


@pytest.mark.parametrize("cut", range(1, 21))
async def test_every_single_power_cut(shop: Shop, cut: int) -> None:
    """Goal: no step of a life, from provision to closed, is one after which a crash strands units. Method: cut the power
    after the n-th store call of the whole life, run it again, and expect the same end as without the cut."""
    activity = shop.activity(quantity=None, sale_numerator=9, sale_denominator=10)
    await shop.sql.write(lambda unit: unit.activities.put(activity))
    shop.power.restore(fail_at=cut)

    async def life() -> None:
        await shop.keeper.refresh()
        await shop.activities.advance_all()
        if shop.clock.now_ms() < activity.end_time_ms:
            shop.clock.advance(HOUR_MS)
        for _ in range(4):
            await shop.activities.advance_all()

    try:
        await life()
    except PowerCut:
        shop.restart()
        await life()
    assert await shop.state() is ActivityState.CLOSED
    assert (await shop.available(RETAIL), await shop.available("sale")) == (100, 0)
    await shop.assert_clean()
