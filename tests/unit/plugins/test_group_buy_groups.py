"""The life of a group against a plain reference, with virtual time.

Goal: a group completes exactly when its seats are paid in time, nobody is paid and out, and whatever is told twice counts once. Method:
Hypothesis plays buyers, clock and claims store: seats are held, paid, left and given back by the rules of the store; after each step the
group is compared with a reference that knows nothing of states and only counts.
"""

from __future__ import annotations

import os
from copy import deepcopy

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tuan_group_buy.group import Deed, Group, GroupState, Member, MemberState

WINDOW_MS = 100
#: With so many the campaign is long.
LONG = os.environ.get("TUAN_CAMPAIGN") == "long"
SEATS_MAX = 4


class Groups(RuleBasedStateMachine):
    """`taken`: orders whose seats the store has confirmed and not given back; once it is `settled` nothing comes back any more.
    `told`: what the group was told so far, to be told again.
    """

    @initialize(
        seats=st.integers(2, SEATS_MAX),
        members_min=st.integers(2, SEATS_MAX),
        min_new=st.integers(0, 1),
        fill=st.integers(0, 1),
        prizes=st.integers(0, 1),
    )
    def open(self, seats: int, members_min: int, min_new: int, fill: int, prizes: int) -> None:
        self.now_ms = 0
        self.fill = fill
        self.group = Group("o0", "a", seats, min(members_min, seats), min_new, 0, WINDOW_MS, "o0", prizes=prizes)
        self.deeds: list[tuple[Deed, str]] = []
        self.taken = ["o0"]
        self.new: dict[str, bool] = {"o0": False}
        self.settled = False
        self.filled_ms = 0
        self.orders = 1
        self.gone: set[str] = set()
        self.told: list[tuple[str, tuple[object, ...]]] = []
        self.tell("pay", Member("o0", "shop", "b0", False, 0))
        self.tell("let_in")

    def tell(self, step: str, *arguments: object) -> None:
        self.told.append((step, deepcopy(arguments)))
        self.deeds += [(deed, member.order_id) for deed, member in getattr(self.group, step)(*arguments)]

    @rule(is_new=st.booleans())
    def somebody_pays(self, is_new: bool) -> None:
        """The store lets in whoever finds a seat in time, and keeps the last ones for new buyers; money of others went back there. Money
        for a seat that was held when the leader took the group along arrives all the same."""
        old = sum(not self.new[order_id] for order_id in self.taken)
        full = len(self.taken) >= self.group.seats or (not is_new and old >= self.group.seats - self.group.min_new)
        if self.settled or self.now_ms >= WINDOW_MS or full:
            return
        order_id = f"o{self.orders}"
        self.orders += 1
        self.taken.append(order_id)
        self.new[order_id] = is_new
        self.tell("pay", Member(order_id, "shop", f"b{order_id}", is_new, self.now_ms))
        if len(self.taken) == self.group.seats:
            self.settled, self.filled_ms = True, self.now_ms
            self.tell("fill", self.now_ms)

    @precondition(lambda self: self.group.members)
    @rule(data=st.data())
    def somebody_leaves(self, data: st.DataObject) -> None:
        order_id = data.draw(st.sampled_from([member.order_id for member in self.group.members]))
        if order_id in self.gone:
            return
        self.gone.add(order_id)
        self.tell("leave", order_id, self.now_ms)
        if order_id in self.taken and not self.settled and self.now_ms < WINDOW_MS:
            self.taken.remove(order_id)

    @rule(ms=st.integers(1, WINDOW_MS))
    def time_passes(self, ms: int) -> None:
        self.now_ms += ms
        if self.now_ms >= WINDOW_MS and not self.settled:
            self.settled = True
            self.tell("run_out", len(self.taken), self.fill, self.now_ms)

    @precondition(lambda self: self.group.state is GroupState.DRAWING)
    @rule(data=st.data())
    def it_is_drawn(self, data: st.DataObject) -> None:
        """Among those who were in it as it completed: whoever has left since may win, too, and then nobody does."""
        self.tell("draw", data.draw(st.lists(st.sampled_from(self.taken), max_size=1)))

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def something_is_told_again(self, data: st.DataObject) -> None:
        """Events come at least once, and a late repeat must change nothing."""
        step, arguments = data.draw(st.sampled_from(self.told))
        if step == "let_in" or (step == "run_out" and not self.settled):
            return
        before = deepcopy(self.group)
        assert getattr(self.group, step)(*deepcopy(arguments)) == []
        assert self.group == before

    @invariant()
    def it_is_what_a_count_says(self) -> None:
        if not hasattr(self, "group"):
            return
        group = self.group
        assert sum(member.state is MemberState.PAID for member in group.members) <= group.seats
        present = [member.order_id for member in group.members if member.state is MemberState.PAID]
        if group.state in (GroupState.COMPLETED, GroupState.DRAWING):
            assert self.settled and group.reached - group.virtual == len(self.taken)
            assert group.members_min <= group.reached <= group.seats and group.virtual <= self.fill
            assert (len(self.taken) == group.seats) == bool(self.filled_ms or group.end_time_ms < WINDOW_MS)
        elif group.state is GroupState.FAILED:
            enough = len(self.taken) + self.fill >= group.members_min
            assert self.now_ms >= WINDOW_MS and not present and (not enough or group.new_missing or not self.taken)
        elif group.state is GroupState.CANCELLED:
            assert not present
        else:
            assert group.leader_order_id == present[0] and self.now_ms < WINDOW_MS

    @invariant()
    def nobody_is_paid_and_out(self) -> None:
        """Each deed once, and for each member the one that the end of the group calls for."""
        if not hasattr(self, "group"):
            return
        assert len(self.deeds) == len(set(self.deeds))
        shipped = {order_id for deed, order_id in self.deeds if deed is Deed.SHIP}
        refunded = {order_id for deed, order_id in self.deeds if deed is Deed.REFUND}
        assert not shipped & refunded
        for member in self.group.members:
            if member.order_id in shipped:
                assert self.group.state is GroupState.COMPLETED
            elif not self.group.undecided and self.group.state is not GroupState.DRAWING:
                left = member.state is MemberState.LEFT
                assert left != (member.order_id in refunded), member


TestGroups = Groups.TestCase
TestGroups.settings = settings(max_examples=2_000 if LONG else 60, stateful_step_count=30, deadline=None)
