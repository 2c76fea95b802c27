"""Flash sales, asynchronous: the service's methods, and tickets in batches."""

from __future__ import annotations

from collections.abc import Sequence

from tuan_api.v1 import flash_sale_pb2
from tuan_client.aio.flash_sale import AsyncFlashSaleService
from tuan_client.batcher import Batcher
from tuan_client.convert import new_request_id
from tuan_client.failure import TuanApiError
from tuan_client.link import Link, Rpc
from tuan_client.values.flash_sale import RequestTicketRequest, RequestTicketResponse

_BATCH = Rpc(
    "/tuan_api.v1.FlashSaleService/BatchRequestTickets",
    flash_sale_pb2.BatchRequestTicketsRequest,
    flash_sale_pb2.BatchRequestTicketsResponse,
    repeatable=True,
)


class AsyncFlashSales(AsyncFlashSaleService):
    """Flash sales. From page to order in three calls: GetSale, RequestTicket, OrderService.PlaceOrder."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self._batcher: Batcher[flash_sale_pb2.RequestTicketRequest, flash_sale_pb2.RequestTicketResult]
        self._batcher = Batcher(link, _BATCH)

    async def request_ticket(
        self,
        activity_id: str,
        buyer_id: str,
        device_id: str = "",
        challenge_token: str = "",
        challenge_answer: str = "",
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> RequestTicketResponse:
        """Hands out the ticket that an order of the session needs. It can be asked for from the warm-up time on.

        Concurrent calls share messages, so start many at once rather than one after the other. Being sold out, too early and the
        like are answers. Raises TuanApiError.
        """
        request = flash_sale_pb2.RequestTicketRequest(
            request_id=request_id or new_request_id(),
            activity_id=activity_id,
            buyer_id=buyer_id,
            device_id=device_id,
            challenge_token=challenge_token,
            challenge_answer=challenge_answer,
        )
        return _answer(await self._batcher.send(request, timeout_s))

    async def request_tickets(
        self, requests: Sequence[RequestTicketRequest]
    ) -> list[RequestTicketResponse | TuanApiError]:
        """Ask for many tickets; one result per request, in order. One that failed is its exception, which is not raised."""
        results = await self._batcher.send_all([request.to_message() for request in requests])
        return [result if isinstance(result, TuanApiError) else _answer(result) for result in results]

    async def close(self) -> None:
        """Send what waits, and wait for the answers."""
        await self._batcher.close()


def _answer(result: flash_sale_pb2.RequestTicketResult) -> RequestTicketResponse:
    if not result.HasField("response"):
        raise TuanApiError("the server answered with an outcome that this client does not know; update the client")
    return RequestTicketResponse.from_message(result.response)
