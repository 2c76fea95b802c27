"""The price ledger: every step from list price to what is paid, as data. Refunds and commissions mirror it, nothing recomputes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from tuan_rules.exact import unit_runs

#: The line index of steps that are about shipping.
SHIPPING = -1


class Step(NamedTuple):
    """One rule's effect on one line: `before_minor` of the line, and by how much it was lowered (negative: raised)."""

    line_index: int
    phase: str
    stack: str
    rule_id: str
    before_minor: int
    off_minor: int
    funded_by: str


class PricedLine(NamedTuple):
    """One line's price. `total_minor`: what its units cost together after all steps."""

    sku: str
    quantity: int
    list_minor: int
    total_minor: int

    @property
    def unit_runs(self) -> tuple[tuple[int, int], ...]:
        """What each unit costs, as runs `((count, unit_minor), ...)`; units are numbered from 0 in this order."""
        return unit_runs(self.total_minor, self.quantity)

    def units_minor(self, first: int, count: int) -> int:
        """What the units [first, first + count) cost together: what is paid back for them."""
        unit, dearer = divmod(self.total_minor, self.quantity)
        return unit * count + max(0, min(first + count, dearer) - first)


@dataclass(slots=True)
class Priced:
    """A priced cart. `claims`: what an order has to claim of each budget; `gifts`: (rule id, SKU, units) that come along."""

    lines: list[PricedLine]
    steps: list[Step]
    total_minor: int
    shipping_minor: int
    claims: dict[str, int]
    gifts: list[tuple[str, str, int]]

    @property
    def payable_minor(self) -> int:
        """Goods and shipping."""
        return self.total_minor + self.shipping_minor

    @property
    def off_minor(self) -> int:
        """What all steps took off the goods."""
        return sum(line.list_minor * line.quantity for line in self.lines) - self.total_minor

    def applied(self) -> list[str]:
        """Rules that changed something, in the order in which they did."""
        return list(dict.fromkeys([*(step.rule_id for step in self.steps), *(rule_id for rule_id, _, _ in self.gifts)]))

    def units_off(self, step: Step) -> list[int]:
        """What a step took off each unit of its line; they sum to the step's amount, and no unit's price falls below zero."""
        quantity = self.lines[step.line_index].quantity
        before, after = (_spread(total, quantity) for total in (step.before_minor, step.before_minor - step.off_minor))
        return [old - new for old, new in zip(before, after, strict=True)]


def _spread(total_minor: int, quantity: int) -> list[int]:
    return [unit_minor for count, unit_minor in unit_runs(total_minor, quantity) for _ in range(count)]
