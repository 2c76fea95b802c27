"""Orders, asynchronous: the service's methods, and placing in batches."""

from __future__ import annotations

from collections.abc import Sequence

from tuan_api.v1 import order_pb2
from tuan_client.aio.order import AsyncOrderService
from tuan_client.batcher import Batcher
from tuan_client.convert import new_request_id
from tuan_client.failure import TuanApiError
from tuan_client.link import Link, Rpc
from tuan_client.values import CartLine, Fact, Money, PlacedOrder, PlaceOrderRequest, Refusal

_BATCH = Rpc(
    "/tuan_api.v1.OrderService/BatchPlaceOrders",
    order_pb2.BatchPlaceOrdersRequest,
    order_pb2.BatchPlaceOrdersResponse,
    repeatable=True,
)


class AsyncOrders(AsyncOrderService):
    """Orders, from placing to completion or refund."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self._batcher: Batcher[order_pb2.PlaceOrderRequest, order_pb2.PlaceOrderResult] = Batcher(link, _BATCH)

    async def place_order(
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
        """Place one order. Concurrent calls share messages, so start many at once rather than one after the other.

        Being sold out, over a limit and the like are answers: a Refusal with its kind. Raises TuanApiError. When the outcome
        is unknown (DeadlineExceeded, ServerUnreachable), call again with the `request_id` that the exception names.
        """
        request = order_pb2.PlaceOrderRequest(
            request_id=request_id or new_request_id(),
            buyer_id=buyer_id,
            device_id=device_id,
            address_id=address_id,
            region=region,
            channel=channel,
            currency_code=currency_code,
            lines=[line.to_message() for line in lines],
            ticket=ticket,
            expected_total=None if expected_total is None else expected_total.to_message(),
            facts=[fact.to_message() for fact in facts],
            shipping=None if shipping is None else shipping.to_message(),
            coupon_ids=coupon_ids,
            points=points,
            group_id=group_id,
        )
        return outcome(await self._batcher.send(request))

    async def place_orders(self, requests: Sequence[PlaceOrderRequest]) -> list[PlacedOrder | Refusal | TuanApiError]:
        """Place many orders; one result per request, in order. One that failed is its exception, which is not raised."""
        results = await self._batcher.send_all([request.to_message() for request in requests])
        return [result if isinstance(result, TuanApiError) else outcome(result) for result in results]

    async def close(self) -> None:
        """Send what waits, and wait for the answers."""
        await self._batcher.close()


def outcome(result: order_pb2.PlaceOrderResult) -> PlacedOrder | Refusal:
    """The value that a result without error holds. Raises TuanApiError for one with nothing that this client knows."""
    match result.WhichOneof("outcome"):
        case "placed":
            return PlacedOrder.from_message(result.placed)
        case "refusal":
            return Refusal.from_message(result.refusal)
        case _:
            raise TuanApiError("the server answered with an outcome that this client does not know; update the client")
