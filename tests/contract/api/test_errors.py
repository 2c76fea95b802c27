"""Errors on the wire: each reason with its status, details that fit into metadata, faults that tell nothing but their id."""

from __future__ import annotations

import asyncio
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from tests.contract.api.wire import Outcome, call
from tests.contract.api.world import World, until
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.server.convert.item_error import item_error
from tuan.server.interceptors.errors import code_of, details_of, message_of
from tuan_api.v1 import order_pb2, order_pb2_grpc
from tuan_api.v1.error_reason_pb2 import ErrorReason


@pytest.mark.parametrize("reason", list(Reason), ids=lambda reason: reason.name)
def test_every_reason_has_a_status_and_a_number(reason: Reason) -> None:
    """Goal: domain, status and proto agree. Method: each reason through both forms of an error."""
    error = TuanError(reason, "what and why", retry_after_ms=1_500, shard="retail")
    status = status_pb2.Status.FromString(details_of(error))
    assert status.code == code_of(reason).value[0] == reason.status.value
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    assert status.details[0].Unpack(info) and status.details[1].Unpack(retry)
    assert (info.reason, info.domain, dict(info.metadata)) == (reason.name, "tuan", {"shard": "retail"})
    assert retry.retry_delay.ToMilliseconds() == 1_500
    item = item_error(error)
    assert ErrorReason.Name(item.reason) == f"ERROR_REASON_{reason.name}"
    assert item.retry_delay.ToMilliseconds() == 1_500


@pytest.mark.parametrize("text", ["x", "汉", "\u0000", "😀"], ids=["ascii", "chinese", "control", "emoji"])
def test_details_stay_small_whatever_the_message(text: str) -> None:
    """Goal: metadata over 8 KB kill a call. Method: the longest message, field and metadata that anybody could cause."""
    metadata = {f"key{number}": text * 10_000 for number in range(50)}
    for error in (
        TuanError(Reason.INVALID_FIELD, text * 100_000, **metadata),
        InvalidValue(text * 5_000, text * 5_000),
    ):
        details = details_of(error)
        assert len(details) < 4_096
        percent_encoded = 3 * len(message_of(error).encode())
        assert len(details) * 4 / 3 + percent_encoded < 8_192
        assert len(item_error(error).message.encode()) <= 1_024


def test_a_fault_of_ours_tells_its_id_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: no stack, no text of an exception leaves the server. Method: break a use case, call it in each form."""

    async def broken(*_: Any) -> Any:
        raise RuntimeError("the password is swordfish")

    monkeypatch.setattr(world.live.engine.batcher, "place", broken)
    monkeypatch.setattr(world.live.engine.placer, "place", broken)
    batch = order_pb2.BatchPlaceOrdersRequest(requests=[world.order()])
    requests = {
        "OrderService.PlaceOrder": world.order(),
        "OrderService.BatchPlaceOrders": batch,
        "OrderService.PlaceOrderStream": order_pb2.PlaceOrderStreamRequest(batch_id=1, requests=batch.requests),
    }
    for method, request in requests.items():
        outcome = world.call(method, request)
        assert outcome.status == "INTERNAL"
        assert outcome.message.startswith("internal error ") and len(outcome.message) == 27
        assert "swordfish" not in repr(outcome)
        assert outcome.details_bytes == 0


def test_a_cancelled_call_does_not_cancel_its_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: the use case of a cancelled call runs to its end. Method: hold it, cancel the call, let go, look."""
    held, ended = asyncio.Event(), []

    async def slow(*_: Any) -> Any:
        await held.wait()
        ended.append(True)
        raise TuanError(Reason.ORDER_NOT_FOUND, "nobody hears this")

    monkeypatch.setattr(world.live.engine.changer, "cancel", slow)
    stub = order_pb2_grpc.OrderServiceStub(world.channel)
    request = order_pb2.CancelOrderRequest(request_id=world.new_id(), order_id=world.pending_order)
    waiting = stub.CancelOrder.future(request, metadata=[("authorization", f"Bearer {world.mine}")])
    until(lambda: len(world.live.server._in_flight._tasks) == 1, "the use case runs")
    waiting.cancel()
    with pytest.raises(grpc.FutureCancelledError):
        waiting.result()
    assert not ended
    world.live._loop.call_soon_threadsafe(held.set)
    until(lambda: ended == [True], "the use case has ended")


def test_an_answer_is_an_answer_for_whoever_calls_next(world: World) -> None:
    """Goal: after all of this the engine serves. Method: place an order."""
    outcome: Outcome = call(world.channel, "OrderService.PlaceOrder", world.order(), world.mine)
    assert outcome.answer.result.HasField("placed")
