"""FlashSaleService over gRPC: reads messages, asks the desk, the boards and the host, writes messages."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tuan.plugin import RETAIL, Activity, Host, InvalidValue, Puzzle, Reason, Refusal, Servicer, Sku, TuanError, Unit
from tuan_api.v1 import flash_sale_pb2 as pb
from tuan_api.v1 import flash_sale_pb2_grpc as pb_grpc
from tuan_api.v1 import order_pb2
from tuan_api.v1.money_pb2 import Money
from tuan_flash_sale.board import INTERVAL_MS, Board, Phase, View, phase_of
from tuan_flash_sale.desk import CHALLENGE, Desk, Wanted
from tuan_flash_sale.sale import Sale
from tuan_flash_sale.tables import remember
from tuan_flash_sale.ticket import Tickets
from tuan_flash_sale.tokens import check_resume_token, page_token, read_page_token, resume_token

BOARDS_MAX = 10_000
PAGE_SIZE_DEFAULT = 100
PAGE_SIZE_MAX = 1_000
ID_BYTES_MAX = 64


def servicer_entry(servicer: FlashSaleServicer) -> Servicer:
    return Servicer("tuan_api.v1.FlashSaleService", pb_grpc.add_FlashSaleServiceServicer_to_server, servicer)


class FlashSaleServicer(pb_grpc.FlashSaleServiceServicer):
    def __init__(self, host: Host, tickets: Tickets) -> None:
        self._host = host
        self._desk = Desk(host, tickets)
        self._boards: OrderedDict[str, Board] = OrderedDict()

    async def ListSessions(self, request: pb.ListSessionsRequest, context: Any) -> pb.ListSessionsResponse:
        sessions = sorted(self._sessions(), key=lambda activity: (activity.start_time_ms, activity.activity_id))
        if request.page_token:
            after = read_page_token(request.page_token)
            sessions = [activity for activity in sessions if (activity.start_time_ms, activity.activity_id) > after]
        size = _page_size(request.page_size)
        page = sessions[:size]
        last = page[-1] if len(sessions) > size else None
        return pb.ListSessionsResponse(
            sessions=[_session(activity, _sale(activity), await self._view(activity)) for activity in page],
            next_page_token=page_token(last.start_time_ms, last.activity_id) if last else "",
            server_time=self._server_time(),
        )

    async def GetSale(self, request: pb.GetSaleRequest, context: Any) -> pb.GetSaleResponse:
        _check_id("buyer_id", request.buyer_id)
        _check_id("device_id", request.device_id, optional=True)
        activity = self._activity(request.activity_id)
        sale, view = _sale(activity), await self._view(activity)
        goods = await self._host.read(lambda unit: unit.catalogue.skus(sale.skus))
        caller = self._host.caller(context)
        wanted = Wanted(caller, "", activity.activity_id, request.buyer_id, request.device_id, "", "")
        puzzle = await self._desk.puzzle(wanted, sale)
        return pb.GetSaleResponse(
            session=_session(activity, sale, view),
            items=[_item(sku, activity, sale, view) for sku in _in_order(goods, sale)],
            challenge=_challenge(puzzle),
            limit_per_buyer=sale.limit_per("buyer"),
            limit_per_device=sale.limit_per("device"),
            limit_per_address=sale.limit_per("address"),
            server_time=self._server_time(),
        )

    async def RequestTicket(self, request: pb.RequestTicketRequest, context: Any) -> pb.RequestTicketResponse:
        _check_id("request_id", request.request_id)
        _check_id("buyer_id", request.buyer_id)
        _check_id("device_id", request.device_id, optional=True)
        _check_size("challenge_token", request.challenge_token, 1_024)
        _check_size("challenge_answer", request.challenge_answer, 256)
        activity = self._activity(request.activity_id)
        wanted = Wanted(
            self._host.caller(context),
            request.request_id,
            activity.activity_id,
            request.buyer_id,
            request.device_id,
            request.challenge_token,
            request.challenge_answer,
        )
        given = await self._desk.ticket(wanted, activity, _sale(activity), await self._view(activity))
        response = pb.RequestTicketResponse(challenge=_challenge(given.puzzle), server_time=self._server_time())
        if given.refusal is not None:
            response.refusal.CopyFrom(_refusal(given.refusal))
        else:
            response.ticket.ticket = given.ticket
            response.ticket.expire_time.FromMilliseconds(given.expire_time_ms)
        return response

    async def NotifyMeWhenRestocked(
        self, request: pb.NotifyMeWhenRestockedRequest, context: Any
    ) -> pb.NotifyMeWhenRestockedResponse:
        _check_id("request_id", request.request_id)
        _check_id("buyer_id", request.buyer_id)
        _check_id("sku", request.sku)
        shard = self._activity(request.activity_id).activity_id if request.activity_id else RETAIL
        await self._check_sku(request.sku, request.activity_id)
        counter = (await self._host.stock(shard, [request.sku])).get(request.sku)
        if counter is not None and (counter.capacity or 0) > counter.used:
            return pb.NotifyMeWhenRestockedResponse(in_stock=True)
        caller, now_ms = self._host.caller(context), self._host.clock.now_ms()

        def put(unit: Unit) -> bool:
            return remember(unit.connection, shard, request.sku, caller, request.buyer_id, now_ms)

        return pb.NotifyMeWhenRestockedResponse(replayed=not await self._host.write(put))

    async def ReleaseBuffer(self, request: pb.ReleaseBufferRequest, context: Any) -> pb.ReleaseBufferResponse:
        _check_id("request_id", request.request_id)
        activity = self._activity(request.activity_id)
        sale = _sale(activity)
        for sku in request.skus:
            await self._check_sku(sku, activity.activity_id)
        skus = list(dict.fromkeys(request.skus)) or sale.skus
        released = [
            pb.ReleasedBuffer(sku=sku, quantity=await self._host.release_buffer(activity.activity_id, sku))
            for sku in skus
        ]
        return pb.ReleaseBufferResponse(released=released)

    async def WatchSale(self, request: pb.WatchSaleRequest, context: Any) -> AsyncIterator[pb.WatchSaleResponse]:
        activity = self._activity(request.activity_id)
        if request.resume_token:
            check_resume_token(request.resume_token, activity.activity_id)
        seen: dict[str, int] = {}
        async for view in self._board(activity).watch():
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

    def _sessions(self) -> Iterable[Activity]:
        now_ms = self._host.clock.now_ms()
        flash_sales = self._host.activities("flash_sale")
        return (activity for activity in flash_sales if phase_of(activity, 0, {}, now_ms) is not Phase.ENDED)

    def _activity(self, activity_id: str) -> Activity:
        activity = self._host.activity(activity_id) if activity_id else None
        if activity is None or activity.promotion != "flash_sale":
            raise TuanError(
                Reason.ACTIVITY_NOT_FOUND, f"no flash sale {activity_id[:64]}", activity_id=activity_id[:64]
            )
        return activity

    async def _view(self, activity: Activity) -> View:
        return await self._board(activity).view()

    def _board(self, activity: Activity) -> Board:
        board = self._boards.get(activity.activity_id)
        if board is None:
            board = self._boards[activity.activity_id] = Board(lambda: self._look(activity), INTERVAL_MS)
            if len(self._boards) > BOARDS_MAX:
                self._boards.popitem(last=False)
        return board

    async def _look(self, activity: Activity) -> View:
        now_ms = self._host.clock.now_ms()
        current = self._host.activity(activity.activity_id)
        if current is None:  # closed, and gone from the snapshot
            return View(Phase.ENDED, {})
        sale = _sale(current)
        warm = now_ms >= current.start_time_ms - sale.warm_up_ms
        stock = await self._host.stock(current.activity_id, sale.skus) if warm else {}
        return View(phase_of(current, sale.warm_up_ms, stock, now_ms), stock)

    async def _check_sku(self, sku: str, activity_id: str) -> None:
        if activity_id:
            known = sku in _sale(self._activity(activity_id)).goods
        else:
            known = bool(await self._host.read(lambda unit: unit.catalogue.skus([sku])))
        if not known:
            where = f"in {activity_id}" if activity_id else "in the catalogue"
            raise TuanError(Reason.SKU_NOT_FOUND, f"sku: no {sku[:64]} {where}", sku=sku[:64])

    def _server_time(self) -> Timestamp:
        return _timestamp(self._host.clock.now_ms())


def _sale(activity: Activity) -> Sale:
    return Sale.from_config(activity.config)


def _session(activity: Activity, sale: Sale, view: View) -> pb.FlashSession:
    return pb.FlashSession(
        activity_id=activity.activity_id,
        title=activity.title,
        state=pb.SaleState.ValueType(view.phase),
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


def _in_order(goods: Iterable[Sku], sale: Sale) -> list[Sku]:
    place = {sku: index for index, sku in enumerate(sale.skus)}
    return sorted(goods, key=lambda sku: place[sku.sku])


def _challenge(puzzle: Puzzle | None) -> pb.Challenge | None:
    if puzzle is None:
        return None
    expire_time = _timestamp(puzzle.expire_time_ms)
    return pb.Challenge(kind=CHALLENGE, token=puzzle.token, prompt=puzzle.prompt, expire_time=expire_time)


def _refusal(refusal: Refusal) -> order_pb2.Refusal:
    return order_pb2.Refusal(
        kind=order_pb2.RefusalKind.Value(f"REFUSAL_KIND_{refusal.kind.name}"),
        message=refusal.message,
        sku=refusal.sku,
        available=refusal.available,
        limit=refusal.limit,
        start_time=_timestamp(refusal.open_time_ms) if refusal.open_time_ms else None,
        similar_skus=refusal.similar,
    )


def _timestamp(time_ms: int) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromMilliseconds(time_ms)
    return timestamp


def _page_size(wanted: int) -> int:
    if wanted < 0:
        raise InvalidValue("page_size", f"{wanted}; write 1 to {PAGE_SIZE_MAX}, or 0 for {PAGE_SIZE_DEFAULT}")
    return min(wanted or PAGE_SIZE_DEFAULT, PAGE_SIZE_MAX)


def _check_id(field: str, value: str, optional: bool = False) -> None:
    if not value and not optional:
        raise InvalidValue(field, "is missing")
    _check_size(field, value, ID_BYTES_MAX)
    if not value.isprintable() or any(character.isspace() for character in value):
        raise InvalidValue(field, "has blanks or control characters; use letters, digits and punctuation")


def _check_size(field: str, value: str, bytes_max: int) -> None:
    if len(value.encode()) > bytes_max:
        raise InvalidValue(field, f"longer than {bytes_max} bytes")
