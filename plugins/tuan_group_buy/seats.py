"""Names of the counters of a group: what an order claims besides its goods, and what is made when the group opens."""

from __future__ import annotations

from collections.abc import Sequence

from tuan.plugin import Attempt, Claim, CounterSpec, seats_counter
from tuan_group_buy.group import Group
from tuan_group_buy.offer import Offer

_OLD, _MEMBER, _OPEN = "seats/old:", "member", "open"


def old_counter(group_id: str) -> str:
    """Seats for members who are not new. The others wait for new ones by themselves: that is how old brings new (老带新).

    A group's seats, too: who finds them taken is told that the group is full.
    """
    return _OLD + group_id


def member_counter(group_id: str, caller: str, buyer: str) -> str:
    """A buyer is in a group once."""
    return f"{_MEMBER}/{group_id}/{caller}/{buyer}"


def open_counters(offer: Offer, attempt: Attempt) -> list[str]:
    """What the groups that somebody has open count against."""
    return [f"{_OPEN}/{limit.counter(getattr(attempt, limit.subject))}" for limit in offer.open_limits]


def opening_claims(offer: Offer, attempt: Attempt) -> list[Claim]:
    """Of an order that opens a group. It takes no seat: those are made when it is paid."""
    counters = zip(offer.open_limits, open_counters(offer, attempt), strict=True)
    limits = [Claim(counter, 1, limit.quantity) for limit, counter in counters]
    return [Claim(member_counter(attempt.order_id, attempt.caller, attempt.buyer), 1, 1), *limits]


def joining_claims(offer: Offer, attempt: Attempt, is_new: bool) -> list[Claim]:
    """Of an order that joins one."""
    group_id = attempt.group_id
    claims = [Claim(seats_counter(group_id), 1), Claim(member_counter(group_id, attempt.caller, attempt.buyer), 1, 1)]
    if offer.min_new and not is_new:
        claims.append(Claim(old_counter(group_id), 1))
    return claims


def seats_of(group: Group) -> list[CounterSpec]:
    """The counters of a group that opens: nobody takes a seat, and no seat is paid, at or after its deadline."""
    end_ms = group.expire_time_ms
    seats = CounterSpec(seats_counter(group.group_id), group.seats, 0, end_ms, end_ms)
    if not group.min_new:
        return [seats]
    return [seats, CounterSpec(old_counter(group.group_id), group.seats - group.min_new, 0, end_ms, end_ms)]


def leaders_claims(group: Group) -> Sequence[Claim]:
    """What the opening takes for the leader, whose order was there before the seats."""
    claims = [Claim(seats_counter(group.group_id), 1)]
    if group.min_new and not group.members[0].is_new:
        claims.append(Claim(old_counter(group.group_id), 1))
    return claims
