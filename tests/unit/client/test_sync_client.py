"""The synchronous client: the same answers, from any number of threads."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import pytest

from tests.unit.client.fake_server import Events, Orders, refuse, serving_beside
from tuan_client import CartLine, Client, ClientConfig, PlacedOrder, PlaceOrderRequest, errors


def test_orders_of_many_threads_share_messages() -> None:
    """Goal: batching without asyncio. Method: 32 threads released at once; fewer messages than orders, each its own answer."""
    orders = Orders()
    start = threading.Barrier(32)

    def buy(number: int) -> str:
        start.wait()
        result = client.place_order("B1", "CNY", [CartLine("S1", 1)], request_id=f"r{number}")
        assert isinstance(result, PlacedOrder)
        return result.order_id

    with (
        serving_beside(orders) as target,
        Client(ClientConfig(target, batch_wait_ms=50)) as client,
        ThreadPoolExecutor(32) as pool,
    ):
        assert list(pool.map(buy, range(32))) == [f"order-of-r{number}" for number in range(32)]
    assert sum(len(batch.requests) for batch in orders.batches) == 32
    assert len(orders.batches) < 16


def test_calls_lists_and_batches() -> None:
    """Goal: the methods of the asynchronous client. Method: one call, one list over pages, one batch."""
    orders = Orders(pages=2)
    with serving_beside(orders) as target, Client(ClientConfig(target)) as client:
        assert client.orders.get_order("O1").order_id == "O1"
        assert [order.order_id for order in client.orders.list_orders("B1")] == ["B1-0-0", "B1-0-1", "B1-1-0", "B1-1-1"]
        results = client.orders.place_orders([PlaceOrderRequest("r1", "B1", "CNY", (CartLine("S1", 1),))])
        assert isinstance(results[0], PlacedOrder)


def test_errors_are_raised_in_the_calling_thread() -> None:
    """Goal: `except OrderNotFound` around a call. Method: a refusal."""

    async def answer(request: Any, context: Any, attempt: int) -> Any:
        await refuse(context, grpc.StatusCode.NOT_FOUND, "no", "ORDER_NOT_FOUND", order_id="O1")

    with (
        serving_beside(Orders(get=answer)) as target,
        Client(ClientConfig(target)) as client,
        pytest.raises(errors.OrderNotFound),
    ):
        client.orders.get_order("O1")


def test_a_stream_is_iterated_and_may_be_left() -> None:
    """Goal: streams without asyncio. Method: ten events over broken connections; then leave an endless one early."""
    events = Events(count=10, break_after=4)
    with serving_beside(events) as target, Client(ClientConfig(target)) as client:
        assert [event.event_id for answer in client.events.watch_events() for event in answer.events] == list(
            range(1, 11)
        )
    endless = Events(endless=True)
    with serving_beside(endless) as target, Client(ClientConfig(target)) as client:
        for answer in client.events.watch_events():
            if answer.events[0].event_id == 5:
                break


def test_a_closed_client_says_so_and_leaves_no_thread() -> None:
    """Goal: no hang, no leak. Method: call after close; count the client's threads; close twice."""
    with serving_beside(Orders()) as target:
        before = [thread.name for thread in threading.enumerate()].count("tuan-client")
        client = Client(ClientConfig(target))
        client.orders.get_order("O1")
        client.close()
        client.close()
        assert [thread.name for thread in threading.enumerate()].count("tuan-client") == before
        with pytest.raises(RuntimeError, match="closed"):
            client.orders.get_order("O1")
