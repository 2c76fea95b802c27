"""Orders, synchronous."""

from __future__ import annotations

from collections.abc import Sequence

from tuan_client.failure import TuanApiError
from tuan_client.loop_thread import LoopThread
from tuan_client.orders import AsyncOrders
from tuan_client.sync.order import OrderService
from tuan_client.values import CartLine, Fact, Money, PlacedOrder, PlaceOrderRequest, Refusal


class Orders(OrderService):
    """Orders, from placing to completion or refund."""

    def __init__(self, orders: AsyncOrders, loop: LoopThread) -> None:
        super().__init__(orders, loop)
        self._orders = orders

    def place_order(
        self,
        buyer_id: str,
        currency_code: str,
        lines: Sequence[CartLine],
        *,
        device_id: str = "",
        address_id: str = "",
        region: str = "",
        channel: str = "",
        ticket: str = "",
        expected_total: Money | None = None,
        facts: Sequence[Fact] = (),
        shipping: Money | None = None,
        coupon_ids: Sequence[str] = (),
        points: int = 0,
        group_id: str = "",
        request_id: str | None = None,
    ) -> PlacedOrder | Refusal:
        """Place one order. Calls of several threads at once share messages.

        Being sold out, over a limit and the like are answers: a Refusal with its kind. Raises TuanApiError. When the outcome
        is unknown (DeadlineExceeded, ServerUnreachable), call again with the `request_id` that the exception names.
        """
        return self._loop.run(
            self._orders.place_order(
                buyer_id,
                currency_code,
                lines,
                device_id=device_id,
                address_id=address_id,
                region=region,
                channel=channel,
                ticket=ticket,
                expected_total=expected_total,
                facts=facts,
                shipping=shipping,
                coupon_ids=coupon_ids,
                points=points,
                group_id=group_id,
                request_id=request_id,
            )
        )

    def place_orders(self, requests: Sequence[PlaceOrderRequest]) -> list[PlacedOrder | Refusal | TuanApiError]:
        """Place many orders; one result per request, in order. One that failed is its exception, which is not raised."""
        return self._loop.run(self._orders.place_orders(requests))
