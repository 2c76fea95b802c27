"""Blocks of promotions as price sources: what a flash sale or a group buy costs where no engine settles it as an activity.

Tests, explanations and simulations price a cart with nothing but rule files. There a block's schema says by its `becomes` which
price the block makes of which lines; in the engine activities settle their prices themselves, and nothing of this is asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tuan_rules.facts import BOOLEAN, CATEGORY, LIST, TEXT, Per
from tuan_rules.typing.tree import Below, FactOf, Logic, Member, Typed, constant_list
from tuan_rules.values import Computed, PriceAction, SkuSet

if TYPE_CHECKING:
    from tuan_rules.checked import CheckedBlock

#: The stack of all price sources. No file can name it: a label is never empty.
SOURCES = ""


@dataclass(frozen=True, slots=True)
class PriceSource:
    """A price of lines: all conditions of `guard` must hold, and `give` makes the price of one unit.

    A condition that reads a fact which nobody handed over does not hold. When the block runs is not said here: its window, the
    plan that enables it and its sessions count as for every rule.
    """

    guard: tuple[Typed, ...]
    give: PriceAction | Computed


#: From a checked block of the schema to its price; None: it has none. Pure, like everything in a schema.
Becomes = Callable[["CheckedBlock"], PriceSource | None]


def goods_condition(goods: SkuSet) -> Typed:
    """Whether a line is of these goods."""
    parts: list[Typed] = []
    if goods.skus:
        listed = constant_list(LIST(TEXT, 1), goods.skus)
        parts.append(Member(BOOLEAN, FactOf(TEXT, "line", "sku", Per.LINE), listed))
    parts += [Below(BOOLEAN, FactOf(CATEGORY, "line", "category", Per.LINE), path) for path in goods.categories]
    return parts[0] if len(parts) == 1 else Logic(BOOLEAN, "or", tuple(parts))
