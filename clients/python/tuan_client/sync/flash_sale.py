# Generated from the .proto files by `make protos`. Change those, not this.
"""`FlashSaleService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuan_client.aio.flash_sale import AsyncFlashSaleService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.flash_sale import (
    FlashSession,
    GetSaleResponse,
    NotifyMeWhenRestockedResponse,
    ReleasedBuffer,
    WatchSaleResponse,
)


class FlashSaleService:
    """Flash sales. From page to order in three calls: GetSale, RequestTicket, OrderService.PlaceOrder."""

    def __init__(self, service: AsyncFlashSaleService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def list_sessions(self, page_size: int = 0, *, timeout_s: float | None = None) -> Iterator[FlashSession]:
        """Lists sessions that are not over, by start time."""
        return self._loop.iterate(self._service.list_sessions(page_size, timeout_s=timeout_s))

    def get_sale(
        self, activity_id: str, buyer_id: str, device_id: str = "", *, timeout_s: float | None = None
    ) -> GetSaleResponse:
        """Everything that a page of one session shows, and the challenge if this buyer has to solve one."""
        return self._loop.run(self._service.get_sale(activity_id, buyer_id, device_id, timeout_s=timeout_s))

    def notify_me_when_restocked(
        self,
        sku: str,
        buyer_id: str,
        activity_id: str = "",
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> NotifyMeWhenRestockedResponse:
        """Asks to be told when a SKU can be bought again."""
        return self._loop.run(
            self._service.notify_me_when_restocked(
                sku, buyer_id, activity_id, request_id=request_id, timeout_s=timeout_s
            )
        )

    def release_buffer(
        self,
        activity_id: str,
        skus: Sequence[str] = (),
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> tuple[ReleasedBuffer, ...]:
        """Puts the units that a session held back on sale."""
        return self._loop.run(
            self._service.release_buffer(activity_id, skus, request_id=request_id, timeout_s=timeout_s)
        )

    def watch_sale(self, activity_id: str, resume_token: str = "") -> Iterator[WatchSaleResponse]:
        """Follows a session: what is left and the session's state, first as it is, then whenever it has changed, at most some times
        a second. Ends when the session is closed.
        """
        return self._loop.iterate(self._service.watch_sale(activity_id, resume_token))
