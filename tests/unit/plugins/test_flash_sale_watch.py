"""WatchSale: one poll for all watchers, changes only, an end, and going on after a broken connection."""

from __future__ import annotations

import asyncio

import pytest

from tests.unit.plugins.flash_service import Page
from tuan.plugin import Reason, TuanError
from tuan_api.v1 import flash_sale_pb2 as pb


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    monkeypatch.setattr("tuan_flash_sale.live_sessions.INTERVAL_MS", 5)
    page = Page()
    page.open()
    return page


def watch(page: Page, resume_token: str = ""):
    request = pb.WatchSaleRequest(activity_id=page.activity.activity_id, resume_token=resume_token)
    return aiter(page.service.WatchSale(request, None))


def left(answer: pb.WatchSaleResponse) -> dict[str, int]:
    return {item.sku: item.available for item in answer.items}


async def test_first_all_then_changes_then_the_end(page: Page) -> None:
    """Goal: a watcher sees what is left, live. Method: sell, sell out, expire, end; each answer has what changed."""
    stream = watch(page)
    first = await anext(stream)
    assert first.state == pb.SALE_STATE_OPEN
    assert left(first) == {"S1": 100, "S2": 10}
    page.stock(S1=(100, 40), S2=(10, 0))
    assert left(await anext(stream)) == {"S1": 60}
    page.stock(S1=(100, 100), S2=(10, 10))
    sold_out = await anext(stream)
    assert (sold_out.state, left(sold_out)) == (pb.SALE_STATE_SOLD_OUT, {"S1": 0, "S2": 0})
    page.stock(S1=(100, 99), S2=(10, 10))
    assert (await anext(stream)).state == pb.SALE_STATE_OPEN
    page.end()
    assert (await anext(stream)).state == pb.SALE_STATE_ENDED
    with pytest.raises(StopAsyncIteration):
        await anext(stream)


async def test_a_session_that_is_closed_early_ends_the_stream(page: Page) -> None:
    """Goal: no stream hangs on a session that is gone. Method: the activity leaves the snapshot."""
    stream = watch(page)
    await anext(stream)
    del page.host.live[page.activity.activity_id]
    assert (await anext(stream)).state == pb.SALE_STATE_ENDED


async def test_many_watchers_one_poll(page: Page) -> None:
    """Goal: the store does not feel how many look. Method: 500 watchers all see a change; count the reads."""
    streams = [watch(page) for _ in range(500)]
    await asyncio.gather(*(anext(stream) for stream in streams))
    before = page.host.stock_reads
    page.stock(S1=(100, 1), S2=(10, 0))
    answers = await asyncio.gather(*(anext(stream) for stream in streams))
    assert all(left(answer) == {"S1": 99} for answer in answers)
    assert page.host.stock_reads - before <= 5
    for stream in streams:
        await stream.aclose()


async def test_nobody_watches_nobody_reads(page: Page) -> None:
    """Goal: a stream that ends frees what it held. Method: close the only one; the poller's task is gone."""
    stream = watch(page)
    await anext(stream)
    polls = [task for task in asyncio.all_tasks() if "_poll" in repr(task.get_coro())]
    assert len(polls) == 1
    await stream.aclose()
    await asyncio.wait(polls, timeout=5)
    assert all(task.cancelled() for task in polls)


async def test_resume_goes_on_where_it_stopped(page: Page) -> None:
    """Goal: after a broken connection nothing is missed and nothing is told twice. Method: with and without a change between,
    on another engine process (another servicer)."""
    first = await anext(watch(page))
    again = await anext(watch(page, first.resume_token))
    assert left(again) == {}
    assert again.resume_token == first.resume_token
    page.stock(S1=(100, 7), S2=(10, 0))
    other = Page()
    other.open()
    other.stock(S1=(100, 7), S2=(10, 0))
    assert left(await anext(watch(other, first.resume_token))) == {"S1": 93, "S2": 10}


@pytest.mark.parametrize("token", ["x", "WyJ3Il0=", "W10=", "bnVsbA==", "é"])
async def test_foreign_tokens_are_refused(page: Page, token: str) -> None:
    """Goal: a wrong token is an error of its own, not a guess. Method: several that were never issued."""
    with pytest.raises(TuanError) as caught:
        await anext(watch(page, token))
    assert caught.value.reason is Reason.RESUME_TOKEN_INVALID


async def test_a_store_that_is_away_is_waited_for(page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a short outage does not end the streams. Method: reads fail for a while, then a change is seen."""
    stream = watch(page)
    await anext(stream)
    whole, fails = page.host.stock, 3

    async def failing(activity_id, skus):
        nonlocal fails
        if fails:
            fails -= 1
            raise TuanError(Reason.STORE_UNAVAILABLE, "away")
        return await whole(activity_id, skus)

    page.stock(S1=(100, 50), S2=(10, 0))
    monkeypatch.setattr(page.host, "stock", failing)
    assert left(await anext(stream)) == {"S1": 50}
    assert fails == 0
