"""The end of serving, as SIGTERM begins it: what was taken in is finished, what is new is refused, streams say so."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tests.contract.api.live import LiveEngine
from tests.contract.api.wire import outcome_of, stream
from tests.contract.api.world import ALL_SCOPES, World, _stock, until
from tuan_api.v1 import event_pb2, order_pb2

#: A single order waits so long for company: time enough to stop the server meanwhile.
WINDOW_MS = 700


@pytest.fixture
def ending() -> Iterator[World]:
    with LiveEngine(batch_window_ms=WINDOW_MS) as live:
        world = World(live, live.channel())
        world.mine = world.key_for("mine", ALL_SCOPES)
        _stock(world)
        yield world


def test_orders_in_flight_are_finished(ending: World) -> None:
    """Goal: SIGTERM loses no order. Method: stop while orders wait in the batcher; each is answered, and is in SQL afterwards."""
    live = ending.live
    with ThreadPoolExecutor(8) as pool:
        calls = [pool.submit(ending.call, "OrderService.PlaceOrder", ending.order()) for _ in range(8)]
        until(lambda: len(live.engine.batcher._waiting) == 8, "eight orders wait")
        live.run(live.server.stop(10))
        outcomes = [call.result() for call in calls]
    assert {outcome.status for outcome in outcomes} == {"OK"}
    placed = {outcome.answer.result.placed.order_id for outcome in outcomes}
    kept = live.run(live.engine.watch.read(lambda unit: unit.orders.many(sorted(placed))))
    assert {order.placed.order_id for order in kept} == placed
    assert len(placed) == 8


def test_orders_that_outlive_the_grace_are_placed_all_the_same(ending: World) -> None:
    """Goal: what a call began is ended before the stores close. Method: no grace at all; the cut-off callers' orders are in SQL."""
    live = ending.live
    requests = [ending.order() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        calls = [pool.submit(ending.call, "OrderService.PlaceOrder", request) for request in requests]
        until(lambda: len(live.engine.batcher._waiting) == 4, "four orders wait")
        live.run(live.server.stop(0))
        assert {call.result().status for call in calls} <= {"UNAVAILABLE", "CANCELLED"}
    live.run(live.engine.batcher.drain())
    pairs = [("mine", request.request_id) for request in requests]
    kept = live.run(live.engine.watch.read(lambda unit: unit.orders.by_requests(pairs)))
    assert len(kept) == 4


def test_streams_end_with_a_reason_and_health_turns(ending: World) -> None:
    """Goal: watchers go elsewhere at once, and load balancers know. Method: watch events and health, then stop."""
    watching = stream(ending.channel, "EventService.WatchEvents", event_pb2.WatchEventsRequest(), ending.mine, None)
    next(watching)
    health = health_pb2_grpc.HealthStub(ending.channel).Watch(health_pb2.HealthCheckRequest())
    assert next(health).status == health_pb2.HealthCheckResponse.SERVING
    started_s = time.monotonic()
    ending.live.run(ending.live.server.stop(20))
    assert time.monotonic() - started_s < 5, "endless streams do not use up the grace"
    with pytest.raises(grpc.RpcError) as raised:
        list(watching)
    outcome = outcome_of(raised.value)
    assert (outcome.status, outcome.reason) == ("UNAVAILABLE", "SHUTTING_DOWN")
    assert outcome.retry_ms
    assert next(health).status == health_pb2.HealthCheckResponse.NOT_SERVING


def test_a_stream_of_orders_is_answered_before_it_ends(ending: World) -> None:
    """Goal: no batch that was read stays without its answer. Method: stop under a stream that never closes its sending side."""
    sent: SimpleQueue[order_pb2.PlaceOrderStreamRequest | None] = SimpleQueue()
    answers = stream(ending.channel, "OrderService.PlaceOrderStream", iter(sent.get, None), ending.mine, None)
    for number in range(1, 4):
        batch = [ending.order() for _ in range(16)]
        sent.put(order_pb2.PlaceOrderStreamRequest(batch_id=number, requests=batch))
    first = next(answers)
    stopping = threading.Thread(target=lambda: ending.live.run(ending.live.server.stop(20)))
    stopping.start()
    seen = {first.batch_id}
    with pytest.raises(grpc.RpcError) as raised:
        for answer in answers:
            assert all(result.HasField("placed") for result in answer.results)
            seen.add(answer.batch_id)
    stopping.join(20)
    sent.put(None)
    assert outcome_of(raised.value).reason == "SHUTTING_DOWN"
    taken = ending.live.run(ending.live.engine.watch.read(lambda unit: unit.orders.list("mine", "", (), "", 100)))
    assert len(taken) == 16 * len(seen), "what was taken in was answered, and nothing else was taken in"
