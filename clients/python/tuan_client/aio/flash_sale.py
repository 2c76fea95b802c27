# Generated from the .proto files by `make protos`. Change those, not this.
"""`FlashSaleService`, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from tuan_api.v1 import flash_sale_pb2
from tuan_client.convert import (
    new_request_id,
)
from tuan_client.link import Link, Rpc
from tuan_client.values.flash_sale import (
    FlashSession,
    GetSaleResponse,
    NotifyMeWhenRestockedResponse,
    ReleasedBuffer,
    WatchSaleResponse,
)

_LIST_SESSIONS = Rpc(
    "/tuan_api.v1.FlashSaleService/ListSessions",
    flash_sale_pb2.ListSessionsRequest,
    flash_sale_pb2.ListSessionsResponse,
    repeatable=True,
)
_GET_SALE = Rpc(
    "/tuan_api.v1.FlashSaleService/GetSale",
    flash_sale_pb2.GetSaleRequest,
    flash_sale_pb2.GetSaleResponse,
    repeatable=True,
)
_NOTIFY_ME_WHEN_RESTOCKED = Rpc(
    "/tuan_api.v1.FlashSaleService/NotifyMeWhenRestocked",
    flash_sale_pb2.NotifyMeWhenRestockedRequest,
    flash_sale_pb2.NotifyMeWhenRestockedResponse,
    repeatable=True,
)
_RELEASE_BUFFER = Rpc(
    "/tuan_api.v1.FlashSaleService/ReleaseBuffer",
    flash_sale_pb2.ReleaseBufferRequest,
    flash_sale_pb2.ReleaseBufferResponse,
    repeatable=True,
)
_WATCH_SALE = Rpc(
    "/tuan_api.v1.FlashSaleService/WatchSale",
    flash_sale_pb2.WatchSaleRequest,
    flash_sale_pb2.WatchSaleResponse,
    repeatable=True,
)


class AsyncFlashSaleService:
    """Flash sales. From page to order in three calls: GetSale, RequestTicket, OrderService.PlaceOrder."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def list_sessions(self, page_size: int = 0, *, timeout_s: float | None = None) -> AsyncIterator[FlashSession]:
        """Lists sessions that are not over, by start time."""
        request = flash_sale_pb2.ListSessionsRequest(page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_SESSIONS, request, timeout_s)
            for item in page.sessions:
                yield FlashSession.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def get_sale(
        self, activity_id: str, buyer_id: str, device_id: str = "", *, timeout_s: float | None = None
    ) -> GetSaleResponse:
        """Everything that a page of one session shows, and the challenge if this buyer has to solve one."""
        request = flash_sale_pb2.GetSaleRequest(activity_id=activity_id, buyer_id=buyer_id, device_id=device_id)
        response = await self._link.unary(_GET_SALE, request, timeout_s)
        return GetSaleResponse.from_message(response)

    async def notify_me_when_restocked(
        self,
        sku: str,
        buyer_id: str,
        activity_id: str = "",
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> NotifyMeWhenRestockedResponse:
        """Asks to be told when a SKU can be bought again."""
        request = flash_sale_pb2.NotifyMeWhenRestockedRequest(
            request_id=request_id or new_request_id(), sku=sku, buyer_id=buyer_id, activity_id=activity_id
        )
        response = await self._link.unary(_NOTIFY_ME_WHEN_RESTOCKED, request, timeout_s)
        return NotifyMeWhenRestockedResponse.from_message(response)

    async def release_buffer(
        self,
        activity_id: str,
        skus: Sequence[str] = (),
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> tuple[ReleasedBuffer, ...]:
        """Puts the units that a session held back on sale."""
        request = flash_sale_pb2.ReleaseBufferRequest(
            request_id=request_id or new_request_id(), activity_id=activity_id, skus=skus
        )
        response = await self._link.unary(_RELEASE_BUFFER, request, timeout_s)
        return tuple(ReleasedBuffer.from_message(item) for item in response.released)

    async def watch_sale(self, activity_id: str, resume_token: str = "") -> AsyncIterator[WatchSaleResponse]:
        """Follows a session: what is left and the session's state, first as it is, then whenever it has changed, at most some times
        a second. Ends when the session is closed.
        """
        request = flash_sale_pb2.WatchSaleRequest(activity_id=activity_id, resume_token=resume_token)
        async for response in self._link.resumed(_WATCH_SALE, request):
            yield WatchSaleResponse.from_message(response)
