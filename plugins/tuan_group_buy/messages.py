"""Groups as messages of the API."""

from __future__ import annotations

from google.protobuf.timestamp_pb2 import Timestamp

from tuan.plugin import Sku
from tuan_api.v1 import group_buy_pb2 as pb
from tuan_api.v1.money_pb2 import Money
from tuan_group_buy.group import Group, GroupState, Member, MemberState
from tuan_group_buy.offer import Offer
from tuan_group_buy.share_code import share_code

_STATES = {state: pb.GroupState.Value(f"GROUP_STATE_{state.name}") for state in GroupState}
MEMBER_STATES = {state: pb.MemberState.Value(f"MEMBER_STATE_{state.name}") for state in MemberState}


def group_message(group: Group, offer: Offer, sku: Sku | None, caller: str, with_members: bool) -> pb.Group:
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
        open_time=timestamp(group.open_time_ms),
        expire_time=timestamp(group.expire_time_ms),
        end_time=timestamp(group.end_time_ms) if group.end_time_ms else None,
    )
    if with_members:
        message.members.extend(_member(member, group, caller) for member in group.members)
    return message


def timestamp(time_ms: int) -> Timestamp:
    return Timestamp(seconds=time_ms // 1_000, nanos=time_ms % 1_000 * 1_000_000)


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
        state=MEMBER_STATES[member.state],
        leads=member.order_id == group.leader_order_id,
        is_new=member.is_new,
        join_time=timestamp(member.join_time_ms),
    )
