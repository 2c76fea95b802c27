"""OrderService, placing apart (see `placing.py`)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from tuan.domain.errors import Reason, TuanError
from tuan.domain.fields import page_size
from tuan.domain.order import Order
from tuan.domain.payment import Refund
from tuan.ports import Unit
from tuan.server.convert.fields import optional_id, required_id, states
from tuan.server.convert.order import STATES, order
from tuan.server.convert.paging import Pages, after, page
from tuan.server.convert.refund import asked_cause, refund, wanted_units
from tuan.server.interceptors.call import current_call
from tuan.server.interceptors.gate import counts_its_work, ends_by_itself
from tuan.server.servicers.bench import Bench
from tuan.server.servicers.owner import acting_buyer, check_orders, check_seen
from tuan.server.servicers.place_stream import PlaceStream
from tuan.server.servicers.placing import Placing
from tuan.usecases.change_order import ChangeOrder
from tuan.usecases.owned import owned_order
from tuan.usecases.refund_order import RefundOrder
from tuan_api.v1 import order_pb2 as api
from tuan_api.v1 import order_pb2_grpc


class OrderServicer(order_pb2_grpc.OrderServiceServicer):
    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._engine = bench.engine
        self._placing = Placing(bench)
        bench.engine.host.place_all = self._placing.for_plugin

    @counts_its_work
    async def PlaceOrder(self, request: api.PlaceOrderRequest, context: Any) -> api.PlaceOrderResponse:
        return await self._placing.one(request)

    @counts_its_work
    async def BatchPlaceOrders(
        self, request: api.BatchPlaceOrdersRequest, context: Any
    ) -> api.BatchPlaceOrdersResponse:
        answer = api.BatchPlaceOrdersResponse()
        await self._bench.shielded(self._placing.many(request.requests, answer.results))
        return answer

    @ends_by_itself
    async def PlaceOrderStream(
        self, requests: AsyncIterator[api.PlaceOrderStreamRequest], context: Any
    ) -> AsyncIterator[api.PlaceOrderStreamResponse]:
        async for answer in PlaceStream(self._placing, self._bench.limits, self._bench.in_flight).answers(requests):
            yield answer

    async def GetOrder(self, request: api.GetOrderRequest, context: Any) -> api.GetOrderResponse:
        return api.GetOrderResponse(order=self._order(await self._read(request.order_id)))

    async def ListOrders(self, request: api.ListOrdersRequest, context: Any) -> api.ListOrdersResponse:
        size = page_size(request.page_size)
        buyer = acting_buyer("buyer_id", optional_id("buyer_id", request.buyer_id))
        wanted = states("states", request.states, STATES)
        caller = current_call.get().caller
        pages = Pages("orders", caller, buyer, sorted(wanted))
        position = pages.position(request.page_token)
        found = await self._engine.watch.read(lambda unit: unit.orders.list(caller, buyer, wanted, position, size + 1))
        orders, token = page(found, size, pages, lambda item: item.placed.order_id, self._order)
        return api.ListOrdersResponse(orders=orders, next_page_token=token)

    async def CancelOrder(self, request: api.CancelOrderRequest, context: Any) -> api.CancelOrderResponse:
        command = await self._change(request.request_id, request.order_id)
        changed = await self._bench.shielded(self._engine.changer.cancel(command))
        return api.CancelOrderResponse(order=self._order(changed))

    async def RefundOrder(self, request: api.RefundOrderRequest, context: Any) -> api.RefundOrderResponse:
        required_id("request_id", request.request_id)
        required_id("order_id", request.order_id)
        command = RefundOrder(
            caller=current_call.get().caller,
            request_id=request.request_id,
            order_id=request.order_id,
            units=wanted_units(request.units),
            cause=asked_cause(request.cause),
        )
        await check_orders(self._bench, [request.order_id])
        recorded, changed = await self._bench.shielded(self._engine.refunder.refund(command))
        return api.RefundOrderResponse(refund=refund(recorded), order=self._order(changed))

    async def ShipOrder(self, request: api.ShipOrderRequest, context: Any) -> api.ShipOrderResponse:
        optional_id("ship_reference", request.ship_reference)
        optional_id("warehouse", request.warehouse)
        command = await self._change(request.request_id, request.order_id, request.ship_reference, request.warehouse)
        changed = await self._bench.shielded(self._engine.changer.ship(command))
        return api.ShipOrderResponse(order=self._order(changed))

    async def CompleteOrder(self, request: api.CompleteOrderRequest, context: Any) -> api.CompleteOrderResponse:
        command = await self._change(request.request_id, request.order_id)
        changed = await self._bench.shielded(self._engine.changer.complete(command))
        return api.CompleteOrderResponse(order=self._order(changed))

    async def GetRefund(self, request: api.GetRefundRequest, context: Any) -> api.GetRefundResponse:
        refund_id = required_id("refund_id", request.refund_id)
        caller = current_call.get().caller
        found = await self._engine.record.read(lambda unit: _owned_refund(unit, refund_id, caller))
        if found.order_id:
            await check_orders(self._bench, [found.order_id])
        return api.GetRefundResponse(refund=refund(found))

    async def ListRefunds(self, request: api.ListRefundsRequest, context: Any) -> api.ListRefundsResponse:
        size = page_size(request.page_size)
        pages = Pages("refunds", request.order_id)
        position = pages.position(request.page_token)
        await self._read(request.order_id)
        found = await self._engine.record.read(lambda unit: unit.refunds.of_order(request.order_id))
        rest = after(sorted(found, key=_refund_position), _refund_position, position, size)
        refunds, token = page(rest, size, pages, _refund_position, refund)
        return api.ListRefundsResponse(refunds=refunds, next_page_token=token)

    def _order(self, item: Order) -> api.Order:
        return order(item, self._bench.results)

    async def _read(self, order_id: str) -> Order:
        required_id("order_id", order_id)
        found = await self._engine.watch.read(lambda unit: unit.orders.get(order_id))
        return check_seen(owned_order(found, order_id, current_call.get().caller))

    async def _change(
        self, request_id: str, order_id: str, ship_reference: str = "", warehouse: str = ""
    ) -> ChangeOrder:
        required_id("request_id", request_id)
        required_id("order_id", order_id)
        await check_orders(self._bench, [order_id])
        return ChangeOrder(current_call.get().caller, request_id, order_id, ship_reference, warehouse)


def _owned_refund(unit: Unit, refund_id: str, caller: str) -> Refund:
    """Money that belongs to no order belongs to whoever asked for its payment."""
    found = unit.refunds.get(refund_id)
    if found is not None:
        kept = unit.orders.get(found.order_id) if found.order_id else None
        payment = unit.payments.get(found.payment_id) if kept is None else None
        owner = kept.placed.caller if kept is not None else payment.caller if payment is not None else ""
        if owner == caller:
            return found
    raise TuanError(Reason.REFUND_NOT_FOUND, f"no refund {refund_id}", refund_id=refund_id)


def _refund_position(item: Refund) -> str:
    return f"{item.create_time_ms:020d}/{item.refund_id}"
