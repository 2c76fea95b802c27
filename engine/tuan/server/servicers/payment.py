"""PaymentService."""

from __future__ import annotations

from typing import Any

from tuan.domain.payment import Payment
from tuan.server.convert.fields import check_count, required_id
from tuan.server.convert.payment import check_notice, payment
from tuan.server.interceptors.call import current_call
from tuan.server.servicers.bench import Bench
from tuan.usecases.create_payment import ORDERS_MAX, CreatePayment
from tuan.usecases.owned import payment_seen_by
from tuan.usecases.query_payment import PaymentAsker
from tuan_api.v1 import payment_pb2 as api
from tuan_api.v1 import payment_pb2_grpc


class PaymentServicer(payment_pb2_grpc.PaymentServiceServicer):
    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._asker = PaymentAsker(bench.engine.record, bench.engine.notice_receiver, bench.engine.applier.decided)

    async def CreatePayment(self, request: api.CreatePaymentRequest, context: Any) -> api.CreatePaymentResponse:
        check_count("order_ids", len(request.order_ids), ORDERS_MAX)
        for index, order_id in enumerate(request.order_ids):
            required_id(f"order_ids[{index}]", order_id)
        required_id("gateway", request.gateway)
        call = current_call.get()
        command = CreatePayment(
            caller=call.caller,
            request_id=request.request_id,
            order_ids=tuple(request.order_ids),
            gateway=request.gateway,
            buyer=call.buyer,
        )
        made, token = await self._bench.shielded(self._bench.engine.payment_creator.create(command))
        return api.CreatePaymentResponse(payment=payment(made), gateway_token=token.token, gateway_url=token.url)

    async def GetPayment(self, request: api.GetPaymentRequest, context: Any) -> api.GetPaymentResponse:
        return api.GetPaymentResponse(payment=payment(await self._read(request.payment_id)))

    async def DeliverNotice(self, request: api.DeliverNoticeRequest, context: Any) -> api.DeliverNoticeResponse:
        check_notice(request)
        receiver = self._bench.engine.notice_receiver
        notice, new = await self._bench.shielded(receiver.receive(request.gateway, dict(request.headers), request.body))
        return api.DeliverNoticeResponse(payment_id=notice.payment_id, replayed=not new)

    async def QueryPayment(self, request: api.QueryPaymentRequest, context: Any) -> api.QueryPaymentResponse:
        await self._read(request.payment_id)
        caller = current_call.get().caller
        found = await self._bench.shielded(self._asker.ask(caller, request.request_id, request.payment_id))
        return api.QueryPaymentResponse(payment=payment(found))

    async def _read(self, payment_id: str) -> Payment:
        required_id("payment_id", payment_id)
        call = current_call.get()
        return await self._bench.engine.record.read(
            lambda unit: payment_seen_by(unit, payment_id, call.caller, call.buyer)
        )
