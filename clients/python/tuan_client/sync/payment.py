# Generated from the .proto files by `make protos`. Change those, not this.
"""`PaymentService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from tuan_client.aio.payment import AsyncPaymentService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.payment import CreatePaymentResponse, DeliverNoticeResponse, Payment


class PaymentService:
    """Payments through gateways."""

    def __init__(self, service: AsyncPaymentService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def create_payment(
        self, order_ids: Sequence[str], gateway: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> CreatePaymentResponse:
        """Asks a gateway to collect the money for one order or for many at once. The amount is the server's."""
        return self._loop.run(
            self._service.create_payment(order_ids, gateway, request_id=request_id, timeout_s=timeout_s)
        )

    def get_payment(self, payment_id: str, *, timeout_s: float | None = None) -> Payment:
        """Reads one payment."""
        return self._loop.run(self._service.get_payment(payment_id, timeout_s=timeout_s))

    def deliver_notice(
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
        return self._loop.run(self._service.deliver_notice(gateway, body, headers, timeout_s=timeout_s))

    def query_payment(
        self, payment_id: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> Payment:
        """Asks the gateway itself what became of a payment, for when no callback came, and applies what it says."""
        return self._loop.run(self._service.query_payment(payment_id, request_id=request_id, timeout_s=timeout_s))
