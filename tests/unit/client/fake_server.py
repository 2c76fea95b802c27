"""A real grpc.aio server on a real socket, with servicers that each test scripts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped] # published without type hints

from tuan_api.v1 import (
    event_pb2,
    event_pb2_grpc,
    flash_sale_pb2,
    flash_sale_pb2_grpc,
    money_pb2,
    order_pb2,
    order_pb2_grpc,
)
from tuan_client.loop_thread import LoopThread

BatchAnswer = Callable[[order_pb2.BatchPlaceOrdersRequest, int], Awaitable[order_pb2.BatchPlaceOrdersResponse]]


def placed(request: order_pb2.PlaceOrderRequest) -> order_pb2.PlaceOrderResult:
    """An answer that names its request: order id and total follow from it."""
    total = money_pb2.Money(
        currency_code=request.currency_code, amount_minor=sum(line.quantity for line in request.lines)
    )
    return order_pb2.PlaceOrderResult(
        placed=order_pb2.PlacedOrder(
            order_id=f"order-of-{request.request_id}", total=total, ack_level=order_pb2.ACK_LEVEL_AOF
        )
    )


async def place_all(request: order_pb2.BatchPlaceOrdersRequest, attempt: int) -> order_pb2.BatchPlaceOrdersResponse:
    return order_pb2.BatchPlaceOrdersResponse(results=[placed(item) for item in request.requests])


async def refuse(
    context: grpc.aio.ServicerContext[Any, Any],
    code: grpc.StatusCode,
    message: str,
    reason: str = "",
    *,
    retry_ms: int | None = None,
    violations: tuple[tuple[str, str], ...] = (),
    domain: str = "tuan",
    **metadata: str,
) -> None:
    """End the call as tuan's server does: a status, and google.rpc details in the trailing metadata."""
    details: list[Any] = (
        [error_details_pb2.ErrorInfo(reason=reason, domain=domain, metadata=metadata)] if reason else []
    )
    if retry_ms is not None:
        delay = Duration()
        delay.FromMilliseconds(retry_ms)
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    if violations:
        wrong = [error_details_pb2.BadRequest.FieldViolation(field=name, description=text) for name, text in violations]
        details.append(error_details_pb2.BadRequest(field_violations=wrong))
    status = status_pb2.Status(code=code.value[0], message=message)
    for detail in details:
        packed = AnyMessage()
        packed.Pack(detail)
        status.details.append(packed)
    await context.abort(code, message, (("grpc-status-details-bin", status.SerializeToString()),))


@dataclass
class Orders(order_pb2_grpc.OrderServiceServicer):
    """`batches`: every batch message that came. `answer`: what to say to one, given how many came before."""

    answer: BatchAnswer = place_all
    batches: list[order_pb2.BatchPlaceOrdersRequest] = field(default_factory=list)
    seen: list[tuple[str, str]] = field(default_factory=list)
    metadata: list[dict[str, Any]] = field(default_factory=list)
    peers: set[str] = field(default_factory=set)
    get: Callable[[order_pb2.GetOrderRequest, Any, int], Awaitable[order_pb2.GetOrderResponse]] | None = None
    cancel: Callable[[order_pb2.CancelOrderRequest, Any, int], Awaitable[order_pb2.CancelOrderResponse]] | None = None
    pages: int = 1

    async def BatchPlaceOrders(self, request: Any, context: Any) -> Any:
        self.batches.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        return await self.answer(request, len(self.batches))

    async def GetOrder(self, request: Any, context: Any) -> Any:
        self.seen.append(("GetOrder", request.order_id))
        self.metadata.append(dict(context.invocation_metadata()))
        self.peers.add(context.peer())
        if self.get is not None:
            return await self.get(request, context, len(self.seen))
        return order_pb2.GetOrderResponse(order=order_pb2.Order(order_id=request.order_id))

    async def CancelOrder(self, request: Any, context: Any) -> Any:
        self.seen.append(("CancelOrder", request.request_id))
        assert self.cancel is not None
        return await self.cancel(request, context, len(self.seen))

    async def ListOrders(self, request: Any, context: Any) -> Any:
        self.seen.append(("ListOrders", request.page_token))
        page = int(request.page_token or "0")
        orders = [order_pb2.Order(order_id=f"{request.buyer_id}-{page}-{index}") for index in range(2)]
        more = str(page + 1) if page + 1 < self.pages else ""
        return order_pb2.ListOrdersResponse(orders=orders, next_page_token=more)


