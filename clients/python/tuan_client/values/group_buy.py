# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `group_buy.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tuan_api.v1 import group_buy_pb2
from tuan_client.convert import (
    WireEnum,
    duration_from_message,
    time_from_message,
)
from tuan_client.values.money import Money
from tuan_client.values.order import PlacedOrder, Refusal


class GroupState(WireEnum):
    """Where a group is in its life."""

    UNSPECIFIED = 0
    """Never sent."""
    OPENING = 1
    """Its leader has paid; in a moment it can be joined."""
    OPEN = 2
    """It can be joined."""
    COMPLETED = 3
    """Enough have paid in time: the goods are on their way."""
    FAILED = 4
    """Its time ran out; everybody's money is on its way back."""
    CANCELLED = 5
    """Its leader left and nobody else had paid."""
    DRAWING = 6
    """Complete; who of its members wins is drawn at the published time."""


class MemberState(WireEnum):
    """Where a member is."""

    UNSPECIFIED = 0
    """Never sent."""
    PAID = 1
    """Has paid."""
    LEFT = 2
    """Left before the group was decided, or is leaving."""
    REFUNDED = 3
    """Gets the money back: the group failed or was cancelled, or the money came after its end."""


@dataclass(frozen=True, slots=True)
class GroupStep:
    """A number of members and what a unit costs each of them then."""

    members: int
    """Members who have paid."""
    unit_price: Money
    """Price of one unit."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.GroupStep) -> GroupStep:
        return cls(
            members=message.members,
            unit_price=Money.from_message(message.unit_price),
        )


@dataclass(frozen=True, slots=True)
class GroupMember:
    """Somebody in a group."""

    state: MemberState
    """Where the member is."""
    join_time: datetime
    """When the payment was taken."""
    buyer_id: str = ""
    """Pseudonym; empty where another application placed the order."""
    leads: bool = False
    """Leads the group."""
    is_new: bool = False
    """Had never paid for an order when they joined."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.GroupMember) -> GroupMember:
        return cls(
            buyer_id=message.buyer_id,
            state=MemberState(message.state),
            leads=message.leads,
            is_new=message.is_new,
            join_time=time_from_message(message.join_time),
        )


@dataclass(frozen=True, slots=True)
class Group:
    """A group of buyers."""

    group_id: str
    """Its id: that of the order that opened it."""
    activity_id: str
    """The activity that it is of."""
    state: GroupState
    """Where it is in its life."""
    seats: int
    """Seats: members that it can have. A group that has so many completes at once."""
    paid: int
    """Members who have paid."""
    steps: tuple[GroupStep, ...]
    """Prices by members, the highest first. Everybody pays the first; what a group reaches beyond is given back when it completes.
    One step: an ordinary group.
    """
    share_code: str
    """To be passed on; JoinGroup takes it in the place of the id."""
    open_time: datetime
    """When its leader's payment was taken: the beginning of its window."""
    expire_time: datetime
    """Paid seats count up to, not at, this instant."""
    min_new_members: int = 0
    """At least so many members have to be new."""
    new_members_missing: int = 0
    """Of those, so many are still missing; the seats that are left beyond are for anybody."""
    end_time: datetime | None = None
    """When it was decided; not set while it is open."""
    virtual_members: int = 0
    """Of a completed group: seats that the merchant filled when its time was up (虚拟成团). Nobody sits there; buyers have to be told."""
    members: tuple[GroupMember, ...] = ()
    """In the order of their payments; only where a single group is read or watched."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.Group) -> Group:
        return cls(
            group_id=message.group_id,
            activity_id=message.activity_id,
            state=GroupState(message.state),
            seats=message.seats,
            paid=message.paid,
            steps=tuple(GroupStep.from_message(item) for item in message.steps),
            min_new_members=message.min_new_members,
            new_members_missing=message.new_members_missing,
            share_code=message.share_code,
            open_time=time_from_message(message.open_time),
            expire_time=time_from_message(message.expire_time),
            end_time=time_from_message(message.end_time) if message.HasField("end_time") else None,
            virtual_members=message.virtual_members,
            members=tuple(GroupMember.from_message(item) for item in message.members),
        )


@dataclass(frozen=True, slots=True)
class OpenGroupResponse:
    """The order that opens a group, or why there is none."""

    placed: PlacedOrder | None = None
    """The order that was placed."""
    refusal: Refusal | None = None
    """A business answer, as for PlaceOrder."""
    group_id: str = ""
    """The group that it opens; empty where it was refused."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.OpenGroupResponse) -> OpenGroupResponse:
        return cls(
            placed=PlacedOrder.from_message(message.placed) if message.HasField("placed") else None,
            refusal=Refusal.from_message(message.refusal) if message.HasField("refusal") else None,
            group_id=message.group_id,
        )


