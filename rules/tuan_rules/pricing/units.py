"""Units that are bought and got: which of them cost less, and that no unit counts twice."""

from __future__ import annotations

from collections.abc import Sequence

from tuan_rules.exact import unit_runs
from tuan_rules.pricing.cart import CartLine
from tuan_rules.values import BuyGet


def cheapest(
    give: BuyGet,
    lines: Sequence[int],
    running: Sequence[int],
    units: Sequence[int],
    consumed: dict[int, int],
    goods: Sequence[CartLine],
) -> tuple[list[int], list[int]]:
    """What the units that are got cost in each line, and how many units of each line are used up.

    Of all free units of these lines as many whole sets are made as there can be; the cheapest units are got, the dearest are
    those that were bought for it, and what lies between stays free for the next rule. Equal prices go by SKU.
    """
    free: list[tuple[int, str, int, int]] = []
    for position, i in enumerate(lines):
        left = units[i] - consumed.get(i, 0)
        # The dearest units of a line come first in its runs, and were the first to be used up.
        for count, price in reversed(unit_runs(running[i], units[i])):
            take = min(count, left)
            if take:
                free.append((price, goods[i].sku, position, take))
                left -= take
    free.sort()
    size = give.buy + give.get
    sets = sum(count for *_, count in free) // size
    shares, used = [0] * len(lines), [0] * len(lines)
    wanted = sets * give.get
    for price, _, position, count in free:
        take = min(count, wanted)
        shares[position] += take * price
        used[position] += take
        wanted -= take
    wanted = sets * give.buy
    for _, _, position, count in reversed(free):
        take = min(count, wanted)
        used[position] += take
        wanted -= take
    return shares, used
