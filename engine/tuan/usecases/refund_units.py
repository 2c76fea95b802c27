"""Which units of an order a refund is for: the ones that are named, or the first that are left; none twice.

Counted in runs, never unit by unit: a line may have a million.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.order import OrderLine
from tuan.domain.payment import Refund, RefundCause, RefundUnits


@dataclass(frozen=True, slots=True)
class WantedUnits:
    """`first` None: the first units of the line that were not refunded yet."""

    line_index: int
    count: int
    first: int | None = None


def choose_units(
    order_id: str, lines: Sequence[OrderLine], earlier: Iterable[Refund], wanted: Sequence[WantedUnits]
) -> tuple[tuple[RefundUnits, ...], bool]:
    """The units to refund (all that is left when none are `wanted`), and whether nothing of the order is left after them."""
    left = {line.line_index: [range(line.quantity)] for line in lines}
    for refund in earlier:
        for part in refund.units:
            left[part.line_index] = _without(left[part.line_index], range(part.first, part.first + part.count))
    wanted = wanted or [WantedUnits(index, _count(runs)) for index, runs in left.items() if runs]
    if not wanted:
        raise _not_refundable(order_id, "everything of it is refunded already")
    chosen: list[RefundUnits] = []
    for index, item in enumerate(wanted):
        if item.line_index not in left:
            raise InvalidValue(f"units[{index}].line_index", f"order {order_id} has no line {item.line_index}")
        if item.count < 1:
            raise InvalidValue(f"units[{index}].count", "is less than 1")
        runs = _pick(left[item.line_index], item)
        if runs is None:
            count = _count(left[item.line_index])
            raise _not_refundable(order_id, f"line {item.line_index} has {count} units that are not refunded yet")
        for run in runs:
            left[item.line_index] = _without(left[item.line_index], run)
            chosen.append(RefundUnits(item.line_index, run.start, len(run)))
    return tuple(chosen), not any(left.values())


def units_minor(lines: Sequence[OrderLine], units: Iterable[RefundUnits]) -> int:
    """What they cost."""
    return sum(lines[part.line_index].units_minor(part.first, part.count) for part in units)


def rebated_minor(lines: Sequence[OrderLine], units: Iterable[RefundUnits], earlier: Sequence[Refund]) -> int:
    """What rebates gave back of the price of these units already: each unit's share is by its price, and all shares are the whole."""
    rebates = [refund for refund in earlier if refund.cause is RefundCause.TIER_REBATE]
    total = sum(line.total_minor for line in lines)
    if not rebates or not total:
        return 0
    rebated = sum(refund.amount_minor for refund in rebates)
    before = dict(zip(range(len(lines)), accumulate([0, *(line.total_minor for line in lines)]), strict=False))

    def up_to(index: int, count: int) -> int:
        """The share of everything before unit `count` of a line."""
        return rebated * (before[index] + lines[index].units_minor(0, count)) // total

    return sum(up_to(part.line_index, part.first + part.count) - up_to(part.line_index, part.first) for part in units)


def _pick(free: list[range], item: WantedUnits) -> list[range] | None:
    """Runs of `free`, ascending; None when they are not there."""
    if item.first is not None:
        stop = item.first + item.count
        inside = any(run.start <= item.first and stop <= run.stop for run in free)
        return [range(item.first, stop)] if inside else None
    picked, missing = [], item.count
    for run in free:
        if missing:
            picked.append(run[:missing])
            missing -= len(picked[-1])
    return None if missing else picked


def _without(free: list[range], gone: range) -> list[range]:
    pieces = [
        piece
        for run in free
        for piece in (range(run.start, min(run.stop, gone.start)), range(max(run.start, gone.stop), run.stop))
    ]
    return [piece for piece in pieces if piece]


def _count(runs: list[range]) -> int:
    return sum(len(run) for run in runs)


def _not_refundable(order_id: str, why: str) -> TuanError:
    return TuanError(Reason.UNITS_NOT_REFUNDABLE, f"order {order_id}: {why}", order_id=order_id)
