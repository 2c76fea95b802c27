# Generated from the .proto files by `make protos`. Change those, not this.
"""`SandboxService`, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tuan_api.v1 import sandbox_pb2
from tuan_client.convert import (
    enum_to_message,
    new_request_id,
)
from tuan_client.link import Link, Rpc
from tuan_client.values.sandbox import PayNowResponse, PayOutcome, SandboxBehaviour, SandboxCallback

_CONFIGURE_SANDBOX = Rpc(
    "/tuan_api.v1.SandboxService/ConfigureSandbox",
    sandbox_pb2.ConfigureSandboxRequest,
    sandbox_pb2.ConfigureSandboxResponse,
    repeatable=True,
)
_PAY_NOW = Rpc(
    "/tuan_api.v1.SandboxService/PayNow", sandbox_pb2.PayNowRequest, sandbox_pb2.PayNowResponse, repeatable=True
)
_LIST_SANDBOX_CALLBACKS = Rpc(
    "/tuan_api.v1.SandboxService/ListSandboxCallbacks",
    sandbox_pb2.ListSandboxCallbacksRequest,
    sandbox_pb2.ListSandboxCallbacksResponse,
    repeatable=True,
)


class AsyncSandboxService:
    """The sandbox gateway: plays the payment channel in tests and demos. Not served where the sandbox plugin is not installed."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def configure_sandbox(
        self, behaviour: SandboxBehaviour, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> SandboxBehaviour:
        """Tells the sandbox how to behave from now on."""
        request = sandbox_pb2.ConfigureSandboxRequest(
            request_id=request_id or new_request_id(), behaviour=behaviour.to_message()
        )
        response = await self._link.unary(_CONFIGURE_SANDBOX, request, timeout_s)
        return SandboxBehaviour.from_message(response.behaviour)

    async def pay_now(
        self,
        payment_id: str,
        outcome: PayOutcome = PayOutcome.UNSPECIFIED,
        reported_amount_minor: int = 0,
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> PayNowResponse:
        """Plays the buyer: pays (or fails to pay) a payment of the sandbox, which queues its callbacks."""
        request = sandbox_pb2.PayNowRequest(
            request_id=request_id or new_request_id(),
            payment_id=payment_id,
            outcome=enum_to_message(outcome),
            reported_amount_minor=reported_amount_minor,
        )
        response = await self._link.unary(_PAY_NOW, request, timeout_s)
        return PayNowResponse.from_message(response)

    async def list_sandbox_callbacks(
        self, payment_id: str = "", page_size: int = 0, *, timeout_s: float | None = None
    ) -> AsyncIterator[SandboxCallback]:
        """Lists callbacks, delivered or queued, oldest first. Each can be relayed by PaymentService.DeliverNotice as it is."""
        request = sandbox_pb2.ListSandboxCallbacksRequest(payment_id=payment_id, page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_SANDBOX_CALLBACKS, request, timeout_s)
            for item in page.callbacks:
                yield SandboxCallback.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
