"""Tiered groups (阶梯团): which step a group has reached, and what each member gets back of what they prepaid.

Everybody prepays the price of the smallest step. A group completes at once when its largest step is full, else at the end of its window at
the largest step reached, and fails below the smallest. An ordinary group is a ladder of one step.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tuan.plugin import InvalidValue, spread_over_units


@dataclass(frozen=True, slots=True)
class Step:
    """From so many paid members on a unit costs `unit_price_minor`."""

    members: int
    unit_price_minor: int


class Standing(StrEnum):
    """What becomes of a group by its paid members and its window."""

    OPEN = "open"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Ladder:
    """The steps of a group, ascending by members; prices do not rise. Raises InvalidValue for others."""

    steps: tuple[Step, ...]

    def __post_init__(self) -> None:
        if not self.steps:
            raise InvalidValue("price", "a ladder has at least one step")
        for lower, higher in zip(self.steps, self.steps[1:], strict=False):
            if lower.members >= higher.members or lower.unit_price_minor < higher.unit_price_minor:
                raise InvalidValue(
                    "price", f"step {higher.members} has more members than the one before, at no higher price"
                )
        if self.steps[0].members < 1 or self.steps[-1].unit_price_minor < 0:
            raise InvalidValue("price", "steps have members, and prices are not negative")

    @property
    def members_min(self) -> int:
        """Below it a group fails."""
        return self.steps[0].members

    @property
    def members_max(self) -> int:
        """With it a group is full, and complete at once."""
        return self.steps[-1].members

    @property
    def prepaid_minor(self) -> int:
        """What a unit costs whoever joins, until the group is complete."""
        return self.steps[0].unit_price_minor

    def reached(self, paid: int) -> Step | None:
        """The largest step that so many paid members fill; None below the smallest."""
        return next((step for step in reversed(self.steps) if step.members <= paid), None)

    def standing(self, paid: int, window_over: bool) -> Standing:
        """What a group is with so many paid members, while its window runs or when it is over."""
        if paid >= self.members_max:
            return Standing.COMPLETED
        if not window_over:
            return Standing.OPEN
        return Standing.COMPLETED if paid >= self.members_min else Standing.FAILED


@dataclass(frozen=True, slots=True)
class Prepaid:
    """What a member's order line still holds when the group completes: units that were not given back, and what was paid for them.

    `amount_minor` is after every other discount, so it may be less than the price of the units.
    """

    order_id: str
    line: int
    quantity: int
    amount_minor: int


@dataclass(frozen=True, slots=True)
class TierRebate:
    """What goes back for a line (差价退款). `units`: its share of each unit as runs `((count, unit_minor), ...)`, dearest first as the
    prices of units are, so that no unit gets back more than it cost; a later refund of a unit is what it cost less this share.
    """

    order_id: str
    line: int
    amount_minor: int
    units: tuple[tuple[int, int], ...]


def tier_rebates(ladder: Ladder, paid_at_completion: int, prepaid: Iterable[Prepaid]) -> list[TierRebate]:
    """What each line gets back, in the order given; nothing is told of lines that get nothing.

    Each depends on the number of members at completion and on itself alone: whoever is refunded afterwards leaves the others' price
    alone. The discount of another promotion was fixed when the order was placed and stays; where it left less than the difference, what
    was paid goes back, and no more. Raises InvalidValue for a group that was not complete, and for lines that are none.
    """
    step = ladder.reached(paid_at_completion)
    if step is None:
        raise InvalidValue("paid", f"{paid_at_completion} members do not complete a group of {ladder.members_min}")
    difference = ladder.prepaid_minor - step.unit_price_minor
    rebates = (_rebate(line, difference) for line in _checked(prepaid))
    return [rebate for rebate in rebates if rebate.amount_minor]


def _rebate(line: Prepaid, difference_minor: int) -> TierRebate:
    amount = min(line.quantity * difference_minor, line.amount_minor)
    return TierRebate(line.order_id, line.line, amount, spread_over_units(amount, line.quantity))


def _checked(prepaid: Iterable[Prepaid]) -> Sequence[Prepaid]:
    lines = list(prepaid)
    keys = {(line.order_id, line.line) for line in lines}
    if len(keys) < len(lines):
        raise InvalidValue("prepaid", "a line is given twice")
    if any(line.quantity < 1 or line.amount_minor < 0 for line in lines):
        raise InvalidValue("prepaid", "a line has at least one unit, and nothing negative was paid for it")
    return lines
