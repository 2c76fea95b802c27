"""Concurrent orders share messages, and each gets its own answer."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from tests.unit.client.fake_server import Orders, place_all, placed, serving
from tuan_api.v1 import error_reason_pb2, money_pb2, order_pb2
from tuan_client import (
    AsyncClient,
    CartLine,
    ClientConfig,
    DeadlineExceeded,
    Money,
    PlacedOrder,
    PlaceOrderRequest,
    Refusal,
    RefusalKind,
    ServerUnreachable,
    TuanApiError,
    errors,
)
from tuan_client.values import Fact

LINES = [CartLine("S1", 1)]


def item_error(reason: int, retry_ms: int | None = None, **metadata: str) -> order_pb2.PlaceOrderResult:
    delay = None
    if retry_ms is not None:
        delay = Duration()
        delay.FromMilliseconds(retry_ms)
    error: Any = error_reason_pb2.ItemError(reason=reason, message="no", metadata=metadata, retry_delay=delay)  # type: ignore[arg-type]
    return order_pb2.PlaceOrderResult(error=error)


async def test_concurrent_orders_share_messages_and_get_their_own_answers() -> None:
    """Goal: awaits become batches of at most 64, demultiplexed. Method: 300 at once; each total and id names its request."""
    orders = Orders()
    async with serving(orders) as target, AsyncClient(ClientConfig(target)) as client:
        results = await asyncio.gather(
            *(client.place_order("B1", "CNY", [CartLine("S1", n + 1)], request_id=f"r{n}") for n in range(300))
        )
    assert [(result.order_id, result.total.amount_minor) for result in results if isinstance(result, PlacedOrder)] == [
        (f"order-of-r{n}", n + 1) for n in range(300)
    ]
    sizes = [len(batch.requests) for batch in orders.batches]
    assert sum(sizes) == 300
    assert max(sizes) <= 64
    assert len(sizes) == 5


async def test_batch_limits_are_the_configured_ones() -> None:
    """Goal: the size is a setting. Method: 20 orders in batches of at most 8 that would otherwise wait 100 ms for company."""
    orders = Orders()
    async with (
        serving(orders) as target,
        AsyncClient(ClientConfig(target, batch_size_max=8, batch_wait_ms=100)) as client,
    ):
        await asyncio.gather(*(client.place_order("B1", "CNY", LINES) for _ in range(20)))
    assert [len(batch.requests) for batch in orders.batches] == [8, 8, 4]


async def test_every_field_of_the_order_is_sent() -> None:
    """Goal: nothing that the caller says is dropped. Method: all arguments given, the message compared field by field."""
    orders = Orders()
    async with serving(orders) as target, AsyncClient(ClientConfig(target)) as client:
        await client.place_order(
            "B1",
            "CNY",
            [CartLine("S1", 2, "A1"), CartLine("S2", 1)],
            device_id="D1",
            address_id="X1",
            region="R1",
            channel="app",
            ticket="T1",
            expected_total=Money("CNY", 3),
            facts=[Fact("buyer.level", number=0)],
            shipping=Money("CNY", 0),
            coupon_ids=["C1"],
            points=5,
            group_id="G1",
            request_id="r1",
        )
    sent = orders.batches[0].requests[0]
    assert sent == order_pb2.PlaceOrderRequest(
        request_id="r1",
        buyer_id="B1",
        device_id="D1",
        address_id="X1",
        region="R1",
        channel="app",
        currency_code="CNY",
        lines=[{"sku": "S1", "quantity": 2, "activity_id": "A1"}, {"sku": "S2", "quantity": 1}],  # type: ignore[list-item]
        ticket="T1",
        expected_total=money_pb2.Money(currency_code="CNY", amount_minor=3),
        facts=[{"name": "buyer.level", "number": 0}],  # type: ignore[list-item]
        shipping=money_pb2.Money(currency_code="CNY", amount_minor=0),
        coupon_ids=["C1"],
        points=5,
        group_id="G1",
    )
    assert sent.facts[0].WhichOneof("value") == "number"
    assert {field.name for field, _ in sent.ListFields()} == set(sent.DESCRIPTOR.fields_by_name)


async def test_outcomes_of_one_batch_do_not_mix() -> None:
    """Goal: an answer, a refusal and an error in one message go to their callers. Method: three orders at once."""

    async def answer(request: Any, attempt: int) -> Any:
        results = {
            "good": placed,
            "late": lambda _: order_pb2.PlaceOrderResult(
                refusal=order_pb2.Refusal(
                    kind=order_pb2.REFUSAL_KIND_SOLD_OUT, message="gone", sku="S1", available=2, similar_skus=["S2"]
                )
            ),
            "bad": lambda _: item_error(error_reason_pb2.ERROR_REASON_SKU_NOT_FOUND, sku="S9"),
        }
        return order_pb2.BatchPlaceOrdersResponse(results=[results[item.request_id](item) for item in request.requests])

    async with serving(Orders(answer)) as target, AsyncClient(ClientConfig(target)) as client:
        good, late, bad = await asyncio.gather(
            *(client.place_order("B1", "CNY", LINES, request_id=name) for name in ("good", "late", "bad")),
            return_exceptions=True,
        )
        many = await client.orders.place_orders(
            [PlaceOrderRequest(name, "B1", "CNY", tuple(LINES)) for name in ("bad", "good", "late")]
        )
    assert isinstance(good, PlacedOrder)
    assert late == Refusal(RefusalKind.SOLD_OUT, "gone", sku="S1", available=2, similar_skus=("S2",))
    assert isinstance(bad, errors.SkuNotFound)
    assert (bad.status, bad.metadata, bad.request_id) == (grpc.StatusCode.NOT_FOUND, {"sku": "S9"}, "bad")
    assert [type(result) for result in many] == [errors.SkuNotFound, PlacedOrder, Refusal]


async def test_an_item_that_failed_for_now_is_sent_again_by_itself() -> None:
    """Goal: a shard being rebuilt delays its own orders only. Method: one of three is refused twice, with a delay to keep."""

    async def answer(request: Any, attempt: int) -> Any:
        results = [
            item_error(error_reason_pb2.ERROR_REASON_SHARD_REBUILDING, retry_ms=20)
            if item.request_id == "r1" and attempt < 3
            else placed(item)
            for item in request.requests
        ]
        return order_pb2.BatchPlaceOrdersResponse(results=results)

    orders = Orders(answer)
    async with serving(orders) as target, AsyncClient(ClientConfig(target)) as client:
        started = asyncio.get_running_loop().time()
        results = await asyncio.gather(*(client.place_order("B1", "CNY", LINES, request_id=f"r{n}") for n in range(3)))
        taken = asyncio.get_running_loop().time() - started
    assert all(isinstance(result, PlacedOrder) for result in results)
    assert [[item.request_id for item in batch.requests] for batch in orders.batches] == [
        ["r0", "r1", "r2"],
        ["r1"],
        ["r1"],
    ]
    assert taken >= 0.04


async def test_an_item_that_never_recovers_fails_within_the_deadline() -> None:
    """Goal: repeating ends. Method: an item that is refused for ever, a deadline of 0.3 s."""

    async def answer(request: Any, attempt: int) -> Any:
        results = [item_error(error_reason_pb2.ERROR_REASON_OUTCOME_UNKNOWN, request_id="r1") for _ in request.requests]
        return order_pb2.BatchPlaceOrdersResponse(results=results)

    orders = Orders(answer)
    async with serving(orders) as target, AsyncClient(ClientConfig(target, deadline_s=0.3)) as client:
        with pytest.raises(errors.OutcomeUnknown) as caught:
            await client.place_order("B1", "CNY", LINES, request_id="r1")
    assert caught.value.request_id == "r1"
    assert len(orders.batches) > 1
    assert {item.request_id for batch in orders.batches for item in batch.requests} == {"r1"}


async def test_a_batch_without_answer_fails_each_order_under_its_own_request_id() -> None:
    """Goal: every caller can ask again. Method: a server that never answers, then one that is not there."""

    async def answer(request: Any, attempt: int) -> Any:
        await asyncio.Event().wait()

    config = {"deadline_s": 0.2, "attempt_count_max": 2}
    async with serving(Orders(answer)) as target, AsyncClient(ClientConfig(target, **config)) as client:  # type: ignore[arg-type]
        waiting = [client.place_order("B1", "CNY", LINES, request_id=f"r{n}") for n in range(2)]
        silent = await asyncio.gather(*waiting, return_exceptions=True)
    async with AsyncClient(ClientConfig(target, **config)) as client:  # type: ignore[arg-type]
        waiting = [client.place_order("B1", "CNY", LINES, request_id=f"r{n}") for n in range(2)]
        absent = await asyncio.gather(*waiting, return_exceptions=True)
    for results, kind in ((silent, DeadlineExceeded), (absent, ServerUnreachable)):
        assert [type(error) for error in results] == [kind, kind]
        assert [error.request_id for error in results if isinstance(error, TuanApiError)] == ["r0", "r1"]
        assert results[0] is not results[1]


async def test_a_wrong_number_of_answers_is_an_error_not_a_mix_up() -> None:
    """Goal: no order gets another's answer. Method: a server that leaves one out."""

    async def answer(request: Any, attempt: int) -> Any:
        return order_pb2.BatchPlaceOrdersResponse(results=[placed(item) for item in request.requests[1:]])

    async with serving(Orders(answer)) as target, AsyncClient(ClientConfig(target)) as client:
        results = await asyncio.gather(
            *(client.place_order("B1", "CNY", LINES) for _ in range(2)), return_exceptions=True
        )
    assert [str(result) for result in results] == ["UNKNOWN: 2 requests were sent, 1 answers came"] * 2


