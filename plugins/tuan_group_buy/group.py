"""A group from its leader's payment to its end: which facts change it, and what follows from them. Pure; no I/O, no clock.

    OPENING -> OPEN -> COMPLETED        every seat paid in time; or the window over, and a step of the ladder reached
               OPEN -> DRAWING -> COMPLETED     the same of a lottery group, whose winners are drawn at the published time
               OPEN -> FAILED           the window over, and no step reached
    OPENING | OPEN -> CANCELLED         its leader left, and nobody else had paid

The claims store decides who has a seat: it lets nobody pay for one that is taken, nor at or after the deadline. What is told here has
been decided there, and arrives in that order, some of it twice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum


class GroupState(StrEnum):
    OPENING = "opening"
    """Its leader has paid; its seats are being made."""
    OPEN = "open"
    DRAWING = "drawing"
    """Complete; who of its members wins is drawn at a published time."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


#: What may still become anything else.
UNDECIDED = (GroupState.OPENING, GroupState.OPEN)
#: What nothing becomes of any more.
OVER = (GroupState.COMPLETED, GroupState.FAILED, GroupState.CANCELLED)


class MemberState(StrEnum):
    PAID = "paid"
    LEFT = "left"
    REFUNDED = "refunded"
    """The group gave the money back: it failed, the money came after its end, or others won."""


@dataclass(slots=True)
class Member:
    """Somebody who paid, by the order that they are in it with. `caller`: the application whose pseudonym `buyer` is."""

    order_id: str
    caller: str
    buyer: str
    is_new: bool
    join_time_ms: int
    state: MemberState = MemberState.PAID


class Deed(StrEnum):
    """What has to be done for one member."""

    SHIP = "ship"
    """The order waits for nothing any more."""
    REFUND = "refund"
    """All the money goes back."""
    VACATE = "vacate"
    """The seat that the opening took for the leader is free again (others give theirs back with their orders)."""
    LEAD = "lead"
    """Leads the group from now on."""


@dataclass(slots=True)
class Group:
    """`seats`: with so many it is full; `members_min`: with fewer it fails. `reached`: members when it completed; `virtual`:
    of these, seats that the merchant filled (虚拟成团). `prizes`: of a lottery group, how many members win.

    `members` in the order of their payments; the first one opened it.
    """

    group_id: str
    activity_id: str
    seats: int
    members_min: int
    min_new: int
    open_time_ms: int
    expire_time_ms: int
    leader_order_id: str
    state: GroupState = GroupState.OPENING
    end_time_ms: int = 0
    reached: int = 0
    virtual: int = 0
    prizes: int = 0
    version: int = 0
    members: list[Member] = field(default_factory=list)

    @property
    def undecided(self) -> bool:
        return self.state in UNDECIDED

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    @property
    def paid(self) -> int:
        """Members who count. Of a decided group those who counted then."""
        return len(self.present()) if self.undecided else self.reached - self.virtual

    @property
    def new_missing(self) -> int:
        """New members that it still needs."""
        return max(0, self.min_new - sum(member.is_new for member in self.present()))

    def member(self, order_id: str) -> Member | None:
        return next((member for member in self.members if member.order_id == order_id), None)

    def let_in(self) -> list[tuple[Deed, Member]]:
        """Its seats are there: others may join."""
        if self.state is GroupState.OPENING:
            self.state = GroupState.OPEN
        return []

    def pay(self, member: Member) -> list[tuple[Deed, Member]]:
        """A member's money was taken. Whoever pays for a group that is no more gets it back; nobody is paid and out."""
        if self.member(member.order_id) is not None:
            return []
        self.members.append(member)
        match self.state:
            case GroupState.OPENING | GroupState.OPEN:
                return []
            case GroupState.DRAWING:
                return []
            case GroupState.COMPLETED if not self.prizes:
                return [(Deed.SHIP, member)]  # the seat was paid in time, the rest of the order a moment later
        member.state = MemberState.REFUNDED
        return [(Deed.REFUND, member)]

    def leave(self, order_id: str, time_ms: int) -> list[tuple[Deed, Member]]:
        """A member's order is being refunded. Nothing follows from it once the group is decided."""
        member = self.member(order_id)
        if member is None or member.state is not MemberState.PAID:
            return []
        member.state = MemberState.LEFT
        if not self.undecided:
            return []
        deeds = [(Deed.VACATE, member)] if order_id == self.group_id else []
        if order_id != self.leader_order_id:
            return deeds
        heir = next(iter(self.present()), None)
        if heir is None:
            self._end(GroupState.CANCELLED, time_ms)
            return deeds
        self.leader_order_id = heir.order_id
        return [*deeds, (Deed.LEAD, heir)]

    def fill(self, time_ms: int) -> list[tuple[Deed, Member]]:
        """Every seat is paid: the store says so once, in the step that took the last one."""
        return self._complete(self.seats, time_ms) if self.undecided else []

    def run_out(self, paid: int, virtual_fill: int, time_ms: int) -> list[tuple[Deed, Member]]:
        """The window is over. `paid`: seats that were paid in time, by the store, where nothing gives them back any more.
        `virtual_fill`: of the seats that are missing, the merchant fills so many at most.
        """
        if not self.undecided:
            return []
        missing = max(0, self.members_min - paid)
        if paid and missing <= virtual_fill and not self.new_missing:
            self.virtual = missing
            return self._complete(paid + missing, time_ms)
        leaving = list(self.present())
        for member in leaving:
            member.state = MemberState.REFUNDED
        self._end(GroupState.FAILED, time_ms)
        return [(Deed.REFUND, member) for member in leaving]

    def draw(self, winners: Collection[str]) -> list[tuple[Deed, Member]]:
        """By their orders. A winner who has left by then wins nothing, and nobody in their place."""
        if self.state is not GroupState.DRAWING:
            return []
        self.state = GroupState.COMPLETED
        deeds = []
        for member in self.present():
            won = member.order_id in winners
            member.state = MemberState.PAID if won else MemberState.REFUNDED
            deeds.append((Deed.SHIP if won else Deed.REFUND, member))
        return deeds

    def _complete(self, paid: int, time_ms: int) -> list[tuple[Deed, Member]]:
        self.reached = paid
        # With nobody there (all of them left as the last seat was paid) there is nothing to draw.
        drawn = self.prizes and self.present()
        self._end(GroupState.DRAWING if drawn else GroupState.COMPLETED, time_ms)
        if drawn:
            return []
        return [(Deed.SHIP, member) for member in self.present()]

    def _end(self, state: GroupState, time_ms: int) -> None:
        self.state, self.end_time_ms = state, time_ms

    def present(self) -> list[Member]:
        """Who has paid and not left."""
        return [member for member in self.members if member.state is MemberState.PAID]
