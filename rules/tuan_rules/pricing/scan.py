"""Asking every rule for all of its conditions: what the index has to agree with, and the way out where facts are missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tuan_rules.compiling.modules import Guard, Modules
from tuan_rules.compiling.slots import Slots
from tuan_rules.facts import BOOLEAN, FactRecord, fact_text
from tuan_rules.pricing.cart import Cart, CartLine
from tuan_rules.pricing.compiled import Compiled
from tuan_rules.pricing.prepare import Preparer
from tuan_rules.typing.tree import Constant

_TRUE = Constant(BOOLEAN, True)


class Scanner:
    """Whole guards, in slots of their own: the tuples of the fast path lack what the index has settled already."""

    def __init__(self, compiled: Compiled, records: Mapping[str, FactRecord]) -> None:
        slots = Slots(records)
        modules = Modules(slots)
        numbers = [modules.guard(plan.guard or (_TRUE,)) for plan in compiled.plans]
        functions = modules.finish()
        self._guards: list[Guard] = [functions[number] for number in numbers]
        self._facts = compiled.reads
        self._prepare = Preparer(slots)

    def find(self, cart: Cart, lines: Sequence[CartLine], active: Iterable[int]) -> list[list[int]]:
        """Ranks of the active rules whose guards hold, by line; one that reads a missing fact does not hold."""
        c = self._prepare.cart(cart)
        ls = self._prepare.lines(lines)
        missing = self._prepare.missing(c, ls)
        found: list[list[int]] = [[] for _ in lines]
        for rank in sorted(active):
            if missing and not missing.isdisjoint(self._facts[rank]):
                continue
            guard = self._guards[rank]
            for i, line in enumerate(ls):
                if guard(c, line):
                    found[i].append(rank)
        return found

    def missing_of(self, cart: Cart, lines: Sequence[CartLine]) -> dict[int, str]:
        """By rank, a fact that the rule reads and nobody handed over."""
        missing = self._prepare.missing(self._prepare.cart(cart), self._prepare.lines(lines))
        return {
            rank: fact_text(*min(facts & missing))
            for rank, facts in enumerate(self._facts)
            if missing and facts & missing
        }
