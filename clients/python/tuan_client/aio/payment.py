# Generated from the .proto files by `make protos`. Change those, not this.
"""`PaymentService`, asynchronous."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tuan_api.v1 import payment_pb2
from tuan_client.convert import (
    new_request_id,
)
from tuan_client.link import Link, Rpc
from tuan_client.values.payment import CreatePaymentResponse, DeliverNoticeResponse, Payment

_CREATE_PAYMENT = Rpc(
    "/tuan_api.v1.PaymentService/CreatePayment",
    payment_pb2.CreatePaymentRequest,
    payment_pb2.CreatePaymentResponse,
    repeatable=True,
)
_GET_PAYMENT = Rpc(
    "/tuan_api.v1.PaymentService/GetPayment",
    payment_pb2.GetPaymentRequest,
    payment_pb2.GetPaymentResponse,
    repeatable=True,
)
_DELIVER_NOTICE = Rpc(
    "/tuan_api.v1.PaymentService/DeliverNotice",
    payment_pb2.DeliverNoticeRequest,
    payment_pb2.DeliverNoticeResponse,
    repeatable=True,
)
_QUERY_PAYMENT = Rpc(
    "/tuan_api.v1.PaymentService/QueryPayment",
    payment_pb2.QueryPaymentRequest,
    payment_pb2.QueryPaymentResponse,
    repeatable=True,
)


class AsyncPaymentService:
    """Payments through gateways."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def create_payment(
        self, order_ids: Sequence[str], gateway: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> CreatePaymentResponse:
        """Asks a gateway to collect the money for one order or for many at once. The amount is the server's."""
        request = payment_pb2.CreatePaymentRequest(
            request_id=request_id or new_request_id(), order_ids=order_ids, gateway=gateway
        )
        response = await self._link.unary(_CREATE_PAYMENT, request, timeout_s)
        return CreatePaymentResponse.from_message(response)

    async def get_payment(self, payment_id: str, *, timeout_s: float | None = None) -> Payment:
        """Reads one payment."""
        request = payment_pb2.GetPaymentRequest(payment_id=payment_id)
        response = await self._link.unary(_GET_PAYMENT, request, timeout_s)
        return Payment.from_message(response.payment)

    async def deliver_notice(
        self,
        gateway: str,
        body: bytes,
        headers: Mapping[str, str] = MappingProxyType({}),
        *,
        timeout_s: float | None = None,
    ) -> DeliverNoticeResponse:
        """Relays a gateway's callback, byte for byte. It is answered once the notice is committed: only then tell the gateway that
        all is well. The same notice may come any number of times and in any order.
        """
        request = payment_pb2.DeliverNoticeRequest(gateway=gateway, body=body, headers=headers)
        response = await self._link.unary(_DELIVER_NOTICE, request, timeout_s)
        return DeliverNoticeResponse.from_message(response)

    async def query_payment(
        self, payment_id: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> Payment:
        """Asks the gateway itself what became of a payment, for when no callback came, and applies what it says."""
        request = payment_pb2.QueryPaymentRequest(request_id=request_id or new_request_id(), payment_id=payment_id)
        response = await self._link.unary(_QUERY_PAYMENT, request, timeout_s)
        return Payment.from_message(response.payment)