async def test_an_outcome_of_a_newer_server_is_an_error() -> None:
    """Goal: nobody takes an unknown answer for a placed order. Method: a result with nothing set."""

    async def answer(request: Any, attempt: int) -> Any:
        return order_pb2.BatchPlaceOrdersResponse(results=[order_pb2.PlaceOrderResult()])

    async with serving(Orders(answer)) as target, AsyncClient(ClientConfig(target)) as client:
        with pytest.raises(TuanApiError, match="update the client"):
            await client.place_order("B1", "CNY", LINES)


async def test_an_order_given_up_before_its_batch_left_is_not_sent() -> None:
    """Goal: a cancelled await does not buy. Method: cancel one of two during the wait for company."""
    orders = Orders()
    async with serving(orders) as target, AsyncClient(ClientConfig(target, batch_wait_ms=50)) as client:
        kept = asyncio.ensure_future(client.place_order("B1", "CNY", LINES, request_id="kept"))
        dropped = asyncio.ensure_future(client.place_order("B1", "CNY", LINES, request_id="dropped"))
        await asyncio.sleep(0)
        dropped.cancel()
        await kept
    assert [[item.request_id for item in batch.requests] for batch in orders.batches] == [["kept"]]


async def test_close_sends_what_waits() -> None:
    """Goal: leaving the client loses no order. Method: close during the wait for company."""
    orders = Orders()
    async with serving(orders) as target:
        client = AsyncClient(ClientConfig(target, batch_wait_ms=100))
        waiting = asyncio.ensure_future(client.place_order("B1", "CNY", LINES))
        await asyncio.sleep(0)
        await client.close()
        assert isinstance(await waiting, PlacedOrder)
        with pytest.raises(RuntimeError, match="closed"):
            await client.place_order("B1", "CNY", LINES)


