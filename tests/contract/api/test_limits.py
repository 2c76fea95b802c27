"""Limits: sizes, streams, rates, deadlines. What is too much is refused before it costs much, and says when to come back."""

from __future__ import annotations

import time
from collections.abc import Iterator

import grpc
import pytest

from tests.contract.api.live import LiveEngine
from tests.contract.api.wire import Outcome, call, outcome_of, stream
from tests.contract.api.world import ALL_SCOPES, World
from tuan_api.v1 import event_pb2, order_pb2

DEADLINE_MS = 300


@pytest.fixture(scope="module")
def tight() -> Iterator[World]:
    """An engine with small limits. Its batch window is longer than its deadline, so that a single order overstays."""
    with LiveEngine(
        message_bytes_max=1 << 14,
        metadata_bytes_max=2_048,
        streams_per_caller_max=2,
        calls_in_flight_max=6,
        calls_per_caller_per_s_max=20,
        calls_per_caller_burst_max=10,
        orders_per_buyer_per_min_max=3,
        call_deadline_ms=DEADLINE_MS,
        batch_window_ms=1_000,
    ) as live:
        yield World(live, live.channel())


def _key(tight: World, caller: str) -> str:
    return tight.key_for(caller, ALL_SCOPES)


def test_a_message_that_is_too_large(tight: World) -> None:
    """Goal: nobody fills the memory. Method: a request beyond the limit; gRPC refuses it before anybody parses it."""
    outcome = tight.call("OrderService.PlaceOrder", tight.order(ticket="x" * (1 << 15)), key=_key(tight, "large"))
    assert outcome.status == "RESOURCE_EXHAUSTED"


def test_metadata_that_is_too_large(tight: World) -> None:
    """Goal: the limit is exact, not a lottery between a soft and a hard one. Method: 20 calls a little above the limit, 3 below."""
    key = _key(tight, "metadata")
    above = [
        call(tight.channel, "OrderService.ListOrders", key=key, metadata=[("x-note", "x" * 2_000)]) for _ in range(20)
    ]
    assert {outcome.status for outcome in above} == {"RESOURCE_EXHAUSTED"}
    below = [
        call(tight.channel, "OrderService.ListOrders", key=key, metadata=[("x-note", "x" * 1_000)]) for _ in range(3)
    ]
    assert {outcome.status for outcome in below} == {"OK"}


def test_streams_per_caller(tight: World) -> None:
    """Goal: one caller cannot hold all streams. Method: open one more than allowed; another caller's opens; close one, open again."""
    key, other = _key(tight, "watcher"), _key(tight, "other-watcher")
    request = event_pb2.WatchEventsRequest()
    streams = [stream(tight.channel, "EventService.WatchEvents", request, key) for _ in range(2)]
    for each in streams:
        next(each)
    refused = tight.call("EventService.WatchEvents", request, key=key)
    assert (refused.status, refused.reason, refused.metadata) == (
        "RESOURCE_EXHAUSTED",
        "TOO_MANY_STREAMS",
        {"limit": "2"},
    )
    assert tight.call("EventService.WatchEvents", request, key=other).status == "OK"
    streams[0].cancel()
    _eventually_ok(tight, key)
    streams[1].cancel()


def _eventually_ok(tight: World, key: str) -> None:
    """The server learns of a cancelled stream a moment after its client."""
    deadline_s = time.monotonic() + 10
    while tight.call("EventService.WatchEvents", key=key).status != "OK":
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def test_calls_per_second(tight: World) -> None:
    """Goal: one caller cannot starve the others. Method: as fast as possible; the refusal says how long to wait, and that is true."""
    key, other = _key(tight, "busy"), _key(tight, "calm")
    refused = _until_refused(tight, key)
    assert (refused.status, refused.reason, refused.metadata) == (
        "RESOURCE_EXHAUSTED",
        "RATE_LIMITED",
        {"limit": "caller"},
    )
    assert refused.retry_ms is not None and 0 < refused.retry_ms <= 50
    assert tight.call("OrderService.ListOrders", key=other).status == "OK"
    time.sleep(refused.retry_ms / 1_000 + 0.01)
    assert tight.call("OrderService.ListOrders", key=key).status == "OK"


def _until_refused(tight: World, key: str) -> Outcome:
    for _ in range(500):
        outcome = tight.call("OrderService.ListOrders", key=key)
        if outcome.status != "OK":
            return outcome
    raise AssertionError("500 calls, and none was refused")


def test_orders_per_buyer(tight: World) -> None:
    """Goal: one buyer's machine cannot fill the batches. Method: 5 orders of one buyer and 1 of another in a batch."""
    requests = [tight.order("none", buyer_id="bot") for _ in range(5)] + [tight.order("none", buyer_id="person")]
    batch = order_pb2.BatchPlaceOrdersRequest(requests=requests)
    answer = tight.ok("OrderService.BatchPlaceOrders", batch, key=_key(tight, "shop"))
    names = [order_pb2.PlaceOrderResult.DESCRIPTOR.fields_by_name["error"].message_type.fields_by_name["reason"]]
    reasons = [names[0].enum_type.values_by_number[result.error.reason].name for result in answer.results]
    unknown, limited = "ERROR_REASON_SKU_NOT_FOUND", "ERROR_REASON_RATE_LIMITED"
    assert reasons == [unknown] * 3 + [limited] * 2 + [unknown]
    assert 0 < answer.results[3].error.retry_delay.ToMilliseconds() <= 60_000
    assert dict(answer.results[3].error.metadata) == {"limit": "buyer"}


def test_a_call_without_a_deadline_gets_one(tight: World) -> None:
    """Goal: a client that waits for ever holds nothing for ever. Method: an order that takes longer, without a deadline."""
    started_s = time.monotonic()
    outcome = tight.call("OrderService.PlaceOrder", tight.order(), key=_key(tight, "patient"), timeout_s=None)
    assert outcome.status == "DEADLINE_EXCEEDED"
    assert "0.3 s" in outcome.message
    assert time.monotonic() - started_s < 1
    longer = tight.call("OrderService.PlaceOrder", tight.order(), key=_key(tight, "patient-2"), timeout_s=10)
    assert longer.reason == "SKU_NOT_FOUND", "a deadline that the client states is its own"


def test_calls_in_flight(tight: World) -> None:
    """Goal: the engine serves what it can and refuses the rest. Method: hold 6 places, ask for a seventh by another connection.

    (On the same connection HTTP/2 makes the client wait, which is as good.)
    """
    request = event_pb2.WatchEventsRequest()
    callers = [_key(tight, f"crowd-{number}") for number in range(3)]
    streams = [stream(tight.channel, "EventService.WatchEvents", request, key) for key in callers for _ in range(2)]
    for each in streams:
        next(each)
    with tight.live.channel(use_local_subchannel_pool=1) as another:
        refused = call(another, "OrderService.ListOrders", key=callers[0])
    assert (refused.status, refused.reason) == ("RESOURCE_EXHAUSTED", "")
    for each in streams:
        each.cancel()
        with pytest.raises(grpc.RpcError) as raised:
            list(each)
        assert outcome_of(raised.value).status == "CANCELLED"
