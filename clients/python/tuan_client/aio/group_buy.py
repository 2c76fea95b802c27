# Generated from the .proto files by `make protos`. Change those, not this.
"""`GroupBuyService`, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tuan_api.v1 import group_buy_pb2
from tuan_client.convert import (
    new_request_id,
)
from tuan_client.link import Link, Rpc
from tuan_client.values.group_buy import (
    GetDrawResponse,
    GetGroupBuyResponse,
    GetGroupResponse,
    Group,
    JoinGroupResponse,
    MyGroup,
    OpenGroupResponse,
    QuickJoinGroupResponse,
    WatchActivityResponse,
    WatchGroupResponse,
)
from tuan_client.values.order import PlaceOrderRequest

_OPEN_GROUP = Rpc(
    "/tuan_api.v1.GroupBuyService/OpenGroup",
    group_buy_pb2.OpenGroupRequest,
    group_buy_pb2.OpenGroupResponse,
    repeatable=True,
)
_JOIN_GROUP = Rpc(
    "/tuan_api.v1.GroupBuyService/JoinGroup",
    group_buy_pb2.JoinGroupRequest,
    group_buy_pb2.JoinGroupResponse,
    repeatable=True,
)
_QUICK_JOIN_GROUP = Rpc(
    "/tuan_api.v1.GroupBuyService/QuickJoinGroup",
    group_buy_pb2.QuickJoinGroupRequest,
    group_buy_pb2.QuickJoinGroupResponse,
    repeatable=True,
)
_LEAVE_GROUP = Rpc(
    "/tuan_api.v1.GroupBuyService/LeaveGroup",
    group_buy_pb2.LeaveGroupRequest,
    group_buy_pb2.LeaveGroupResponse,
    repeatable=True,
)
_GET_GROUP_BUY = Rpc(
    "/tuan_api.v1.GroupBuyService/GetGroupBuy",
    group_buy_pb2.GetGroupBuyRequest,
    group_buy_pb2.GetGroupBuyResponse,
    repeatable=True,
)
_GET_GROUP = Rpc(
    "/tuan_api.v1.GroupBuyService/GetGroup",
    group_buy_pb2.GetGroupRequest,
    group_buy_pb2.GetGroupResponse,
    repeatable=True,
)
_GET_DRAW = Rpc(
    "/tuan_api.v1.GroupBuyService/GetDraw", group_buy_pb2.GetDrawRequest, group_buy_pb2.GetDrawResponse, repeatable=True
)
_LIST_JOINABLE_GROUPS = Rpc(
    "/tuan_api.v1.GroupBuyService/ListJoinableGroups",
    group_buy_pb2.ListJoinableGroupsRequest,
    group_buy_pb2.ListJoinableGroupsResponse,
    repeatable=True,
)
_LIST_MY_GROUPS = Rpc(
    "/tuan_api.v1.GroupBuyService/ListMyGroups",
    group_buy_pb2.ListMyGroupsRequest,
    group_buy_pb2.ListMyGroupsResponse,
    repeatable=True,
)
_LIST_FASTEST_GROUPS = Rpc(
    "/tuan_api.v1.GroupBuyService/ListFastestGroups",
    group_buy_pb2.ListFastestGroupsRequest,
    group_buy_pb2.ListFastestGroupsResponse,
    repeatable=True,
)
_CHEER_GROUP = Rpc(
    "/tuan_api.v1.GroupBuyService/CheerGroup",
    group_buy_pb2.CheerGroupRequest,
    group_buy_pb2.CheerGroupResponse,
    repeatable=True,
)
_WATCH_GROUP = Rpc(
    "/tuan_api.v1.GroupBuyService/WatchGroup",
    group_buy_pb2.WatchGroupRequest,
    group_buy_pb2.WatchGroupResponse,
    repeatable=True,
)
_WATCH_ACTIVITY = Rpc(
    "/tuan_api.v1.GroupBuyService/WatchActivity",
    group_buy_pb2.WatchActivityRequest,
    group_buy_pb2.WatchActivityResponse,
    repeatable=True,
)


class AsyncGroupBuyService:
    """Group buying. A place in a group is an order: whoever places one in a group buy's activity opens a group or joins one, and becomes
    a member when it is paid. OrderService.PlaceOrder and BatchPlaceOrders do that too, by `group_id`; the calls here find the group.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    async def open_group(self, order: PlaceOrderRequest, *, timeout_s: float | None = None) -> OpenGroupResponse:
        """Places an order that opens a group. The group is there for others once its leader has paid; its window runs from then."""
        request = group_buy_pb2.OpenGroupRequest(order=order.to_message())
        response = await self._link.unary(_OPEN_GROUP, request, timeout_s)
        return OpenGroupResponse.from_message(response)

    async def join_group(
        self,
        order: PlaceOrderRequest,
        group_id: str = "",
        share_code: str = "",
        any_group: bool = False,
        *,
        timeout_s: float | None = None,
    ) -> JoinGroupResponse:
        """Places an order that joins a group, by its id or its share code. Where that is full or over, and another may be, it joins the
        best other one at once, or opens one: nobody is told only after paying.
        """
        request = group_buy_pb2.JoinGroupRequest(
            order=order.to_message(), group_id=group_id, share_code=share_code, any_group=any_group
        )
        response = await self._link.unary(_JOIN_GROUP, request, timeout_s)
        return JoinGroupResponse.from_message(response)

    async def quick_join_group(
        self, order: PlaceOrderRequest, *, timeout_s: float | None = None
    ) -> QuickJoinGroupResponse:
        """Places an order that joins the best group there is: of the same activity, not full, not one of the buyer's own, closest to
        completion, then the oldest. Where there is none it opens one. One call: whoever is faster elsewhere costs the buyer nothing.
        """
        request = group_buy_pb2.QuickJoinGroupRequest(order=order.to_message())
        response = await self._link.unary(_QUICK_JOIN_GROUP, request, timeout_s)
        return QuickJoinGroupResponse.from_message(response)

    async def leave_group(
        self, order_id: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> bool:
        """Gives up a place: cancels an order that is not paid, refunds one that is. Of a leader who leaves, the next member takes over;
        a leader who was alone takes the group along. A completed group lets nobody go; refund the order instead.
        """
        request = group_buy_pb2.LeaveGroupRequest(request_id=request_id or new_request_id(), order_id=order_id)
        response = await self._link.unary(_LEAVE_GROUP, request, timeout_s)
        return response.refunded

    async def get_group_buy(
        self, activity_id: str, language: str = "", *, timeout_s: float | None = None
    ) -> GetGroupBuyResponse:
        """Reads a group buy: what it sells at which prices, and its rules in words, which say what the rule file says."""
        request = group_buy_pb2.GetGroupBuyRequest(activity_id=activity_id, language=language)
        response = await self._link.unary(_GET_GROUP_BUY, request, timeout_s)
        return GetGroupBuyResponse.from_message(response)

    async def get_group(
        self, group_id: str = "", share_code: str = "", *, timeout_s: float | None = None
    ) -> GetGroupResponse:
        """Reads one group with its members."""
        request = group_buy_pb2.GetGroupRequest(group_id=group_id, share_code=share_code)
        response = await self._link.unary(_GET_GROUP, request, timeout_s)
        return GetGroupResponse.from_message(response)

    async def get_draw(self, group_id: str, *, timeout_s: float | None = None) -> GetDrawResponse:
        """Reads the draw of a lottery group, as it is published so far: what anybody needs to draw again. See docs/draws.md."""
        request = group_buy_pb2.GetDrawRequest(group_id=group_id)
        response = await self._link.unary(_GET_DRAW, request, timeout_s)
        return GetDrawResponse.from_message(response)

    async def list_joinable_groups(
        self, activity_id: str, buyer_id: str = "", page_size: int = 0, *, timeout_s: float | None = None
    ) -> AsyncIterator[Group]:
        """Lists the groups of an activity that can be joined: those closest to completion first, then the oldest."""
        request = group_buy_pb2.ListJoinableGroupsRequest(
            activity_id=activity_id, buyer_id=buyer_id, page_size=page_size
        )
        while True:
            page = await self._link.unary(_LIST_JOINABLE_GROUPS, request, timeout_s)
            for item in page.groups:
                yield Group.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def list_my_groups(
        self, buyer_id: str, page_size: int = 0, *, timeout_s: float | None = None
    ) -> AsyncIterator[MyGroup]:
        """Lists the groups that a buyer is or was in, the latest first."""
        request = group_buy_pb2.ListMyGroupsRequest(buyer_id=buyer_id, page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_MY_GROUPS, request, timeout_s)
            for item in page.groups:
                yield MyGroup.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def list_fastest_groups(
        self, activity_id: str, page_size: int = 0, *, timeout_s: float | None = None
    ) -> AsyncIterator[Group]:
        """Lists the completed groups of an activity, the fastest first."""
        request = group_buy_pb2.ListFastestGroupsRequest(activity_id=activity_id, page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_FASTEST_GROUPS, request, timeout_s)
            for item in page.groups:
                yield Group.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def cheer_group(
        self, group_id: str, buyer_id: str, cheer: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> None:
        """Sends a word of encouragement to the group; everybody who watches it hears of it. A member has five a minute."""
        request = group_buy_pb2.CheerGroupRequest(
            request_id=request_id or new_request_id(), group_id=group_id, buyer_id=buyer_id, cheer=cheer
        )
        await self._link.unary(_CHEER_GROUP, request, timeout_s)

    async def watch_group(self, group_id: str, resume_token: str = "") -> AsyncIterator[WatchGroupResponse]:
        """Follows a group: as it is now, then whenever something happens to it. Ends with the group, a lottery with its draw."""
        request = group_buy_pb2.WatchGroupRequest(group_id=group_id, resume_token=resume_token)
        async for response in self._link.resumed(_WATCH_GROUP, request):
            yield WatchGroupResponse.from_message(response)

    async def watch_activity(self, activity_id: str, resume_token: str = "") -> AsyncIterator[WatchActivityResponse]:
        """Follows all groups of an activity: first those that can be joined, then each that something happens to, new ones among them.
        Goes on until the caller ends it.
        """
        request = group_buy_pb2.WatchActivityRequest(activity_id=activity_id, resume_token=resume_token)
        async for response in self._link.resumed(_WATCH_ACTIVITY, request):
            yield WatchActivityResponse.from_message(response)