async def test_one_slow_batch_does_not_hold_up_the_next() -> None:
    """Goal: batches overlap. Method: the first answer waits for the arrival of the second batch."""
    second = asyncio.Event()

    async def answer(request: Any, attempt: int) -> Any:
        if attempt == 1:
            await asyncio.wait_for(second.wait(), 5)
        else:
            second.set()
        return await place_all(request, attempt)

    async with serving(Orders(answer)) as target, AsyncClient(ClientConfig(target, batch_size_max=1)) as client:
        results = await asyncio.gather(*(client.place_order("B1", "CNY", LINES) for _ in range(2)))
    assert all(isinstance(result, PlacedOrder) for result in results)


async def test_the_more_messages_are_under_way_the_longer_the_wait() -> None:
    """Goal: a slow server gets fewer and fuller messages. Method: hold two messages, and look when the third will leave."""
    release, loop = asyncio.Event(), asyncio.get_running_loop()

    async def answer(request: Any, attempt: int) -> Any:
        await asyncio.wait_for(release.wait(), 5)
        return await place_all(request, attempt)

    async with serving(Orders(answer)) as target, AsyncClient(ClientConfig(target, batch_wait_ms=100)) as client:
        batcher = client.orders._batcher
        calls = []
        for _ in range(2):
            calls.append(asyncio.ensure_future(client.place_order("B1", "CNY", LINES)))
            await asyncio.sleep(0)
            batcher.flush()
        begun = loop.time()
        calls.append(asyncio.ensure_future(client.place_order("B1", "CNY", LINES)))
        await asyncio.sleep(0)
        assert isinstance(batcher._timer, asyncio.TimerHandle)
        assert begun + 0.2 <= batcher._timer.when() <= loop.time() + 0.2
        release.set()
        assert all(isinstance(result, PlacedOrder) for result in await asyncio.gather(*calls))