@dataclass(frozen=True, slots=True)
class JoinGroupResponse:
    """The order that joins a group, or why there is none."""

    placed: PlacedOrder | None = None
    """The order that was placed."""
    refusal: Refusal | None = None
    """A business answer, as for PlaceOrder."""
    group_id: str = ""
    """The group that it joins or opens; empty where it was refused."""
    opened: bool = False
    """It opens a group of its own."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.JoinGroupResponse) -> JoinGroupResponse:
        return cls(
            placed=PlacedOrder.from_message(message.placed) if message.HasField("placed") else None,
            refusal=Refusal.from_message(message.refusal) if message.HasField("refusal") else None,
            group_id=message.group_id,
            opened=message.opened,
        )


@dataclass(frozen=True, slots=True)
class QuickJoinGroupResponse:
    """The order that joins or opens a group, or why there is none."""

    placed: PlacedOrder | None = None
    """The order that was placed."""
    refusal: Refusal | None = None
    """A business answer, as for PlaceOrder."""
    group_id: str = ""
    """The group that it joins or opens; empty where it was refused."""
    opened: bool = False
    """It opens a group of its own."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.QuickJoinGroupResponse) -> QuickJoinGroupResponse:
        return cls(
            placed=PlacedOrder.from_message(message.placed) if message.HasField("placed") else None,
            refusal=Refusal.from_message(message.refusal) if message.HasField("refusal") else None,
            group_id=message.group_id,
            opened=message.opened,
        )


@dataclass(frozen=True, slots=True)
class GetGroupBuyResponse:
    """A group buy."""

    activity_id: str
    """The activity that an order's lines name."""
    items: tuple[GroupItem, ...]
    """What it sells."""
    seats: int
    """Seats of a group."""
    open_until_time: datetime
    """Groups may be opened up to, not at, this instant."""
    server_time: datetime
    """The server's clock."""
    title: str = ""
    """For a person."""
    min_new_members: int = 0
    """At least so many members of a group have to be new."""
    rules: tuple[RuleSection, ...] = ()
    """The rules in words (成团条件, 退款流程, 有效期), generated from the rule file."""
    odds: OddsDisclosure | None = None
    """Of a lottery (抽奖团); not set: everybody gets the goods."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.GetGroupBuyResponse) -> GetGroupBuyResponse:
        return cls(
            activity_id=message.activity_id,
            title=message.title,
            items=tuple(GroupItem.from_message(item) for item in message.items),
            seats=message.seats,
            min_new_members=message.min_new_members,
            open_until_time=time_from_message(message.open_until_time),
            rules=tuple(RuleSection.from_message(item) for item in message.rules),
            server_time=time_from_message(message.server_time),
            odds=OddsDisclosure.from_message(message.odds) if message.HasField("odds") else None,
        )


@dataclass(frozen=True, slots=True)
class GroupItem:
    """Goods of a group buy."""

    sku: str
    """SKU code."""
    list_price: Money
    """Price of one unit outside of groups."""
    steps: tuple[GroupStep, ...]
    """Prices by members, the highest first."""
    title: str = ""
    """For a person."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.GroupItem) -> GroupItem:
        return cls(
            sku=message.sku,
            title=message.title,
            list_price=Money.from_message(message.list_price),
            steps=tuple(GroupStep.from_message(item) for item in message.steps),
        )


@dataclass(frozen=True, slots=True)
class RuleSection:
    """A part of the rules in words."""

    kind: str
    """What it is about: "conditions", "validity", "refund", "odds", "limits" or "rewards"."""
    title: str
    """Its heading."""
    sentences: tuple[str, ...]
    """Whole sentences."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.RuleSection) -> RuleSection:
        return cls(
            kind=message.kind,
            title=message.title,
            sentences=tuple(message.sentences),
        )


@dataclass(frozen=True, slots=True)
class GetGroupResponse:
    """A group."""

    group: Group
    """As it is now, with its members."""
    server_time: datetime
    """The server's clock, for the countdown."""
    similar_skus: tuple[str, ...] = ()
    """Of a group that failed: other goods of the same category that are in stock, nearest in price first. A hint."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.GetGroupResponse) -> GetGroupResponse:
        return cls(
            group=Group.from_message(message.group),
            server_time=time_from_message(message.server_time),
            similar_skus=tuple(message.similar_skus),
        )


@dataclass(frozen=True, slots=True)
class OddsDisclosure:
    """What is known of a lottery before anybody joins (概率公示)."""

    prizes: int
    """So many members win the goods."""
    entrants_max: int
    """Of at most so many."""
    odds_ppm: int
    """The least chance of each, in millionths."""
    draw_delay: timedelta
    """The draw is so long after completion."""
    method: str
    """How it is drawn: the format of the documents, which names the method."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.OddsDisclosure) -> OddsDisclosure:
        return cls(
            prizes=message.prizes,
            entrants_max=message.entrants_max,
            odds_ppm=message.odds_ppm,
            draw_delay=duration_from_message(message.draw_delay),
            method=message.method,
        )


