# Generated from the .proto files by `make protos`. Change those, not this.
"""`OrderService`, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from tuan_api.v1 import order_pb2
from tuan_client.convert import (
    enum_to_message,
    new_request_id,
)
from tuan_client.link import Link, Rpc
from tuan_client.values.order import Order, OrderState, RefundOrderResponse
from tuan_client.values.refund import Refund, RefundCause, RefundUnits

_GET_ORDER = Rpc(
    "/tuan_api.v1.OrderService/GetOrder", order_pb2.GetOrderRequest, order_pb2.GetOrderResponse, repeatable=True
)
_LIST_ORDERS = Rpc(
    "/tuan_api.v1.OrderService/ListOrders", order_pb2.ListOrdersRequest, order_pb2.ListOrdersResponse, repeatable=True
)
_CANCEL_ORDER = Rpc(
    "/tuan_api.v1.OrderService/CancelOrder",
    order_pb2.CancelOrderRequest,
    order_pb2.CancelOrderResponse,
    repeatable=True,
)
_REFUND_ORDER = Rpc(
    "/tuan_api.v1.OrderService/RefundOrder",
    order_pb2.RefundOrderRequest,
    order_pb2.RefundOrderResponse,
    repeatable=True,
)
_SHIP_ORDER = Rpc(
    "/tuan_api.v1.OrderService/ShipOrder", order_pb2.ShipOrderRequest, order_pb2.ShipOrderResponse, repeatable=True
)
_COMPLETE_ORDER = Rpc(
    "/tuan_api.v1.OrderService/CompleteOrder",
    order_pb2.CompleteOrderRequest,
    order_pb2.CompleteOrderResponse,
    repeatable=True,
)
_GET_REFUND = Rpc(
    "/tuan_api.v1.OrderService/GetRefund", order_pb2.GetRefundRequest, order_pb2.GetRefundResponse, repeatable=True
)
_LIST_REFUNDS = Rpc(
    "/tuan_api.v1.OrderService/ListRefunds",
    order_pb2.ListRefundsRequest,
    order_pb2.ListRefundsResponse,
    repeatable=True,
)


class AsyncOrderService:
    """Orders, from placing to completion or refund."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def get_order(self, order_id: str, *, timeout_s: float | None = None) -> Order:
        """Reads one order. An order acknowledged with ACK_LEVEL_AOF can be read at once, too."""
        request = order_pb2.GetOrderRequest(order_id=order_id)
        response = await self._link.unary(_GET_ORDER, request, timeout_s)
        return Order.from_message(response.order)

    async def list_orders(
        self,
        buyer_id: str = "",
        states: Sequence[OrderState] = (),
        page_size: int = 0,
        *,
        timeout_s: float | None = None,
    ) -> AsyncIterator[Order]:
        """Lists the caller's orders, newest first."""
        request = order_pb2.ListOrdersRequest(
            buyer_id=buyer_id, states=[enum_to_message(item) for item in states], page_size=page_size
        )
        while True:
            page = await self._link.unary(_LIST_ORDERS, request, timeout_s)
            for item in page.orders:
                yield Order.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def cancel_order(
        self, order_id: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> Order:
        """Cancels an order that waits for payment; what it held can be sold again at once."""
        request = order_pb2.CancelOrderRequest(request_id=request_id or new_request_id(), order_id=order_id)
        response = await self._link.unary(_CANCEL_ORDER, request, timeout_s)
        return Order.from_message(response.order)

    async def refund_order(
        self,
        order_id: str,
        units: Sequence[RefundUnits] = (),
        cause: RefundCause = RefundCause.UNSPECIFIED,
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> RefundOrderResponse:
        """Gives money back for units of a paid order, at the very price that they were bought for, by the original route. Units
        that were not shipped go back to stock. The answer comes when the refund is recorded, not when the money has arrived.
        """
        request = order_pb2.RefundOrderRequest(
            request_id=request_id or new_request_id(),
            order_id=order_id,
            units=[item.to_message() for item in units],
            cause=enum_to_message(cause),
        )
        response = await self._link.unary(_REFUND_ORDER, request, timeout_s)
        return RefundOrderResponse.from_message(response)

    async def ship_order(
        self,
        order_id: str,
        ship_reference: str = "",
        warehouse: str = "",
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> Order:
        """Marks a paid order as shipped."""
        request = order_pb2.ShipOrderRequest(
            request_id=request_id or new_request_id(),
            order_id=order_id,
            ship_reference=ship_reference,
            warehouse=warehouse,
        )
        response = await self._link.unary(_SHIP_ORDER, request, timeout_s)
        return Order.from_message(response.order)

    async def complete_order(
        self, order_id: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> Order:
        """Marks a shipped order as received."""
        request = order_pb2.CompleteOrderRequest(request_id=request_id or new_request_id(), order_id=order_id)
        response = await self._link.unary(_COMPLETE_ORDER, request, timeout_s)
        return Order.from_message(response.order)

    async def get_refund(self, refund_id: str, *, timeout_s: float | None = None) -> Refund:
        """Reads one refund."""
        request = order_pb2.GetRefundRequest(refund_id=refund_id)
        response = await self._link.unary(_GET_REFUND, request, timeout_s)
        return Refund.from_message(response.refund)

    async def list_refunds(
        self, order_id: str, page_size: int = 0, *, timeout_s: float | None = None
    ) -> AsyncIterator[Refund]:
        """Lists the refunds of an order, oldest first."""
        request = order_pb2.ListRefundsRequest(order_id=order_id, page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_REFUNDS, request, timeout_s)
            for item in page.refunds:
                yield Refund.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
