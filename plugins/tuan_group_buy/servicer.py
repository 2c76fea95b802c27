"""GroupBuyService over gRPC: reads messages, asks the finder, the tables and the host, writes messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tuan.plugin import (
    Activity,
    Claim,
    Host,
    InvalidValue,
    OrderState,
    Reason,
    Servicer,
    Sku,
    TuanError,
    Unit,
    check_id,
    page_size,
)
from tuan_api.v1 import group_buy_pb2 as pb
from tuan_api.v1 import group_buy_pb2_grpc as pb_grpc
from tuan_api.v1.error_reason_pb2 import ErrorReason
from tuan_api.v1.money_pb2 import Money
from tuan_api.v1.order_pb2 import PlaceOrderRequest, RefusalKind
from tuan_group_buy import events
from tuan_group_buy.finder import Finder, Seated, Tried, Wanted
from tuan_group_buy.group import Group, GroupState, Member, MemberState
from tuan_group_buy.lots.drawing import terms_of
from tuan_group_buy.lots.servicer import draw_message, odds
from tuan_group_buy.lots.tables import find_draw
from tuan_group_buy.notices import similar_goods
from tuan_group_buy.offer import Offer, offer_of
from tuan_group_buy.planning import RULES
from tuan_group_buy.reading import group_and_offer, in_order, not_found
from tuan_group_buy.share_code import read_share_code, share_code
from tuan_group_buy.tables import fastest, find, find_one, group_of_code, group_of_order, joinable, of_buyer
from tuan_group_buy.tokens import page_token, read_page_token
from tuan_group_buy.watching import Seen, Watching

#: A member has so many cheers for a group in a minute.
CHEERS_MAX, CHEERS_PER_MS = 5, 60_000
LANGUAGE_DEFAULT = "zh"
_JOINABLE, _MINE, _FASTEST = "gj", "gm", "gf"

_STATES = {state: pb.GroupState.Value(f"GROUP_STATE_{state.name}") for state in GroupState}
_MEMBER_STATES = {state: pb.MemberState.Value(f"MEMBER_STATE_{state.name}") for state in MemberState}
_OVER = (RefusalKind.REFUSAL_KIND_GROUP_FULL, RefusalKind.REFUSAL_KIND_ENDED)


def servicer_entry(servicer: GroupBuyServicer) -> Servicer:
    return Servicer("tuan_api.v1.GroupBuyService", pb_grpc.add_GroupBuyServiceServicer_to_server, servicer)


class GroupBuyServicer(pb_grpc.GroupBuyServiceServicer):
    def __init__(self, host: Host) -> None:
        self._host = host
        self._finder = Finder(host)
        self._watching = Watching(host)

    async def OpenGroup(self, request: pb.OpenGroupRequest, context: Any) -> pb.OpenGroupResponse:
        seated = await self._finder.open(self._wanted(request.order, context))
        return pb.OpenGroupResponse(**_outcome(seated), group_id=seated.group_id)

    async def JoinGroup(self, request: pb.JoinGroupRequest, context: Any) -> pb.JoinGroupResponse:
        wanted = self._wanted(request.order, context)
        group_id = await self._wanted_group(request.group_id, request.share_code)
        seated = await self._finder.join(wanted, group_id, request.any_group)
        return pb.JoinGroupResponse(**_outcome(seated), group_id=seated.group_id, opened=seated.opened)

    async def QuickJoinGroup(self, request: pb.QuickJoinGroupRequest, context: Any) -> pb.QuickJoinGroupResponse:
        seated = await self._finder.best(self._wanted(request.order, context))
        return pb.QuickJoinGroupResponse(**_outcome(seated), group_id=seated.group_id, opened=seated.opened)

    async def LeaveGroup(self, request: pb.LeaveGroupRequest, context: Any) -> pb.LeaveGroupResponse:
        check_id("request_id", request.request_id)
        check_id("order_id", request.order_id)
        caller = self._host.caller(context)
        order, group = await self._host.read(lambda unit: _order_and_group(unit, request.order_id))
        bound = self._host.buyer(context)
        if order is None or order.placed.caller != caller or (bound and order.placed.buyer != bound):
            raise TuanError(Reason.ORDER_NOT_FOUND, f"no order {request.order_id}", order_id=request.order_id)
        if group is not None and not group.undecided:
            message = f"group {group.group_id} is {group.state.value}; what is left is to refund the order"
            raise TuanError(
                Reason.ORDER_STATE_CONFLICT, message, order_id=request.order_id, state=order.state.value, target="left"
            )
        if order.state is OrderState.PENDING_PAYMENT:
            await self._host.cancel_order(caller, request.request_id, request.order_id)
            return pb.LeaveGroupResponse()
        await self._host.refund_order(caller, request.request_id, request.order_id)
        return pb.LeaveGroupResponse(refunded=True)

    async def GetGroupBuy(self, request: pb.GetGroupBuyRequest, context: Any) -> pb.GetGroupBuyResponse:
        activity = self._activity(request.activity_id)
        rules, language = activity.config[RULES], request.language or LANGUAGE_DEFAULT
        if language not in rules:
            raise InvalidValue("language", f"{language!r}; write {' or '.join(sorted(rules))}")
        offer = Offer.from_config(activity.config)
        return pb.GetGroupBuyResponse(
            activity_id=activity.activity_id,
            title=activity.title,
            items=[_item(sku, offer) for sku in self._host.skus(offer.skus)],
            seats=offer.seats,
            min_new_members=offer.min_new,
            open_until_time=_timestamp(offer.open_until_ms),
            rules=[pb.RuleSection(kind=kind, title=title, sentences=said) for kind, title, said in rules[language]],
            server_time=_timestamp(self._host.clock.now_ms()),
            odds=odds(terms_of(offer)) if offer.prizes else None,
        )

    async def GetGroup(self, request: pb.GetGroupRequest, context: Any) -> pb.GetGroupResponse:
        group_id = await self._wanted_group(request.group_id, request.share_code)
        group, offer = await self._host.read(lambda unit: group_and_offer(unit, group_id))
        similar = similar_goods(self._host, offer) if group.state is GroupState.FAILED else ()
        return pb.GetGroupResponse(
            group=self._message(group, offer, context, with_members=True),
            server_time=_timestamp(self._host.clock.now_ms()),
            similar_skus=similar,
        )

    async def GetDraw(self, request: pb.GetDrawRequest, context: Any) -> pb.GetDrawResponse:
        check_id("group_id", request.group_id)
        draw = await self._host.read(lambda unit: find_draw(unit.connection, request.group_id))
        if draw is None:
            raise not_found(request.group_id)
        return draw_message(draw)

    async def ListJoinableGroups(
        self, request: pb.ListJoinableGroupsRequest, context: Any
    ) -> pb.ListJoinableGroupsResponse:
        check_id("buyer_id", request.buyer_id, optional=True)
        activity = self._activity(request.activity_id)
        size, now_ms = page_size(request.page_size), self._host.clock.now_ms()
        after = read_page_token(request.page_token, _JOINABLE, int, int, str)
        without = (self._host.caller(context), request.buyer_id) if request.buyer_id else None

        def read(unit: Unit) -> list[Group]:
            ids = joinable(unit.connection, activity.activity_id, now_ms, without, after, size + 1)
            return in_order(unit, ids)

        found = await self._host.read(read)
        last = found[size - 1] if len(found) > size else None
        token = page_token(_JOINABLE, last.seats - last.paid, last.open_time_ms, last.group_id) if last else ""
        return pb.ListJoinableGroupsResponse(
            groups=self._messages(found[:size], activity, context),
            next_page_token=token,
            server_time=_timestamp(now_ms),
        )

    async def ListFastestGroups(
        self, request: pb.ListFastestGroupsRequest, context: Any
    ) -> pb.ListFastestGroupsResponse:
        activity, size = self._activity(request.activity_id), page_size(request.page_size)
        after = read_page_token(request.page_token, _FASTEST, int, str)
        found = await self._host.read(
            lambda unit: in_order(unit, fastest(unit.connection, activity.activity_id, after, size + 1))
        )
        last = found[size - 1] if len(found) > size else None
        return pb.ListFastestGroupsResponse(
            groups=self._messages(found[:size], activity, context),
            next_page_token=page_token(_FASTEST, last.end_time_ms - last.open_time_ms, last.group_id) if last else "",
        )

    async def ListMyGroups(self, request: pb.ListMyGroupsRequest, context: Any) -> pb.ListMyGroupsResponse:
        check_id("buyer_id", request.buyer_id)
        caller, size = self._host.caller(context), page_size(request.page_size)
        before = read_page_token(request.page_token, _MINE, int, str)

        def read(unit: Unit) -> tuple[Sequence[tuple[str, str, int]], dict[str, Group], dict[str, Offer]]:
            rows = of_buyer(unit.connection, caller, request.buyer_id, before, size + 1)
            groups = find(unit.connection, {group_id for group_id, _, _ in rows})
            activity_ids = {group.activity_id for group in groups.values()}
            return rows, groups, {activity_id: offer_of(activity_id, unit) for activity_id in activity_ids}

        rows, groups, offers = await self._host.read(read)
        response = pb.ListMyGroupsResponse()
        for group_id, order_id, _ in rows[:size]:
            group = groups[group_id]
            mine = response.groups.add(order_id=order_id, leads=order_id == group.leader_order_id)
            mine.group.CopyFrom(self._message(group, offers[group.activity_id], context, with_members=False))
            if member := group.member(order_id):
                mine.state = _MEMBER_STATES[member.state]
        if len(rows) > size:
            _, order_id, join_time_ms = rows[size - 1]
            response.next_page_token = page_token(_MINE, join_time_ms, order_id)
        return response

    async def CheerGroup(self, request: pb.CheerGroupRequest, context: Any) -> pb.CheerGroupResponse:
        for field in ("request_id", "buyer_id", "group_id", "cheer"):
            check_id(field, getattr(request, field))
        caller, buyer = self._host.caller(context), request.buyer_id
        group, _ = await self._host.read(lambda unit: group_and_offer(unit, request.group_id))
        if not any((member.caller, member.buyer) == (caller, buyer) for member in group.members):
            raise TuanError(Reason.NOT_THE_OWNER, f"{buyer} is not in this group", field="buyer_id")
        counter = f"cheer/{group.group_id}/{caller}/{buyer}"
        refusal = await self._host.claim(
            f"{caller}/{request.request_id}",
            [Claim(counter, 1, CHEERS_MAX, CHEERS_PER_MS)],
            events.CHEERED,
            group.group_id,
            {"caller": caller, "buyer": buyer, "cheer": request.cheer},
            group.activity_id,
        )
        if refusal is not None:
            raise TuanError(Reason.RATE_LIMITED, f"{CHEERS_MAX} cheers a minute are enough")
        return pb.CheerGroupResponse()

    async def WatchGroup(self, request: pb.WatchGroupRequest, context: Any) -> AsyncIterator[pb.WatchGroupResponse]:
        check_id("group_id", request.group_id)
        async for seen in self._watching.group(request.group_id, request.resume_token):
            [group] = self._groups(seen, context)
            yield pb.WatchGroupResponse(
                group=group,
                cheers=[_cheer(seen.cheer.data, seen.cheer.time_ms, self._host.caller(context))] if seen.cheer else (),
                server_time=_timestamp(self._host.clock.now_ms()),
                resume_token=seen.resume_token,
            )

    async def WatchActivity(
        self, request: pb.WatchActivityRequest, context: Any
    ) -> AsyncIterator[pb.WatchActivityResponse]:
        activity = self._activity(request.activity_id)
        async for seen in self._watching.activity(activity, request.resume_token):
            yield pb.WatchActivityResponse(
                groups=self._groups(seen, context),
                server_time=_timestamp(self._host.clock.now_ms()),
                resume_token=seen.resume_token,
            )

    def _groups(self, seen: Seen, context: Any) -> list[pb.Group]:
        return [self._message(group, seen.offer, context, with_members=True) for group in seen.groups]

    def _message(self, group: Group, offer: Offer, context: Any, with_members: bool) -> pb.Group:
        sku = next(iter(self._host.skus(offer.skus[:1])), None)
        return _group(group, offer, sku, self._host.caller(context), with_members)

    def _messages(self, groups: Sequence[Group], activity: Activity, context: Any) -> list[pb.Group]:
        offer = Offer.from_config(activity.config)
        return [self._message(group, offer, context, with_members=False) for group in groups]

    def _activity(self, activity_id: str) -> Activity:
        """Raises ACTIVITY_NOT_FOUND for what is no group buy, or closed."""
        activity = self._host.activity(activity_id) if activity_id else None
        if activity is None or activity.promotion != "group_buy":
            known_as = activity_id[:64]
            raise TuanError(Reason.ACTIVITY_NOT_FOUND, f"no group buy {known_as}", activity_id=known_as)
        return activity

    def _wanted(self, order: PlaceOrderRequest, context: Any) -> Wanted:
        """The rest of the order is checked as of any order, when it is placed."""
        if not order.lines:
            raise InvalidValue("order.lines", "there are none; a place in a group is an order")
        activity = self._activity(order.lines[0].activity_id)

        async def place(group_id: str) -> Tried:
            request = PlaceOrderRequest()
            request.CopyFrom(order)
            request.group_id = group_id
            [result] = await self._host.place([request])
            return _tried(result)

        return Wanted(activity.activity_id, self._host.caller(context), order.buyer_id, order.request_id, place)

    async def _wanted_group(self, group_id: str, share_code: str) -> str:
        if bool(group_id) == bool(share_code):
            raise InvalidValue("group_id", "name the group by its id or by its share code, one of the two")
        if group_id:
            check_id("group_id", group_id)
            return group_id
        code = read_share_code(share_code)
        found = await self._host.read(lambda unit: group_of_code(unit.connection, code))
        if found is None:
            raise not_found(share_code)
        return found


def _tried(result: Any) -> Tried:
    refusal = result.refusal
    return Tried(
        result,
        order_id=result.placed.order_id,
        is_over=refusal.kind in _OVER,
        is_in=refusal.kind == RefusalKind.REFUSAL_KIND_OVER_LIMIT and refusal.limit == "limit_per_member",
        is_reused=result.error.reason == ErrorReason.ERROR_REASON_REQUEST_ID_REUSED,
    )


def _outcome(seated: Seated) -> dict[str, Any]:
    """The field of a response that says what became of the order. One that failed fails the call, as it would alone."""
    result = seated.answer
    error = result.error
    if error.reason:
        reason = Reason[ErrorReason.Name(error.reason).removeprefix("ERROR_REASON_")]
        retry_ms = error.retry_delay.ToMilliseconds() if error.HasField("retry_delay") else None
        raise TuanError(reason, error.message, retry_after_ms=retry_ms, **error.metadata)
    name = "placed" if result.HasField("placed") else "refusal"
    return {name: getattr(result, name)}


def _order_and_group(unit: Unit, order_id: str) -> tuple[Any, Group | None]:
    group_id = group_of_order(unit.connection, order_id)
    return unit.orders.get(order_id), find_one(unit.connection, group_id) if group_id else None


def _item(sku: Sku, offer: Offer) -> pb.GroupItem:
    return pb.GroupItem(
        sku=sku.sku,
        title=sku.title,
        list_price=Money(currency_code=sku.currency, amount_minor=sku.list_minor),
        steps=_steps(offer, sku),
    )


def _cheer(data: dict[str, Any], time_ms: int, caller: str) -> pb.Cheer:
    buyer = str(data["buyer"]) if data["caller"] == caller else ""
    return pb.Cheer(buyer_id=buyer, cheer=str(data["cheer"]), send_time=_timestamp(time_ms))


def _timestamp(time_ms: int) -> Timestamp:
    return Timestamp(seconds=time_ms // 1_000, nanos=time_ms % 1_000 * 1_000_000)


def _group(group: Group, offer: Offer, sku: Sku | None, caller: str, with_members: bool) -> pb.Group:
    """`sku`: the goods whose prices are shown. `caller`: whose pseudonyms may be shown."""
    message = pb.Group(
        group_id=group.group_id,
        activity_id=group.activity_id,
        state=_STATES[group.state],
        seats=group.seats,
        paid=group.paid,
        steps=_steps(offer, sku),
        virtual_members=group.virtual,
        min_new_members=group.min_new,
        new_members_missing=group.new_missing if group.undecided else 0,
        share_code=share_code(group.group_id),
        open_time=_timestamp(group.open_time_ms),
        expire_time=_timestamp(group.expire_time_ms),
        end_time=_timestamp(group.end_time_ms) if group.end_time_ms else None,
    )
    if with_members:
        message.members.extend(_member(member, group, caller) for member in group.members)
    return message


def _steps(offer: Offer, sku: Sku | None) -> list[pb.GroupStep]:
    if sku is None:
        return []
    return [
        pb.GroupStep(
            members=step.members, unit_price=Money(currency_code=sku.currency, amount_minor=step.unit_price_minor)
        )
        for step in offer.steps(sku.list_minor).steps
    ]


def _member(member: Member, group: Group, caller: str) -> pb.GroupMember:
    return pb.GroupMember(
        buyer_id=member.buyer if member.caller == caller else "",
        state=_MEMBER_STATES[member.state],
        leads=member.order_id == group.leader_order_id,
        is_new=member.is_new,
        join_time=_timestamp(member.join_time_ms),
    )
