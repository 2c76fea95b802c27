"""FlashSaleService over gRPC: reads messages, asks the desk, the sessions and the host, writes messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tuan.plugin import (
    RETAIL,
    Activity,
    Host,
    InvalidValue,
    Puzzle,
    Reason,
    Refusal,
    RefusalKind,
    Servicer,
    Sku,
    TuanError,
    Unit,
    check_id,
    page_size,
)
from tuan_api.v1 import flash_sale_pb2 as pb
from tuan_api.v1 import flash_sale_pb2_grpc as pb_grpc
from tuan_api.v1 import order_pb2
from tuan_api.v1.error_reason_pb2 import ErrorReason, ItemError
from tuan_api.v1.money_pb2 import Money
from tuan_flash_sale.board import View
from tuan_flash_sale.desk import CHALLENGE, Answer, Desk, Given, Wanted
from tuan_flash_sale.live_sessions import LiveSessions, Session
from tuan_flash_sale.sale import Sale
from tuan_flash_sale.tables import remember
from tuan_flash_sale.ticket import Tickets
from tuan_flash_sale.tokens import check_resume_token, page_token, read_page_token, resume_token

REQUESTS_MAX = 256
#: What error_reason.proto promises for an ItemError.
ERROR_MESSAGE_BYTES_MAX = 1_024
ERROR_METADATA_BYTES_MAX = 256

_KINDS = {kind: order_pb2.RefusalKind.Value(f"REFUSAL_KIND_{kind.name}") for kind in RefusalKind}
_REASONS = {reason: ErrorReason.Value(f"ERROR_REASON_{reason.name}") for reason in Reason}


def servicer_entry(servicer: FlashSaleServicer) -> Servicer:
    return Servicer("tuan_api.v1.FlashSaleService", pb_grpc.add_FlashSaleServiceServicer_to_server, servicer)


class FlashSaleServicer(pb_grpc.FlashSaleServiceServicer):
    def __init__(self, host: Host, tickets: Tickets) -> None:
        self._host = host
        self._desk = Desk(host, tickets)
        self._sessions = LiveSessions(host)

    async def ListSessions(self, request: pb.ListSessionsRequest, context: Any) -> pb.ListSessionsResponse:
        sessions = self._sessions.not_over()
        if request.page_token:
            after = read_page_token(request.page_token)
            sessions = [activity for activity in sessions if (activity.start_time_ms, activity.activity_id) > after]
        size = page_size(request.page_size)
        page = sessions[:size]
        last = page[-1] if len(sessions) > size else None
        return pb.ListSessionsResponse(
            sessions=[_session(await self._sessions.at(activity)) for activity in page],
            next_page_token=page_token(last.start_time_ms, last.activity_id) if last else "",
            server_time=self._server_time(),
        )

    async def GetSale(self, request: pb.GetSaleRequest, context: Any) -> pb.GetSaleResponse:
        check_id("buyer_id", request.buyer_id)
        check_id("device_id", request.device_id, optional=True)
        session = await self._sessions.at(self._sessions.activity(request.activity_id))
        activity, sale, view = session.activity, session.sale, session.view
        caller = self._host.caller(context)
        wanted = Wanted(caller, "", activity.activity_id, request.buyer_id, request.device_id)
        response = pb.GetSaleResponse(
            session=_session(session),
            items=[_item(sku, activity, sale, view) for sku in self._host.skus(sale.skus)],
            limit_per_buyer=sale.limit_per("buyer"),
            limit_per_device=sale.limit_per("device"),
            limit_per_address=sale.limit_per("address"),
            server_time=self._server_time(),
        )
        puzzle = await self._desk.puzzle(wanted, sale)
        if puzzle is not None:
            _write_challenge(puzzle, response.challenge)
        return response

    async def RequestTicket(self, request: pb.RequestTicketRequest, context: Any) -> pb.RequestTicketResponse:
        [answer] = await self._answers([request], context)
        if isinstance(answer, TuanError):
            raise answer
        response = pb.RequestTicketResponse()
        _write_answer(answer, response, self._host.clock.now_ms())
        return response

    async def BatchRequestTickets(
        self, request: pb.BatchRequestTicketsRequest, context: Any
    ) -> pb.BatchRequestTicketsResponse:
        count = len(request.requests)
        if not 1 <= count <= REQUESTS_MAX:
            raise InvalidValue("requests", f"{count} entries; send 1 to {REQUESTS_MAX}")
        answers = await self._answers(request.requests, context)
        response, now_ms = pb.BatchRequestTicketsResponse(), self._host.clock.now_ms()
        for answer in answers:
            result = response.results.add()
            if isinstance(answer, TuanError):
                _write_error(answer, result.error)
            else:
                _write_answer(answer, result.response, now_ms)
        return response

    async def NotifyMeWhenRestocked(
        self, request: pb.NotifyMeWhenRestockedRequest, context: Any
    ) -> pb.NotifyMeWhenRestockedResponse:
        check_id("request_id", request.request_id)
        check_id("buyer_id", request.buyer_id)
        check_id("sku", request.sku)
        shard = self._sessions.activity(request.activity_id).activity_id if request.activity_id else RETAIL
        self._check_sku(request.sku, request.activity_id)
        counter = (await self._host.stock(shard, [request.sku])).get(request.sku)
        if counter is not None and (counter.capacity or 0) > counter.used:
            return pb.NotifyMeWhenRestockedResponse(in_stock=True)
        caller, now_ms = self._host.caller(context), self._host.clock.now_ms()

        def put(unit: Unit) -> bool:
            return remember(unit.connection, shard, request.sku, caller, request.buyer_id, now_ms)

        return pb.NotifyMeWhenRestockedResponse(replayed=not await self._host.write(put))

    async def ReleaseBuffer(self, request: pb.ReleaseBufferRequest, context: Any) -> pb.ReleaseBufferResponse:
        check_id("request_id", request.request_id)
        activity = self._sessions.activity(request.activity_id)
        sale = self._sessions.sale(activity)
        for sku in request.skus:
            self._check_sku(sku, activity.activity_id)
        skus = list(dict.fromkeys(request.skus)) or sale.skus
        released = [
            pb.ReleasedBuffer(sku=sku, quantity=await self._host.release_buffer(activity.activity_id, sku))
            for sku in skus
        ]
        return pb.ReleaseBufferResponse(released=released)

    async def WatchSale(self, request: pb.WatchSaleRequest, context: Any) -> AsyncIterator[pb.WatchSaleResponse]:
        activity = self._sessions.activity(request.activity_id)
        if request.resume_token:
            check_resume_token(request.resume_token, activity.activity_id)
        seen: dict[str, int] = {}
        async for view in self._sessions.board(activity).watch():
            token = resume_token(activity.activity_id, view)
            # Nothing happened since the token: the first answer then says so, and lists nothing.
            changed = {} if token == request.resume_token and not seen else view.left
            yield pb.WatchSaleResponse(
                state=pb.SaleState.ValueType(view.phase),
                items=[
                    pb.SaleItemLeft(sku=sku, available=left) for sku, left in changed.items() if seen.get(sku) != left
                ],
                server_time=self._server_time(),
                resume_token=token,
            )
            seen = view.left

    async def _answers(self, requests: Sequence[pb.RequestTicketRequest], context: Any) -> list[Answer]:
        """One per request, in order: single and batched calls alike. A bad request does not touch the others."""
        caller, bound = self._host.caller(context), self._host.buyer(context)
        wanted = [_wanted(request, caller, bound) for request in requests]
        good = [item for item in wanted if isinstance(item, Wanted)]
        sessions = {
            activity_id: await self._look(activity_id)
            for activity_id in dict.fromkeys(item.activity_id for item in good)
        }
        answers = iter(await self._desk.tickets(good, sessions))
        return [next(answers) if isinstance(item, Wanted) else item for item in wanted]

    async def _look(self, activity_id: str) -> Session | TuanError:
        try:
            return await self._sessions.at(self._sessions.activity(activity_id))
        except TuanError as error:
            return error

    def _check_sku(self, sku: str, activity_id: str) -> None:
        if activity_id:
            known = sku in self._sessions.sale(self._sessions.activity(activity_id)).goods
        else:
            known = bool(self._host.skus([sku]))
        if not known:
            where = f"in {activity_id}" if activity_id else "in the catalogue"
            raise TuanError(Reason.SKU_NOT_FOUND, f"sku: no {sku[:64]} {where}", sku=sku[:64])

    def _server_time(self) -> Timestamp:
        return _timestamp(self._host.clock.now_ms())


def _wanted(request: pb.RequestTicketRequest, caller: str, bound: str) -> Wanted | TuanError:
    """`bound`: the one buyer that the credentials may act for; the gate has looked at single calls, at batches it cannot."""
    wanted = Wanted(
        caller,
        request.request_id,
        request.activity_id,
        request.buyer_id,
        request.device_id,
        request.challenge_token,
        request.challenge_answer,
    )
    if bound and wanted.buyer not in ("", bound):
        message = "the credentials are those of another buyer"
        return TuanError(Reason.NOT_THE_OWNER, message, field="buyer_id")
    try:
        check_id("request_id", wanted.request_id)
        check_id("buyer_id", wanted.buyer)
        check_id("device_id", wanted.device, optional=True)
        if wanted.token or wanted.answer:
            _check_size("challenge_token", wanted.token, 1_024)
            _check_size("challenge_answer", wanted.answer, 256)
    except InvalidValue as error:
        return error
    return wanted


def _write_answer(given: Given, target: pb.RequestTicketResponse, now_ms: int) -> None:
    """In place: parts that are made apart and copied in cost three times as much."""
    if given.refusal is not None:
        _write_refusal(given.refusal, target.refusal)
    else:
        ticket = target.ticket
        ticket.ticket = given.ticket
        _write_time(given.expire_time_ms, ticket.expire_time)
    if given.puzzle is not None:
        _write_challenge(given.puzzle, target.challenge)
    _write_time(now_ms, target.server_time)


def _write_refusal(refusal: Refusal, target: order_pb2.Refusal) -> None:
    target.kind = _KINDS[refusal.kind]
    target.message = refusal.message
    target.sku = refusal.sku
    target.available = refusal.available
    target.limit = refusal.limit
    if refusal.open_time_ms:
        _write_time(refusal.open_time_ms, target.start_time)
    target.similar_skus.extend(refusal.similar)


def _write_challenge(puzzle: Puzzle, target: pb.Challenge) -> None:
    target.kind = CHALLENGE
    target.token = puzzle.token
    target.prompt = puzzle.prompt
    _write_time(puzzle.expire_time_ms, target.expire_time)


def _write_error(error: TuanError, target: ItemError) -> None:
    """What a single call would have said by its status and details."""
    target.reason = _REASONS[error.reason]
    target.message = _shortened(error.message, ERROR_MESSAGE_BYTES_MAX)
    for key, value in error.metadata.items():
        target.metadata[key] = _shortened(str(value), ERROR_METADATA_BYTES_MAX)
    if error.retry_after_ms is not None:
        target.retry_delay.FromMilliseconds(error.retry_after_ms)


def _shortened(text: str, bytes_max: int) -> str:
    return text.encode()[:bytes_max].decode(errors="ignore")


def _session(session: Session) -> pb.FlashSession:
    activity, sale = session.activity, session.sale
    return pb.FlashSession(
        activity_id=activity.activity_id,
        title=activity.title,
        state=pb.SaleState.ValueType(session.view.phase),
        warm_up_time=_timestamp(activity.start_time_ms - sale.warm_up_ms),
        start_time=_timestamp(activity.start_time_ms),
        end_time=_timestamp(activity.end_time_ms),
        skus=sale.skus,
    )


def _item(sku: Sku, activity: Activity, sale: Sale, view: View) -> pb.SaleItem:
    counter = view.stock.get(sku.sku)
    capacity = (counter.capacity or 0) if counter is not None else 0
    if sku.sku not in activity.released_buffer:
        capacity -= sum(share.buffer_of(capacity) for share in activity.stock if share.sku == sku.sku)
    return pb.SaleItem(
        sku=sku.sku,
        title=sku.title,
        sale_price=Money(currency_code=sku.currency, amount_minor=sale.unit_minor(sku.list_minor)),
        list_price=Money(currency_code=sku.currency, amount_minor=sku.list_minor),
        capacity=capacity,
        available=view.available(sku.sku),
    )


def _write_time(time_ms: int, target: Timestamp) -> None:
    target.seconds = time_ms // 1_000
    target.nanos = time_ms % 1_000 * 1_000_000


def _timestamp(time_ms: int) -> Timestamp:
    timestamp = Timestamp()
    _write_time(time_ms, timestamp)
    return timestamp


def _check_size(field: str, value: str, bytes_max: int) -> None:
    if len(value.encode()) > bytes_max:
        raise InvalidValue(field, f"longer than {bytes_max} bytes")
