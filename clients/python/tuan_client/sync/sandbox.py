# Generated from the .proto files by `make protos`. Change those, not this.
"""`SandboxService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Iterator

from tuan_client.aio.sandbox import AsyncSandboxService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.sandbox import PayNowResponse, PayOutcome, SandboxBehaviour, SandboxCallback


class SandboxService:
    """The sandbox gateway: plays the payment channel in tests and demos. Not served where the sandbox plugin is not installed."""

    def __init__(self, service: AsyncSandboxService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def configure_sandbox(
        self, behaviour: SandboxBehaviour, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> SandboxBehaviour:
        """Tells the sandbox how to behave from now on."""
        return self._loop.run(self._service.configure_sandbox(behaviour, request_id=request_id, timeout_s=timeout_s))

    def pay_now(
        self,
        payment_id: str,
        outcome: PayOutcome = PayOutcome.UNSPECIFIED,
        reported_amount_minor: int = 0,
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> PayNowResponse:
        """Plays the buyer: pays (or fails to pay) a payment of the sandbox, which queues its callbacks."""
        return self._loop.run(
            self._service.pay_now(
                payment_id, outcome, reported_amount_minor, request_id=request_id, timeout_s=timeout_s
            )
        )

    def list_sandbox_callbacks(
        self, payment_id: str = "", page_size: int = 0, *, timeout_s: float | None = None
    ) -> Iterator[SandboxCallback]:
        """Lists callbacks, delivered or queued, oldest first. Each can be relayed by PaymentService.DeliverNotice as it is."""
        return self._loop.iterate(self._service.list_sandbox_callbacks(payment_id, page_size, timeout_s=timeout_s))
