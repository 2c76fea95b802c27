"""SandboxService over gRPC: how a test or a demo plays the buyer, and tells the channel to misbehave."""

from __future__ import annotations

import asyncio
import secrets
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tuan.plugin import Host, InvalidValue, Reason, Servicer, TuanError
from tuan_api.v1 import sandbox_pb2 as pb
from tuan_api.v1 import sandbox_pb2_grpc as pb_grpc
from tuan_sandbox.channel import Behaviour, Callback, Channel, Refused
from tuan_sandbox.delivery import Delivery

DELAY_MS_MAX = 3_600_000
DUPLICATES_MAX = 100
FAILS_MAX = 1_000
AMOUNT_MINOR_MAX = 2**53 - 1
PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1_000


def servicer_entry(servicer: SandboxServicer) -> Servicer:
    return Servicer("tuan_api.v1.SandboxService", pb_grpc.add_SandboxServiceServicer_to_server, servicer)


class SandboxServicer(pb_grpc.SandboxServiceServicer):
    def __init__(self, host: Host, channel: Channel, delivery: Delivery) -> None:
        self._host = host
        self._channel = channel
        self._delivery = delivery

    async def ConfigureSandbox(self, request: pb.ConfigureSandboxRequest, context: Any) -> pb.ConfigureSandboxResponse:
        _check_id("request_id", request.request_id)
        wanted = request.behaviour
        delay = wanted.callback_delay
        _check_range("behaviour.callback_delay (ms)", delay.ToMilliseconds(), DELAY_MS_MAX)
        _check_range("behaviour.duplicate_count", wanted.duplicate_count, DUPLICATES_MAX)
        _check_range("behaviour.fail_next_count", wanted.fail_next_count, FAILS_MAX)
        behaviour = Behaviour(
            callback_delay_ms=delay.ToMilliseconds(),
            manual=wanted.manual,
            duplicate_count=wanted.duplicate_count or 1,
            reorder=wanted.reorder,
            forge=wanted.forge,
            fail_next_count=wanted.fail_next_count,
            refuse_refunds=wanted.refuse_refunds,
        )
        await asyncio.to_thread(self._channel.behave, behaviour)
        self._delivery.wake()
        answer = pb.SandboxBehaviour()
        answer.CopyFrom(wanted)
        answer.duplicate_count = behaviour.duplicate_count
        return pb.ConfigureSandboxResponse(behaviour=answer)

    async def PayNow(self, request: pb.PayNowRequest, context: Any) -> pb.PayNowResponse:
        _check_id("request_id", request.request_id)
        _check_id("payment_id", request.payment_id)
        _check_range("reported_amount_minor", request.reported_amount_minor, AMOUNT_MINOR_MAX)
        if request.outcome not in pb.PayOutcome.values():
            raise InvalidValue("outcome", f"{request.outcome} is no PayOutcome")
        try:
            movement, callbacks = await asyncio.to_thread(
                self._channel.pay,
                f"{self._host.caller(context)}\0{request.request_id}",
                f"sandbox-{secrets.token_hex(12)}",
                request.payment_id,
                request.outcome != pb.PAY_OUTCOME_FAILED,
                request.reported_amount_minor or None,
                self._host.clock.now_ms(),
            )
        except KeyError:
            shown = request.payment_id
            raise TuanError(Reason.PAYMENT_NOT_FOUND, f"the sandbox has no payment {shown}", payment_id=shown) from None
        except Refused as refused:
            raise TuanError(Reason.REQUEST_ID_REUSED, str(refused), request_id=request.request_id) from None
        self._delivery.wake()
        return pb.PayNowResponse(
            transaction_id=movement.transaction_id, callbacks=[self._callback(callback) for callback in callbacks]
        )

    async def ListSandboxCallbacks(
        self, request: pb.ListSandboxCallbacksRequest, context: Any
    ) -> pb.ListSandboxCallbacksResponse:
        if request.page_size < 0:
            raise InvalidValue("page_size", f"{request.page_size}; write 1 to {PAGE_SIZE_MAX}, or 0")
        if request.payment_id:
            _check_id("payment_id", request.payment_id)
        size = min(request.page_size or PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX)
        after = _read_page_token(request.page_token)
        found = await asyncio.to_thread(self._channel.callbacks, request.payment_id, after, size + 1)
        page = found[:size]
        return pb.ListSandboxCallbacksResponse(
            callbacks=[self._callback(callback) for callback in page],
            next_page_token=str(page[-1].callback_id) if len(found) > size else "",
        )

    def _callback(self, callback: Callback) -> pb.SandboxCallback:
        due_time = None
        if callback.due_time_ms is not None:
            due_time = Timestamp()
            due_time.FromMilliseconds(callback.due_time_ms)
        return pb.SandboxCallback(
            callback_id=callback.callback_id,
            payment_id=callback.payment_id,
            headers=self._delivery.headers(callback),
            body=callback.body,
            delivery_count=callback.delivery_count,
            due_time=due_time,
        )


def _read_page_token(token: str) -> int:
    if not token:
        return 0
    if not (token.isascii() and token.isdecimal() and len(token) < 19):
        raise TuanError(
            Reason.PAGE_TOKEN_INVALID, "page_token: not one of this list; start without one", field="page_token"
        )
    return int(token)


def _check_range(field: str, value: int, most: int) -> None:
    if not 0 <= value <= most:
        raise InvalidValue(field, f"{value}; write 0 to {most}")


def _check_id(field: str, value: str) -> None:
    if not 1 <= len(value.encode()) <= 64:
        raise InvalidValue(field, "must have 1 to 64 bytes")