TicketsAnswer = Callable[
    [flash_sale_pb2.BatchRequestTicketsRequest, int], Awaitable[flash_sale_pb2.BatchRequestTicketsResponse]
]


def ticket_for(request: flash_sale_pb2.RequestTicketRequest) -> flash_sale_pb2.RequestTicketResult:
    """An answer that names its request."""
    ticket = flash_sale_pb2.Ticket(ticket=f"ticket-of-{request.request_id}")
    return flash_sale_pb2.RequestTicketResult(response=flash_sale_pb2.RequestTicketResponse(ticket=ticket))


async def tickets_for_all(
    request: flash_sale_pb2.BatchRequestTicketsRequest, attempt: int
) -> flash_sale_pb2.BatchRequestTicketsResponse:
    return flash_sale_pb2.BatchRequestTicketsResponse(results=[ticket_for(item) for item in request.requests])


@dataclass
class Tickets(flash_sale_pb2_grpc.FlashSaleServiceServicer):
    """`batches`: every batch message that came, `deadlines_s`: what its call stated. `answer`: as for orders."""

    answer: TicketsAnswer = tickets_for_all
    batches: list[flash_sale_pb2.BatchRequestTicketsRequest] = field(default_factory=list)
    deadlines_s: list[float] = field(default_factory=list)

    async def BatchRequestTickets(self, request: Any, context: Any) -> Any:
        self.batches.append(request)
        self.deadlines_s.append(context.time_remaining())
        return await self.answer(request, len(self.batches))


@dataclass
class Events(event_pb2_grpc.EventServiceServicer):
    """A stream of `count` events that breaks after every `break_after` of them."""

    count: int = 10
    break_after: int = 0
    tokens: list[str] = field(default_factory=list)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    refusal: str = ""
    endless: bool = False

    async def WatchEvents(self, request: Any, context: Any) -> AsyncIterator[Any]:
        self.tokens.append(request.resume_token)
        context.add_done_callback(lambda _: self.ended.set())
        if self.refusal:
            await refuse(context, grpc.StatusCode.INVALID_ARGUMENT, "bad token", self.refusal, field="resume_token")
        first = int(request.resume_token or "0") + 1
        sent = 0
        number = first
        while self.endless or number <= self.count:
            if self.break_after and sent == self.break_after:
                await refuse(context, grpc.StatusCode.UNAVAILABLE, "going down", "SHUTTING_DOWN", retry_ms=1)
            yield event_pb2.WatchEventsResponse(events=[event_pb2.Event(event_id=number)], resume_token=str(number))
            sent += 1
            number += 1


@asynccontextmanager
async def serving(
    *servicers: Any, credentials: grpc.ServerCredentials | None = None, port: int = 0
) -> AsyncIterator[str]:
    """The address of a server with these servicers, on 127.0.0.1."""
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    for servicer in servicers:
        match servicer:
            case Orders():
                order_pb2_grpc.add_OrderServiceServicer_to_server(servicer, server)
            case Tickets():
                flash_sale_pb2_grpc.add_FlashSaleServiceServicer_to_server(servicer, server)
            case _:
                event_pb2_grpc.add_EventServiceServicer_to_server(servicer, server)
    address = f"127.0.0.1:{port}"
    port = server.add_secure_port(address, credentials) if credentials else server.add_insecure_port(address)
    await server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        await server.stop(0)


@contextmanager
def serving_beside(*servicers: Any) -> Iterator[str]:
    """A server on a loop of its own, as another process would have it."""
    loop = LoopThread()
    server = serving(*servicers)
    target = loop.run(server.__aenter__())  # type: ignore[arg-type]
    try:
        yield target
    finally:
        loop.run(server.__aexit__(None, None, None))  # type: ignore[arg-type]
        loop.close()
