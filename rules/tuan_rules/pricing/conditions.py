"""Conditions and amounts that stand in no stack: compiled together, asked of a cart, with the facts that are missing known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tuan_rules.compiling.modules import Modules
from tuan_rules.compiling.slots import Slots
from tuan_rules.facts import BOOLEAN, FactRecord, fact_text
from tuan_rules.pricing.cart import Cart, CartLine
from tuan_rules.pricing.prepare import Preparer
from tuan_rules.typing.tree import Constant, Typed, facts_in

Function = Callable[[tuple[Any, ...], tuple[Any, ...]], Any]
_TRUE = Constant(BOOLEAN, True)


@dataclass(frozen=True, slots=True)
class Facts:
    """The tuples that generated code reads. `missing`: required facts that nobody handed over."""

    c: tuple[Any, ...]
    lines: list[tuple[Any, ...]]
    missing: frozenset[tuple[str, str]]

    def missing_of(self, read: frozenset[tuple[str, str]]) -> str:
        """A fact of these that is missing, as rules name it; "" for none."""
        return fact_text(*min(read & self.missing)) if read & self.missing else ""


class Conditions:
    """Collects guards and amounts by number; after `finish` they can be called."""

    def __init__(self, records: Mapping[str, FactRecord]) -> None:
        slots = Slots(records)
        self._modules = Modules(slots)
        self._read: list[frozenset[tuple[str, str]]] = []
        self._functions: list[Function] = []
        self._slots = slots

    def guard(self, conditions: Sequence[Typed]) -> int:
        """Whether all hold."""
        self._read.append(frozenset().union(*(facts_in(condition) for condition in conditions)))
        return self._modules.guard(conditions or (_TRUE,))

    def amount(self, expression: Typed) -> int:
        """An exact amount, as `(numerator, denominator)`."""
        self._read.append(facts_in(expression))
        return self._modules.amount(expression)

    def finish(self) -> None:
        """Compile what was collected."""
        self._functions = self._modules.finish()
        self._prepare = Preparer(self._slots)

    def facts(self, cart: Cart, lines: Sequence[CartLine]) -> Facts:
        """The facts of a cart and its lines."""
        c = self._prepare.cart(cart)
        prepared = self._prepare.lines(lines)
        return Facts(c, prepared, self._prepare.missing(c, prepared))

    def read_by(self, *numbers: int) -> frozenset[tuple[str, str]]:
        """Every fact that these read."""
        return frozenset().union(*(self._read[number] for number in numbers))

    def ask(self, number: int, c: tuple[Any, ...], line: tuple[Any, ...]) -> Any:
        """The answer for a line; `()` where none is read."""
        return self._functions[number](c, line)
