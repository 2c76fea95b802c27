"""What happened, in the order in which the claims store decided it, into groups: read, change, write, and see to what follows.

Everything is one SQL transaction: the group, its members' orders, and the errands (refunds, rebates, rewards), each a job of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from copy import copy
from dataclasses import replace

from tuan.plugin import (
    Event,
    Order,
    OrderState,
    RefundCause,
    Unit,
    grant_reward,
    group_of_seats,
    rebate_order,
    refund_order,
)
from tuan_group_buy import events
from tuan_group_buy.group import Deed, Group, GroupState, Member
from tuan_group_buy.jobs import DRAW, END_WINDOW, FREE_LEADER, OPEN_SEATS, VACATE
from tuan_group_buy.lots.drawing import announce_draw, freeze_draw, reveal_draw, tell_of_draw
from tuan_group_buy.newcomers import is_new
from tuan_group_buy.notices import REMIND, TELL_FAILED, remind_time_ms
from tuan_group_buy.offer import Offer, Promised
from tuan_group_buy.prepaid import rebates_by_order
from tuan_group_buy.rewards import reward
from tuan_group_buy.tables import find_one, group_of_order, put

Deeds = Sequence[tuple[Deed, Member]]


class Reactions:
    """`offer_of`: of an activity by its id, also of one that is closed."""

    def __init__(self, offer_of: Callable[[str, Unit], Offer]) -> None:
        self._offer_of = offer_of
        self._by_kind = {
            events.ORDER_PAID: self._paid,
            events.OPENED: self._opened,
            events.FILLED: self._filled,
            events.WINDOW_OVER: self._window_over,
            events.DRAW_DUE: self._draw_due,
            events.REFUND_REQUESTED: self._refund_requested,
            events.ORDER_COMPLETED: self._received,
        }

    def react(self, event: Event, unit: Unit) -> None:
        self._by_kind[event.kind](event, unit)

    def _paid(self, event: Event, unit: Unit) -> None:
        """`time_ms` of the event is the claims store's time at which the payment was taken: the window begins with the leader's."""
        data, kept = event.data, event.data["kept"]
        order_id, caller, buyer = str(data["order_id"]), str(data["caller"]), str(data["buyer"])
        group = find_one(unit.connection, str(kept["group_id"]) or order_id)
        newness = kept["is_new"] if kept["is_new"] is not None else is_new(unit, caller, buyer, order_id)
        member = Member(order_id, caller, buyer, newness, event.time_ms)
        if group is not None:
            self._change(group, lambda: group.pay(member), event, unit)
        elif not kept["group_id"]:
            self._open(member, event, unit)

    def _open(self, leader: Member, event: Event, unit: Unit) -> None:
        offer = self._offer_of(event.activity_id, unit)
        group = Group(
            leader.order_id,
            event.activity_id,
            offer.seats,
            offer.members_min,
            offer.min_new,
            event.time_ms,
            event.time_ms + offer.window_ms,
            leader.order_id,
            prizes=offer.prizes,
        )
        if offer.prizes:
            announce_draw(unit, group, offer, event.time_ms)
        self._change(group, lambda: group.pay(leader), event, unit)
        unit.jobs.add(OPEN_SEATS, group.group_id, event.time_ms, {"group_id": group.group_id})
        unit.jobs.add(REMIND, group.group_id, remind_time_ms(group), {"group_id": group.group_id})
        unit.jobs.add(END_WINDOW, group.group_id, group.expire_time_ms, {"group_id": group.group_id})

    def _opened(self, event: Event, unit: Unit) -> None:
        group = find_one(unit.connection, event.subject)
        if group is None:
            return
        self._change(group, group.let_in, event, unit)

    def _filled(self, event: Event, unit: Unit) -> None:
        group_id = group_of_seats(str(event.data["counter"]))
        if not group_id:
            return
        group = find_one(unit.connection, group_id)
        if group is not None:
            self._change(group, lambda: group.fill(event.time_ms), event, unit)

    def _window_over(self, event: Event, unit: Unit) -> None:
        group = find_one(unit.connection, event.subject)
        if group is not None:
            fill = self._offer_of(group.activity_id, unit).virtual_fill
            self._change(group, lambda: group.run_out(int(event.data["paid"]), fill, event.time_ms), event, unit)

    def _draw_due(self, event: Event, unit: Unit) -> None:
        group = find_one(unit.connection, event.subject)
        if group is not None and group.state is GroupState.DRAWING:
            record = reveal_draw(unit, group, event.time_ms)
            self._change(group, lambda: group.draw(record.revealed.winners), event, unit)
            tell_of_draw(unit, group, record, event.time_ms)

    def _refund_requested(self, event: Event, unit: Unit) -> None:
        """A refund of some units leaves the member where they are; one of all makes room."""
        group_id = group_of_order(unit.connection, event.subject)
        order = unit.orders.get(event.subject) if group_id is not None else None
        if group_id is None or order is None or order.state not in (OrderState.REFUNDING, OrderState.REFUNDED):
            return
        group = find_one(unit.connection, group_id)
        if group is not None:
            self._change(group, lambda: group.leave(event.subject, event.time_ms), event, unit)

    def _received(self, event: Event, unit: Unit) -> None:
        """The goods are with their buyer: what was promised for then."""
        group_id = group_of_order(unit.connection, event.subject)
        group = find_one(unit.connection, group_id) if group_id is not None else None
        if group is not None and group.state is GroupState.COMPLETED:
            offer = self._offer_of(group.activity_id, unit)
            if offer.after_receipt:
                received = [member for member in group.present() if member.order_id == event.subject]
                self._reward(offer, group, received, event.time_ms, unit)

    def _change(self, group: Group, step: Callable[[], Deeds], event: Event, unit: Unit) -> None:
        """Nothing where the step changes nothing: events come at least once."""
        # Members are flat: their copies are made by hand, since deepcopy takes 5 ms for a group of 200.
        before = replace(group, members=list(map(copy, group.members)))
        deeds = step()
        if group == before:
            return
        group.version += 1
        # A group that has not been put yet is put whole.
        put(unit.connection, group, before if before.version else None)
        for deed, member in deeds:
            self._do(deed, member, group, event.time_ms, unit)
        if group.state is not before.state and not group.undecided:
            self._ended(group, deeds, event.time_ms, unit)
        data = {"group_id": group.group_id, "state": group.state.value, "version": group.version}
        unit.outbox.add(events.CHANGED, group.group_id, group.activity_id, event.time_ms, data)

    def _do(self, deed: Deed, member: Member, group: Group, time_ms: int, unit: Unit) -> None:
        match deed:
            case Deed.SHIP:
                _ready_to_ship(unit, member.order_id, group.activity_id, time_ms)
            case Deed.REFUND:
                lost = group.prizes and group.state is GroupState.COMPLETED
                cause = RefundCause.LOTTERY_LOST if lost else RefundCause.GROUP_FAILED
                refund_order(unit, member.order_id, member.order_id, cause, time_ms)
            case Deed.VACATE:
                unit.jobs.add(VACATE, group.group_id, time_ms, {"group_id": group.group_id})

    def _ended(self, group: Group, deeds: Deeds, time_ms: int, unit: Unit) -> None:
        offer = self._offer_of(group.activity_id, unit)
        unit.jobs.add(FREE_LEADER, group.group_id, time_ms, {"group_id": group.group_id})
        refunded = [member for deed, member in deeds if deed is Deed.REFUND]
        if group.state is GroupState.DRAWING:
            unit.jobs.add(DRAW, group.group_id, freeze_draw(unit, group), {"group_id": group.group_id})
        elif group.state is GroupState.COMPLETED:
            served = [member for deed, member in deeds if deed is Deed.SHIP]
            for order_id, amount_minor in rebates_by_order(offer, group.reached, _orders(unit, served), unit):
                rebate_order(unit, order_id, order_id, amount_minor, time_ms)
            if not offer.after_receipt:
                self._reward(offer, group, [*served, *refunded], time_ms, unit)
            self._give("losing", offer.losing, refunded, time_ms, unit)
        elif group.state is GroupState.FAILED:
            self._give("consolation", offer.consolation, refunded, time_ms, unit)
            unit.jobs.add(TELL_FAILED, group.group_id, time_ms, {"group_id": group.group_id})

    def _reward(self, offer: Offer, group: Group, members: Sequence[Member], time_ms: int, unit: Unit) -> None:
        """What a complete group promises to these of its members."""
        openers = [member for member in members if member.order_id == group.group_id]
        leaders = [member for member in members if member.order_id == group.leader_order_id]
        self._give("opener", offer.opener, openers, time_ms, unit)
        self._give("leader", offer.leader, leaders, time_ms, unit)
        self._give("cashback", offer.cashback, members, time_ms, unit)

    def _give(self, reason: str, promised: Sequence[Promised], to: Iterable[Member], time_ms: int, unit: Unit) -> None:
        for member in to:
            for number, (kind, value) in enumerate(promised):
                reward_id = f"{reason}/{number}/{member.order_id}"
                grant_reward(unit, kind, reward(reward_id, member.buyer, reason, time_ms, member.caller, value))


def _orders(unit: Unit, members: Sequence[Member]) -> list[Order]:
    orders = [unit.orders.get(member.order_id) for member in members]
    return [order for order in orders if order is not None]


def _ready_to_ship(unit: Unit, order_id: str, activity_id: str, time_ms: int) -> None:
    """Unless its buyer has left in the last moment."""
    order = unit.orders.lock(order_id)
    if order is not None and order.state is OrderState.PAID:
        unit.orders.move(order_id, OrderState.READY_TO_SHIP, time_ms)
        data = {"order_id": order_id, "buyer": order.placed.buyer, "caller": order.placed.caller}
        unit.outbox.add("order.ready_to_ship", order_id, activity_id, time_ms, data)
