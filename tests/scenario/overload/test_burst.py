"""Ten times what a small engine can do: goodput stays, refusals say when to come back, and it is over when the burst is over."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import grpc

from tests.scenario.overload.conftest import BATCH, KEY, channel_to, serving
from tests.scenario.sales.shop import CLEAN, Shop
from tuan_api.v1 import admin_pb2, order_pb2, pricing_pb2
from tuan_api.v1.admin_pb2_grpc import AdminServiceStub
from tuan_api.v1.line_pb2 import CartLine
from tuan_api.v1.order_pb2_grpc import OrderServiceStub
from tuan_api.v1.pricing_pb2_grpc import PricingServiceStub
from tuan_client.failure import TuanApiError, error_from_rpc

#: Orders a second that the store takes: far below what the machine could do, so that nothing but the store is short.
RATE = 80
#: The most that is ever under way: what comes at once with the burst takes less than a second.
IN_WORK_MAX = 64
METADATA = (("authorization", f"Bearer {KEY}"),)


@dataclass
class Crowd:
    """Sends batches and counts what becomes of them."""

    stub: OrderServiceStub
    numbers: Any = field(default_factory=itertools.count)
    #: (when, how long it took) of each batch that was placed.
    placed: list[tuple[float, float]] = field(default_factory=list)
    refused: list[TuanApiError] = field(default_factory=list)

    async def send(self) -> None:
        requests = [
            order_pb2.PlaceOrderRequest(
                request_id=f"crowd-{number}",
                buyer_id=f"b{number}",
                currency_code="CNY",
                lines=[CartLine(sku="S1", quantity=1)],
            )
            for number in itertools.islice(self.numbers, BATCH)
        ]
        begin_s = perf_counter()
        try:
            answer = await self.stub.BatchPlaceOrders(
                order_pb2.BatchPlaceOrdersRequest(requests=requests), metadata=METADATA, timeout=30
            )
        except grpc.aio.AioRpcError as failure:
            self.refused.append(error_from_rpc(failure))
            return
        assert all(result.HasField("placed") for result in answer.results), answer
        self.placed.append((perf_counter(), perf_counter() - begin_s))

    def goodput(self, begin_s: float, end_s: float) -> float:
        return BATCH * sum(begin_s <= at_s < end_s for at_s, _ in self.placed) / (end_s - begin_s)


class _Till:
    """A store that takes `RATE` orders a second, one batch after the other."""

    def __init__(self, shop: Shop) -> None:
        self._reserve = shop.engine.inventory.reserve
        self._lock = asyncio.Lock()

    async def reserve(self, shard: str, epoch: int, requests: Sequence[Any]) -> Any:
        async with self._lock:
            answers, _ = await asyncio.gather(
                self._reserve(shard, epoch, requests), asyncio.sleep(len(requests) / RATE)
            )
            return answers


async def test_ten_times_the_load(shop: Shop, tmp_path: Path) -> None:
    """Goal: goodput of at least 90 % of the peak, bounded waits, OVERLOADED with a time for the rest, views refused and status not,
    normal within 5 s of its end, books clean. Method: closed loop for the peak; then ten times that, open loop; then one at a time.
    """
    shop.engine.inventory.reserve = _Till(shop).reserve  # type: ignore[method-assign]
    async with (
        serving(shop, tmp_path, orders_in_work_max=IN_WORK_MAX) as address,
        channel_to(address) as (channel, stub),
    ):
        crowd = Crowd(stub)
        peak = await _peak(crowd)
        begin_s = perf_counter()
        views, status = await _burst(crowd, channel, begin_s, seconds=7.0, calls_per_s=10 * RATE / BATCH)
        # What came at once with the burst, before anything was measured, takes its time; those who came later do not.
        late = [took_s for at_s, took_s in crowd.placed if at_s - took_s >= begin_s + 3]
        assert crowd.goodput(begin_s + 3, begin_s + 7) >= 0.9 * peak
        assert sum(late) / len(late) <= 1.0
        assert crowd.refused
        assert {error.reason for error in crowd.refused} == {"OVERLOADED"}
        assert {error.metadata["cause"] for error in crowd.refused} == {"work"}
        waits = [error.retry_delay_s for error in crowd.refused if error.retry_delay_s is not None]
        assert len(waits) == len(crowd.refused)
        assert len(set(waits)) > len(waits) / 10, "they must not all come back at the same time"
        assert views == {"OVERLOADED"}
        assert status == {"OK"}
        await _normal_again(crowd, within_s=5.0)
    await shop.settle()
    assert await shop.audit() == CLEAN


async def _peak(crowd: Crowd) -> float:
    """What four who wait for their answers get."""
    begin_s = perf_counter()

    async def one() -> None:
        while perf_counter() < begin_s + 3:
            await crowd.send()

    await asyncio.gather(*(one() for _ in range(4)))
    assert not crowd.refused
    return crowd.goodput(begin_s, begin_s + 3)


async def _burst(
    crowd: Crowd, channel: grpc.aio.Channel, begin_s: float, seconds: float, calls_per_s: float
) -> tuple[set[str], set[str]]:
    """Calls leave on time, whatever became of those before; what quotes and status hear in its second half."""
    pricing, admin = PricingServiceStub(channel), AdminServiceStub(channel)
    quote = pricing_pb2.QuoteRequest(currency_code="CNY", lines=[CartLine(sku="S1", quantity=1)])
    views, status, calls = set(), set(), []
    for number in range(int(seconds * calls_per_s)):
        await asyncio.sleep(max(0.0, begin_s + number / calls_per_s - perf_counter()))
        calls.append(asyncio.create_task(crowd.send()))
        if number % int(calls_per_s) == 0 and number > seconds * calls_per_s / 2:
            views.add(await _outcome(pricing.Quote(quote, metadata=METADATA)))
            status.add(await _outcome(admin.GetStatus(admin_pb2.GetStatusRequest(), metadata=METADATA)))
    await asyncio.gather(*calls)
    return views, status


async def _outcome(call: Any) -> str:
    try:
        await call
    except grpc.aio.AioRpcError as failure:
        return error_from_rpc(failure).reason
    return "OK"


async def _normal_again(crowd: Crowd, within_s: float) -> None:
    """Three in a row that took no longer than their own work."""
    end_s, quick = perf_counter() + within_s, 0
    while quick < 3:
        assert perf_counter() < end_s
        before = len(crowd.placed)
        await crowd.send()
        quick = quick + 1 if len(crowd.placed) > before and crowd.placed[-1][1] < 4 * BATCH / RATE else 0
