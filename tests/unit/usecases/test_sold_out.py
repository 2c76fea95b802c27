"""The memory of what is sold out. Goal: it spares the store, never sells nor refuses what it should not. Method: a shop, and what it asks.

A refusal by memory costs one look for a repeat (`reservations`), and no `reserve`.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.support.clock import FakeClock
from tests.unit.usecases.shop import CALLER, CUP, TEA, Shop
from tuan.domain.claim import EndRequest
from tuan.domain.errors import Reason, TuanError
from tuan.plugin import Refusal
from tuan.usecases.order_commands import Placed, PlaceResult, request_key
from tuan.usecases.sold_out import ASKING_MS, BELIEVED_MS, SoldOut

SALE_UNITS = 4


@pytest.fixture
async def shop(shop: Shop) -> Shop:
    """With a sale of a few units of tea."""
    await shop.begin(shop.activity(quantity=SALE_UNITS))
    return shop


async def buy(shop: Shop, request_id: str, units: int = 1) -> PlaceResult:
    """By a buyer of its own."""
    return await shop.place(request_id, (TEA, units, "sale"), buyer=request_id)


def heard(result: PlaceResult) -> str:
    return result.kind.value if isinstance(result, Refusal) else type(result).__name__


async def sell_all(shop: Shop) -> list[PlaceResult]:
    """Every unit of the sale to a buyer of its own."""
    return [await buy(shop, f"all-{n}") for n in range(SALE_UNITS)]


async def test_who_comes_too_late_does_not_reach_the_store(shop: Shop) -> None:
    """Goal: one answer for all within 200 ms. Method: sell out, then ask more; count what the store was asked."""
    assert {heard(each) for each in await sell_all(shop)} == {"Placed"}
    shop.store.seen.clear()
    late = [await buy(shop, f"late-{n}") for n in range(5)]
    assert {heard(each) for each in late} == {"sold_out"}
    assert [each.sku for each in late if isinstance(each, Refusal)] == [TEA] * 5
    assert shop.store.seen == [("reservations", "sale")] * 5
    shop.clock.advance(BELIEVED_MS)
    assert heard(await buy(shop, "later")) == "sold_out"
    assert ("reserve", "sale") in shop.store.seen


async def test_one_asks_while_the_others_believe(shop: Shop) -> None:
    """Goal: no crowd at the store when the memory fades. Method: many at once when it has just faded; count who asks."""
    await sell_all(shop)
    shop.clock.advance(BELIEVED_MS)
    shop.store.seen.clear()
    results = await asyncio.gather(*(buy(shop, f"late-{n}") for n in range(20)))
    assert {heard(each) for each in results} == {"sold_out"}
    assert shop.store.seen.count(("reserve", "sale")) == 1


async def test_what_another_process_gave_back_can_be_had(shop: Shop) -> None:
    """Goal: who asks and gets something ends the belief. Method: two units come back behind its back, then wait until it fades."""
    first, second, *_ = await sell_all(shop)
    assert isinstance(first, Placed)
    assert isinstance(second, Placed)
    ends = [EndRequest(request_key(CALLER, f"all-{n}"), b"{}") for n in range(2)]
    epoch = shop.keeper.current.shards["sale"].epoch
    await shop.store.release("sale", epoch, ends)
    assert heard(await buy(shop, "believing")) == "sold_out"
    shop.clock.advance(BELIEVED_MS)
    assert [heard(await buy(shop, f"late-{n}")) for n in range(3)] == ["Placed", "Placed", "sold_out"]


async def test_a_repeat_is_answered_as_the_first_time(shop: Shop) -> None:
    """Goal: a granted request stays granted. Method: repeat the last one while its goods are believed to be sold out."""
    *_, last = await sell_all(shop)
    again = await buy(shop, f"all-{SALE_UNITS - 1}")
    assert isinstance(last, Placed)
    assert isinstance(again, Placed)
    assert (again.order_id, again.replayed) == (last.order_id, True)


async def test_what_comes_back_can_be_had_at_once(shop: Shop) -> None:
    """Goal: this process believes nothing that it knows better. Method: cancel one, let all expire, and buy again each time."""
    first, *_ = await sell_all(shop)
    assert isinstance(first, Placed)
    assert heard(await buy(shop, "late")) == "sold_out"
    await shop.cancel(first.order_id)
    assert heard(await buy(shop, "late-2")) == "Placed"
    assert heard(await buy(shop, "late-3")) == "sold_out"


async def test_fewer_may_still_be_there(shop: Shop) -> None:
    """Goal: who asks for what is left gets it. Method: ask for two where one is left, then for one."""
    for n in range(SALE_UNITS - 1):
        await buy(shop, f"all-{n}")
    assert heard(await buy(shop, "two", 2)) == "sold_out"
    assert heard(await buy(shop, "one")) == "Placed"


async def test_a_repeat_with_another_content_is_no_repeat(shop: Shop) -> None:
    """Goal: an id that was used is not used again, sold out or not. Method: the id of a granted order, for two units instead of one."""
    await sell_all(shop)
    again = await buy(shop, "all-0", 2)
    assert isinstance(again, TuanError)
    assert again.reason is Reason.REQUEST_ID_REUSED


async def test_what_else_is_wrong_is_still_said(shop: Shop) -> None:
    """Goal: nobody is told "sold out" of an order that could not be. Method: orders with other faults, too."""
    await sell_all(shop)
    assert heard(await buy(shop, "none", 0)) == "InvalidValue"
    assert heard(await shop.place("usd", (TEA, 1, "sale"), currency="USD")) == "TuanError"
    assert heard(await shop.place("odd id", (TEA, 1, "sale"))) == "InvalidValue"
    assert heard(await shop.place("unknown", (TEA, 1, "sale"), ("nothing", 1, ""))) == "TuanError"


async def test_a_batch_is_told_apart(shop: Shop) -> None:
    """Goal: each hears its own answer. Method: one batch of orders too late, a repeat, ordinary sale, and both kinds in one order."""
    *_, last = await sell_all(shop)
    goods = [((TEA, 1, "sale"),), ((TEA, 1, ""),), ((TEA, 1, "sale"), (CUP, 1, "")), ((TEA, 1, "sale"),)]
    ids = ["late", "retail", "both", f"all-{SALE_UNITS - 1}"]
    results = await shop.placer.place(
        [shop.command(request_id, *lines, buyer=request_id) for request_id, lines in zip(ids, goods, strict=True)]
    )
    assert [heard(each) for each in results] == ["sold_out", "Placed", "sold_out", "Placed"]
    assert isinstance(last, Placed)
    assert [each.order_id for each in results if isinstance(each, Placed) and each.replayed] == [last.order_id]


@pytest.mark.parametrize(("after_ms", "known"), [(0, True), (BELIEVED_MS - 1, True), (BELIEVED_MS, False)])
def test_it_fades(clock: FakeClock, after_ms: int, known: bool) -> None:
    """Goal: wrong for 150 ms, and as long as one asks. Method: look just before and after, and at others."""
    memory = SoldOut(clock)
    memory.heard("sale", "seats/g1", 0)
    assert memory.is_empty, "a full group is not sold-out goods"
    memory.heard("sale", "stock/tea", 1)
    clock.advance(after_ms)
    assert memory.short("other", "stock/tea", 2) is None
    assert memory.short("sale", "stock/tea", 1) is None, "one is left"
    assert memory.short("sale", "stock/cup", 9) is None
    assert (memory.short("sale", "stock/tea", 2) is not None) is known
    if not known:
        assert memory.short("sale", "stock/tea", 2) is not None, "somebody asks; the others believe"
        clock.advance(ASKING_MS)
        assert memory.short("sale", "stock/tea", 2) is None, "who asked came back without an answer"
    memory.forget("sale")
    assert memory.short("sale", "stock/tea", 2) is None
    assert memory.is_empty
