# Generated from the .proto files by `make protos`. Change those, not this.
"""`GroupBuyService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Iterator

from tuan_client.aio.group_buy import AsyncGroupBuyService
from tuan_client.loop_thread import LoopThread
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


class GroupBuyService:
    """Group buying. A place in a group is an order: whoever places one in a group buy's activity opens a group or joins one, and becomes
    a member when it is paid. OrderService.PlaceOrder and BatchPlaceOrders do that too, by `group_id`; the calls here find the group.
    """

    def __init__(self, service: AsyncGroupBuyService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def open_group(self, order: PlaceOrderRequest, *, timeout_s: float | None = None) -> OpenGroupResponse:
        """Places an order that opens a group. The group is there for others once its leader has paid; its window runs from then."""
        return self._loop.run(self._service.open_group(order, timeout_s=timeout_s))

    def join_group(
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
        return self._loop.run(self._service.join_group(order, group_id, share_code, any_group, timeout_s=timeout_s))

    def quick_join_group(self, order: PlaceOrderRequest, *, timeout_s: float | None = None) -> QuickJoinGroupResponse:
        """Places an order that joins the best group there is: of the same activity, not full, not one of the buyer's own, closest to
        completion, then the oldest. Where there is none it opens one. One call: whoever is faster elsewhere costs the buyer nothing.
        """
        return self._loop.run(self._service.quick_join_group(order, timeout_s=timeout_s))

    def leave_group(self, order_id: str, *, request_id: str | None = None, timeout_s: float | None = None) -> bool:
        """Gives up a place: cancels an order that is not paid, refunds one that is. Of a leader who leaves, the next member takes over;
        a leader who was alone takes the group along. A completed group lets nobody go; refund the order instead.
        """
        return self._loop.run(self._service.leave_group(order_id, request_id=request_id, timeout_s=timeout_s))

    def get_group_buy(
        self, activity_id: str, language: str = "", *, timeout_s: float | None = None
    ) -> GetGroupBuyResponse:
        """Reads a group buy: what it sells at which prices, and its rules in words, which say what the rule file says."""
        return self._loop.run(self._service.get_group_buy(activity_id, language, timeout_s=timeout_s))

    def get_group(
        self, group_id: str = "", share_code: str = "", *, timeout_s: float | None = None
    ) -> GetGroupResponse:
        """Reads one group with its members."""
        return self._loop.run(self._service.get_group(group_id, share_code, timeout_s=timeout_s))

    def get_draw(self, group_id: str, *, timeout_s: float | None = None) -> GetDrawResponse:
        """Reads the draw of a lottery group, as it is published so far: what anybody needs to draw again. See docs/draws.md."""
        return self._loop.run(self._service.get_draw(group_id, timeout_s=timeout_s))

    def list_joinable_groups(
        self, activity_id: str, buyer_id: str = "", page_size: int = 0, *, timeout_s: float | None = None
    ) -> Iterator[Group]:
        """Lists the groups of an activity that can be joined: those closest to completion first, then the oldest."""
        return self._loop.iterate(
            self._service.list_joinable_groups(activity_id, buyer_id, page_size, timeout_s=timeout_s)
        )

    def list_my_groups(self, buyer_id: str, page_size: int = 0, *, timeout_s: float | None = None) -> Iterator[MyGroup]:
        """Lists the groups that a buyer is or was in, the latest first."""
        return self._loop.iterate(self._service.list_my_groups(buyer_id, page_size, timeout_s=timeout_s))

    def list_fastest_groups(
        self, activity_id: str, page_size: int = 0, *, timeout_s: float | None = None
    ) -> Iterator[Group]:
        """Lists the completed groups of an activity, the fastest first."""
        return self._loop.iterate(self._service.list_fastest_groups(activity_id, page_size, timeout_s=timeout_s))

    def cheer_group(
        self, group_id: str, buyer_id: str, cheer: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> None:
        """Sends a word of encouragement to the group; everybody who watches it hears of it. A member has five a minute."""
        self._loop.run(self._service.cheer_group(group_id, buyer_id, cheer, request_id=request_id, timeout_s=timeout_s))

    def watch_group(self, group_id: str, resume_token: str = "") -> Iterator[WatchGroupResponse]:
        """Follows a group: as it is now, then whenever something happens to it. Ends with the group, a lottery with its draw."""
        return self._loop.iterate(self._service.watch_group(group_id, resume_token))

    def watch_activity(self, activity_id: str, resume_token: str = "") -> Iterator[WatchActivityResponse]:
        """Follows all groups of an activity: first those that can be joined, then each that something happens to, new ones among them.
        Goes on until the caller ends it.
        """
        return self._loop.iterate(self._service.watch_activity(activity_id, resume_token))
