"""By what each rule is found: the SKU, a category ancestor, or a text fact of the cart such as a segment, an event or a campaign.

A rule that is found by nothing is asked about in every cart; `explain_index` says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tuan_rules.facts import Base, Per
from tuan_rules.typing import tree
from tuan_rules.typing.tree import Typed

DISJUNCTS_MAX = 8
SKU, CATEGORY = "line.sku", "line.category"
_TEXTS = (Base.TEXT, Base.CHOICE)


@dataclass(frozen=True, slots=True)
class Keys:
    """`values` of `fact` (`line.sku`, `buyer.segments`). `exact`: the keys say all that the condition says."""

    values: tuple[tuple[str, str], ...]
    exact: bool

    @property
    def of_line(self) -> bool:
        return all(fact in (SKU, CATEGORY) for fact, _ in self.values)

    @property
    def order(self) -> int:
        """What finds fewer rules comes first."""
        worst = {fact for fact, _ in self.values}
        if worst == {SKU}:
            return 0
        return 1 if self.of_line else 2


@dataclass(frozen=True, slots=True)
class Placing:
    """How a rule is found: by `keys`, or for the reason `why_not` by asking. `residual`: the conditions left to ask."""

    keys: Keys | None
    residual: tuple[Typed, ...]
    why_not: str = ""

    @property
    def of_line(self) -> bool:
        """Found by goods."""
        return self.keys is not None and self.keys.of_line


def describe(keys: Sequence[tuple[str, str]], left: int, why_not: str) -> str:
    """How a rule is found, in words. `left`: how many conditions are asked then; `why_not`: why it is found by nothing."""
    if not keys:
        return f"asked in every cart: {why_not}"
    facts = " or ".join(sorted({fact for fact, _ in keys}))
    rest = f", then {left} more" if left else ""
    return f"found by {facts} ({len(keys)} values){rest}"


def place(guard: Sequence[Typed]) -> Placing:
    """Choose by which condition of a guard a rule is found."""
    found: list[tuple[int, int, Keys]] = []
    why_not = "it has no condition" if not guard else "no condition names SKUs, a category or a text of the cart"
    for number, condition in enumerate(guard):
        keys = _keys(condition)
        if isinstance(keys, Keys):
            found.append((keys.order, number, keys))
        elif keys:
            why_not = keys
    if not found:
        return Placing(None, tuple(guard), why_not)
    _, number, keys = min(found, key=lambda each: each[:2])
    residual = tuple(condition for index, condition in enumerate(guard) if index != number or not keys.exact)
    return Placing(keys, residual)


def _keys(condition: Typed) -> Keys | str:
    """The keys of a condition, or why it has none."""
    match condition:
        case tree.Member(left=tree.FactOf() as fact, right=tree.Constant(value=tuple() as values), every=False):
            return _of(fact, values)
        case tree.Member(left=tree.Constant(value=str() as value), right=tree.FactOf() as fact):
            return _of(fact, (value,))
        case (
            tree.Compared(operator="==", left=tree.FactOf() as fact, right=tree.Constant(value=str() as value))
            | tree.Compared(operator="==", left=tree.Constant(value=str() as value), right=tree.FactOf() as fact)
        ):
            return _of(fact, (value,))
        case tree.Below(left=tree.FactOf(record="line", name="category"), path=path):
            return Keys(((CATEGORY, path),), True)
        case tree.Called(body=body) if body is not None:
            return _of_any((body,))
        case tree.Logic(operator="or", operands=operands):
            return _of_any(operands)
    return ""


def _of(fact: tree.FactOf, values: tuple[object, ...]) -> Keys | str:
    name = f"{fact.record}.{fact.name}"
    base = fact.type.item.base if fact.type.item is not None else fact.type.base
    if name == CATEGORY:
        # Found under the category itself and everything below it: not exact.
        return Keys(tuple((CATEGORY, str(value)) for value in values), False)
    if base not in _TEXTS or (fact.per is Per.LINE and name != SKU):
        return ""
    return Keys(tuple((name, str(value)) for value in values), True)


def _of_any(operands: Sequence[Typed]) -> Keys | str:
    if len(operands) > DISJUNCTS_MAX:
        return f"{len(operands)} alternatives, more than {DISJUNCTS_MAX}"
    values: list[tuple[str, str]] = []
    exact = True
    for operand in operands:
        parts = operand.operands if isinstance(operand, tree.Logic) and operand.operator == "and" else (operand,)
        found = [keys for part in parts if isinstance(keys := _keys(part), Keys)]
        if not found:
            return "an alternative names neither SKUs nor a category nor a text of the cart"
        best = min(found, key=lambda keys: keys.order)
        exact = exact and best.exact and len(parts) == 1
        values += best.values
    keys = Keys(tuple(dict.fromkeys(values)), exact)
    if not keys.of_line and any(fact in (SKU, CATEGORY) for fact, _ in values):
        return "its alternatives are of the line and of the cart"
    return keys
