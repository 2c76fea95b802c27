"""Flash sales, synchronous."""

from __future__ import annotations

from collections.abc import Sequence

from tuan_client.failure import TuanApiError
from tuan_client.flash_sales import AsyncFlashSales
from tuan_client.loop_thread import LoopThread
from tuan_client.sync.flash_sale import FlashSaleService
from tuan_client.values.flash_sale import RequestTicketRequest, RequestTicketResponse


class FlashSales(FlashSaleService):
    """Flash sales. From page to order in three calls: GetSale, RequestTicket, OrderService.PlaceOrder."""

    def __init__(self, flash_sales: AsyncFlashSales, loop: LoopThread) -> None:
        super().__init__(flash_sales, loop)
        self._flash_sales = flash_sales

    def request_ticket(
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

        Calls of several threads at once share messages. Being sold out, too early and the like are answers. Raises TuanApiError.
        """
        return self._loop.run(
            self._flash_sales.request_ticket(
                activity_id,
                buyer_id,
                device_id,
                challenge_token,
                challenge_answer,
                request_id=request_id,
                timeout_s=timeout_s,
            )
        )

    def request_tickets(self, requests: Sequence[RequestTicketRequest]) -> list[RequestTicketResponse | TuanApiError]:
        """Ask for many tickets; one result per request, in order. One that failed is its exception, which is not raised."""
        return self._loop.run(self._flash_sales.request_tickets(requests))
