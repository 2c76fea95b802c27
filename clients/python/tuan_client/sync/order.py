# Generated from the .proto files by `make protos`. Change those, not this.
"""`OrderService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuan_client.aio.order import AsyncOrderService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.order import Order, OrderState, RefundOrderResponse
from tuan_client.values.refund import Refund, RefundCause, RefundUnits


class OrderService:
    """Orders, from placing to completion or refund."""

    def __init__(self, service: AsyncOrderService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def get_order(self, order_id: str, *, timeout_s: float | None = None) -> Order:
        """Reads one order. An order acknowledged with ACK_LEVEL_AOF can be read at once, too."""
        return self._loop.run(self._service.get_order(order_id, timeout_s=timeout_s))

    def list_orders(
        self,
        buyer_id: str = "",
        states: Sequence[OrderState] = (),
        page_size: int = 0,
        *,
        timeout_s: float | None = None,
    ) -> Iterator[Order]:
        """Lists the caller's orders, newest first."""
        return self._loop.iterate(self._service.list_orders(buyer_id, states, page_size, timeout_s=timeout_s))

    def cancel_order(self, order_id: str, *, request_id: str | None = None, timeout_s: float | None = None) -> Order:
        """Cancels an order that waits for payment; what it held can be sold again at once."""
        return self._loop.run(self._service.cancel_order(order_id, request_id=request_id, timeout_s=timeout_s))

    def refund_order(
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
        return self._loop.run(
            self._service.refund_order(order_id, units, cause, request_id=request_id, timeout_s=timeout_s)
        )

    def ship_order(
        self,
        order_id: str,
        ship_reference: str = "",
        warehouse: str = "",
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> Order:
        """Marks a paid order as shipped."""
        return self._loop.run(
            self._service.ship_order(order_id, ship_reference, warehouse, request_id=request_id, timeout_s=timeout_s)
        )

    def complete_order(self, order_id: str, *, request_id: str | None = None, timeout_s: float | None = None) -> Order:
        """Marks a shipped order as received."""
        return self._loop.run(self._service.complete_order(order_id, request_id=request_id, timeout_s=timeout_s))

    def get_refund(self, refund_id: str, *, timeout_s: float | None = None) -> Refund:
        """Reads one refund."""
        return self._loop.run(self._service.get_refund(refund_id, timeout_s=timeout_s))

    def list_refunds(self, order_id: str, page_size: int = 0, *, timeout_s: float | None = None) -> Iterator[Refund]:
        """Lists the refunds of an order, oldest first."""
        return self._loop.iterate(self._service.list_refunds(order_id, page_size, timeout_s=timeout_s))
