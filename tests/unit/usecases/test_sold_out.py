"""The memory of what is sold out. Goal: it spares the store, never sells nor refuses what it should not. Method: a shop, and what it asks.

A refusal by memory costs one look for a repeat (`reservations`), and no `reserve`.
"""

from __future__ import annotations

import pytest

from tests.support.clock import FakeClock
from tests.unit.usecases.shop import TEA, Shop
from tuan.domain.claim import Claim
from tuan.plugin import Refusal
from tuan.usecases.order_commands import Placed, PlaceResult
from tuan.usecases.sold_out import BELIEVED_MS, SoldOut

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


@pytest.mark.parametrize(("after_ms", "known"), [(0, True), (BELIEVED_MS - 1, True), (BELIEVED_MS, False)])
def test_it_fades(clock: FakeClock, after_ms: int, known: bool) -> None:
    """Goal: wrong for 200 ms at most. Method: look just before and after; other shards, counters and limits are never known."""
    memory, claims = SoldOut(clock), [Claim("buyer/b1", 5, 1), Claim("stock/tea", 2)]
    memory.heard("sale", "stock/tea", 1)
    clock.advance(after_ms)
    assert (memory.answer("sale", claims) is not None) is known
    assert memory.knows_of("sale") is known
    assert memory.answer("other", claims) is None
    assert memory.answer("sale", [Claim("stock/tea", 1)]) is None
    assert memory.answer("sale", [Claim("stock/cup", 9)]) is None
    memory.forget("sale")
    assert memory.answer("sale", claims) is None