@dataclass(frozen=True, slots=True)
class GetDrawResponse:
    """The documents of a draw, as canonical JSON. Entrants are named by their orders."""

    announcement: str
    """Prizes, odds, time and the fingerprint of the seed; there before anybody could join."""
    announcement_hash: str
    """SHA-256 of the announcement, to be kept by whoever joins."""
    odds: OddsDisclosure
    """The terms, as the announcement has them."""
    entrants: str = ""
    """The entrants; from completion on."""
    entrants_hash: str = ""
    """SHA-256 of the list of entrants, to be kept, too."""
    record: str = ""
    """The whole record with seed and winners, for `tuan verify-draw` and docs/verify_draw.py; from the draw on."""
    draw_time: datetime | None = None
    """Not drawn before it; not set until the group is complete."""
    winner_order_ids: tuple[str, ...] = ()
    """The orders that won, in the order in which they were drawn."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.GetDrawResponse) -> GetDrawResponse:
        return cls(
            announcement=message.announcement,
            announcement_hash=message.announcement_hash,
            entrants=message.entrants,
            entrants_hash=message.entrants_hash,
            record=message.record,
            odds=OddsDisclosure.from_message(message.odds),
            draw_time=time_from_message(message.draw_time) if message.HasField("draw_time") else None,
            winner_order_ids=tuple(message.winner_order_ids),
        )


@dataclass(frozen=True, slots=True)
class MyGroup:
    """A group as one of its members has it."""

    group: Group
    """The group."""
    order_id: str
    """The order by which the buyer is in it."""
    state: MemberState
    """Where the buyer is."""
    leads: bool = False
    """The buyer leads it."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.MyGroup) -> MyGroup:
        return cls(
            group=Group.from_message(message.group),
            order_id=message.order_id,
            state=MemberState(message.state),
            leads=message.leads,
        )


@dataclass(frozen=True, slots=True)
class WatchGroupResponse:
    """A group at one moment."""

    group: Group
    """The group with its members."""
    server_time: datetime
    """The server's clock."""
    resume_token: str
    """To follow on from here after a broken connection; opaque."""
    cheers: tuple[Cheer, ...] = ()
    """Cheers since the answer before."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.WatchGroupResponse) -> WatchGroupResponse:
        return cls(
            group=Group.from_message(message.group),
            cheers=tuple(Cheer.from_message(item) for item in message.cheers),
            server_time=time_from_message(message.server_time),
            resume_token=message.resume_token,
        )


@dataclass(frozen=True, slots=True)
class WatchActivityResponse:
    """Groups at one moment."""

    server_time: datetime
    """The server's clock, for countdowns."""
    groups: tuple[Group, ...] = ()
    """Groups with their members, 100 at most. Of the first answers those that can be joined, closest to completion first; none where there
    are none. Then the one that is another now: with its last seat, or when its time was up, in a state in which nobody joins.
    """
    resume_token: str = ""
    """To follow on from here after a broken connection; opaque. Empty while more of the first answers are to come: begin anew then."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.WatchActivityResponse) -> WatchActivityResponse:
        return cls(
            groups=tuple(Group.from_message(item) for item in message.groups),
            server_time=time_from_message(message.server_time),
            resume_token=message.resume_token,
        )


@dataclass(frozen=True, slots=True)
class Cheer:
    """A word of encouragement."""

    cheer: str
    """Which of the shop's cheers."""
    send_time: datetime
    """When it was sent."""
    buyer_id: str = ""
    """Pseudonym of the member; empty where another application sent it."""

    @classmethod
    def from_message(cls, message: group_buy_pb2.Cheer) -> Cheer:
        return cls(
            buyer_id=message.buyer_id,
            cheer=message.cheer,
            send_time=time_from_message(message.send_time),
        )
