"""From which warehouses a complete group's order is delivered (成团后统一发货, 本地仓): a pure plan, nothing is reserved here.

Regions are paths from the largest to the smallest part, such as `CN/SH/Pudong`. The nearest warehouse is the one that shares the most
leading parts with the buyer's region; among equals the first by code. Roads are not known here: a merchant who knows them names regions so.

The nearest warehouse that has all of an order delivers it. Where none has, as few as possible do; of as few, the nearest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from tuan.plugin import InvalidValue

#: Beyond so many parcels, or from more warehouses, the most is taken from each in turn instead of trying every choice: 16 over 3 are 560.
PARCELS_TRIED_MAX = 3
WAREHOUSES_TRIED_MAX = 16


@dataclass(frozen=True, slots=True)
class Warehouse:
    """`stock`: units by SKU."""

    code: str
    region: str
    stock: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class OrderLine:
    """Units of a SKU; `line` is its index in the order."""

    line: int
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """What one warehouse sends."""

    warehouse: str
    lines: tuple[OrderLine, ...]


@dataclass(frozen=True, slots=True)
class DeliveryPlan:
    """Parcels, nearest first, and the units that are nowhere. Each unit of the order is in exactly one of them."""

    parcels: tuple[Parcel, ...]
    missing: tuple[OrderLine, ...]


def plan_delivery(warehouses: Iterable[Warehouse], lines: Sequence[OrderLine], region: str) -> DeliveryPlan:
    """Who sends what to a buyer in `region`. The same whatever the order of `warehouses`.

    Raises InvalidValue for a warehouse or a line that is given twice, and for lines without units.
    """
    near = _by_nearness(warehouses, region)
    need = _need(lines)
    there = {sku: min(units, sum(_stock(house, sku) for house in near)) for sku, units in need.items()}
    useful = [house for house in near if any(_stock(house, sku) for sku, units in there.items() if units)]
    senders = _fewest(useful, there) or _most_in_turn(useful, there)
    open_lines = {line.line: line for line in lines}
    parcels = [Parcel(house.code, taken) for house in senders if (taken := _take(house, open_lines))]
    return DeliveryPlan(tuple(parcels), tuple(open_lines.values()))


def shared_parts(one: str, other: str) -> int:
    """How many leading parts two region paths have in common."""
    count = 0
    for a, b in zip(_parts(one), _parts(other), strict=False):
        if a != b:
            break
        count += 1
    return count


def _parts(region: str) -> list[str]:
    return [part for part in region.split("/") if part]


def _by_nearness(warehouses: Iterable[Warehouse], region: str) -> list[Warehouse]:
    near = sorted(warehouses, key=lambda house: (-shared_parts(house.region, region), house.code))
    if len({house.code for house in near}) < len(near):
        raise InvalidValue("warehouses", "a code is given twice")
    return near


def _need(lines: Sequence[OrderLine]) -> Counter[str]:
    if len({line.line for line in lines}) < len(lines) or any(line.quantity < 1 for line in lines):
        raise InvalidValue("lines", "a line is given once, and has at least one unit")
    need: Counter[str] = Counter()
    for line in lines:
        need[line.sku] += line.quantity
    return need


def _stock(house: Warehouse, sku: str) -> int:
    return max(house.stock.get(sku, 0), 0)


def _fewest(near: Sequence[Warehouse], need: Mapping[str, int]) -> Sequence[Warehouse]:
    """The first of the smallest choices that have everything, in order of nearness; empty where none was found among those tried."""
    for parcels in range(1, PARCELS_TRIED_MAX + 1):
        tried = near if parcels == 1 else near[:WAREHOUSES_TRIED_MAX]
        for chosen in combinations(tried, parcels):
            if all(sum(_stock(house, sku) for house in chosen) >= units for sku, units in need.items()):
                return chosen
    return ()


def _most_in_turn(near: Sequence[Warehouse], need: Mapping[str, int]) -> list[Warehouse]:
    """Whoever has most of what is still open, then again; the nearest of equals."""
    still_open, chosen, left = dict(need), [], list(near)
    while any(still_open.values()):
        best = max(left, key=lambda house: sum(min(_stock(house, sku), units) for sku, units in still_open.items()))
        left.remove(best)
        chosen.append(best)
        still_open = {sku: units - min(_stock(best, sku), units) for sku, units in still_open.items()}
    return sorted(chosen, key=near.index)


def _take(house: Warehouse, open_lines: dict[int, OrderLine]) -> tuple[OrderLine, ...]:
    """What a warehouse can send of what is still open, which is taken off `open_lines`."""
    left = dict(house.stock)
    taken: list[OrderLine] = []
    for line in list(open_lines.values()):
        units = min(left.get(line.sku, 0), line.quantity)
        if units <= 0:
            continue
        left[line.sku] -= units
        taken.append(OrderLine(line.line, line.sku, units))
        if units == line.quantity:
            del open_lines[line.line]
        else:
            open_lines[line.line] = OrderLine(line.line, line.sku, line.quantity - units)
    return tuple(taken)
