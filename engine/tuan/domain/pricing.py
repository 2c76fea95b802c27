"""What plugins take off a line after the rules: in order, never below zero, and at last down to the unit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tuan.domain.money import spread_over_units
from tuan.domain.order import Adjustment, OrderLine


@dataclass(frozen=True, slots=True)
class LineOff:
    """A discount for a line: `off_minor` > 0 in total. Higher `priority` goes first, then the rule's id: never load order."""

    rule_id: str
    off_minor: int
    priority: int = 0
    funded_by: str = "merchant"
    note: str = ""


def price_line(
    line_index: int,
    sku: str,
    quantity: int,
    activity_id: str,
    list_unit_minor: int,
    source: Adjustment | None = None,
    offs: Sequence[LineOff] = (),
) -> OrderLine:
    """A line that no rule is about, with its price frozen. `source`: the activity's difference to the list price, for the line."""
    total_minor = quantity * list_unit_minor
    if source is None and not offs:
        # The common case, and exact: every unit costs the same.
        return OrderLine(line_index, sku, quantity, activity_id, list_unit_minor, ((quantity, list_unit_minor),))
    adjustments = []
    if source is not None and source.amount_minor:
        total_minor += source.amount_minor
        adjustments.append(source)
    runs = apply_offs(total_minor, quantity, offs, adjustments)
    return OrderLine(line_index, sku, quantity, activity_id, list_unit_minor, runs, tuple(adjustments))


def apply_offs(
    total_minor: int, quantity: int, offs: Sequence[LineOff], adjustments: list[Adjustment]
) -> tuple[tuple[int, int], ...]:
    """What each unit costs after `offs`, as runs; every step that counted is added to `adjustments`."""
    for off in sorted(offs, key=lambda off: (-off.priority, off.rule_id)):
        amount_minor = min(off.off_minor, total_minor)
        if amount_minor > 0:
            total_minor -= amount_minor
            adjustments.append(Adjustment(off.rule_id, -amount_minor, off.funded_by, off.note))
    return spread_over_units(total_minor, quantity)
