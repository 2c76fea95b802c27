"""Wrong requests to the service of group buys."""

from __future__ import annotations

from typing import Any

from tests.contract.api.cases import NOBODY, Case, ids
from tests.contract.api.world import World
from tuan_api.v1 import group_buy_pb2 as g

GROUPS = "GroupBuyService"


def _cheer(world: World, **fields: Any) -> g.CheerGroupRequest:
    defaults = {"request_id": world.new_id(), "group_id": NOBODY, "buyer_id": "b", "cheer": "go"}
    return g.CheerGroupRequest(**{**defaults, **fields})


def _leave(world: World, **fields: Any) -> g.LeaveGroupRequest:
    return g.LeaveGroupRequest(**{"request_id": world.new_id(), "order_id": NOBODY, **fields})


CASES = [
    *(
        Case(
            f"{GROUPS}.{name}",
            "activity-unknown",
            lambda world, request=request: request(order=world.order(activity_id=NOBODY)),  # type: ignore[misc]
            "ACTIVITY_NOT_FOUND",
        )
        for name, request in (("OpenGroup", g.OpenGroupRequest), ("QuickJoinGroup", g.QuickJoinGroupRequest))
    ),
    Case(
        f"{GROUPS}.JoinGroup",
        "group-unknown",
        lambda world: g.JoinGroupRequest(order=world.order(activity_id=world.activity_id), group_id=NOBODY),
        "ACTIVITY_NOT_FOUND",
    ),
    *ids(f"{GROUPS}.LeaveGroup", "request_id", lambda world, value: _leave(world, request_id=value)),
    *ids(f"{GROUPS}.LeaveGroup", "order_id", lambda world, value: _leave(world, order_id=value)),
    Case(f"{GROUPS}.LeaveGroup", "order-unknown", _leave, "ORDER_NOT_FOUND"),
    Case(
        f"{GROUPS}.LeaveGroup",
        "order-of-another-application",
        lambda world: _leave(world, order_id=world.paid_order),
        "ORDER_NOT_FOUND",
        theirs=True,
    ),
    *(
        Case(f"{GROUPS}.{name}", "activity-unknown", lambda world, made=made: made, "ACTIVITY_NOT_FOUND")  # type: ignore[misc]
        for name, made in (
            ("GetGroupBuy", g.GetGroupBuyRequest(activity_id=NOBODY)),
            ("ListJoinableGroups", g.ListJoinableGroupsRequest(activity_id=NOBODY)),
            ("ListFastestGroups", g.ListFastestGroupsRequest(activity_id=NOBODY)),
            ("WatchActivity", g.WatchActivityRequest(activity_id=NOBODY)),
        )
    ),
    *(
        Case(f"{GROUPS}.{name}", "group-unknown", lambda world, made=made: made, "GROUP_NOT_FOUND")  # type: ignore[misc]
        for name, made in (
            ("GetGroup", g.GetGroupRequest(group_id=NOBODY)),
            ("GetDraw", g.GetDrawRequest(group_id=NOBODY)),
            ("WatchGroup", g.WatchGroupRequest(group_id=NOBODY)),
        )
    ),
    *ids(f"{GROUPS}.GetDraw", "group_id", lambda world, value: g.GetDrawRequest(group_id=value)),
    *ids(f"{GROUPS}.WatchGroup", "group_id", lambda world, value: g.WatchGroupRequest(group_id=value)),
    *ids(f"{GROUPS}.ListMyGroups", "buyer_id", lambda world, value: g.ListMyGroupsRequest(buyer_id=value)),
    Case(
        f"{GROUPS}.ListMyGroups",
        "page_token-foreign",
        lambda world: g.ListMyGroupsRequest(buyer_id="b", page_token=world.page_token),
        "PAGE_TOKEN_INVALID",
    ),
    *ids(f"{GROUPS}.CheerGroup", "request_id", lambda world, value: _cheer(world, request_id=value)),
    *ids(f"{GROUPS}.CheerGroup", "buyer_id", lambda world, value: _cheer(world, buyer_id=value)),
    *ids(f"{GROUPS}.CheerGroup", "group_id", lambda world, value: _cheer(world, group_id=value)),
    *ids(f"{GROUPS}.CheerGroup", "cheer", lambda world, value: _cheer(world, cheer=value)),
    Case(f"{GROUPS}.CheerGroup", "group-unknown", _cheer, "GROUP_NOT_FOUND"),
]
