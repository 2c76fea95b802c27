"""Slots: which facts the rules of a ruleset read, and where in a tuple each one stands.

Generated code reads `c[3]` and `l[1]`; no name that a user wrote gets into it. The tuples are prepared once per cart and line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from typing import Any

from tuan_rules.facts import COUNTERS, Base, FactRecord, Per, Type
from tuan_rules.predicates import Predicate, contained

#: A slot: record, fact, and whether it is the set of a category's ancestors instead of its text.
Slot = tuple[str, str, bool]
Convert = Callable[[Any], Any]


class Slots:
    """Slots of carts and of lines, each numbered in the order in which they were first asked for."""

    def __init__(
        self,
        records: Mapping[str, FactRecord],
        cart: Iterable[Slot] = (),
        line: Iterable[Slot] = (),
        called: Iterable[Predicate] = (),
    ) -> None:
        """`cart`, `line`, `called`: what is numbered already."""
        self._records = records
        self._calls = dict[str, tuple[str, Predicate]]()
        self.calls: dict[str, Callable[..., Any]] = {}
        """Functions that generated code calls, by the names that it has for them."""
        for predicate in called:
            self.call(predicate)
        self._numbers: dict[Per, dict[Slot, int]] = {
            per: {slot: number for number, slot in enumerate(known)}
            for per, known in ((Per.CART, cart), (Per.LINE, line))
        }

    def number(self, record: str, fact: str, per: Per, *, ancestors: bool = False) -> int:
        """Where the fact stands in the tuple of the cart or line."""
        numbers = self._numbers[per]
        return numbers.setdefault((record, fact, ancestors), len(numbers))

    def call(self, predicate: Predicate) -> str:
        """The name under which generated code calls a predicate's function; a number, no text of anybody's."""
        known = self._calls.get(predicate.name)
        if known is None:
            known = self._calls[predicate.name] = (f"p{len(self._calls)}", predicate)
            self.calls[known[0]] = contained(predicate)
        return known[0]

    def called(self) -> list[str]:
        """The names of the predicates that are called, in order."""
        return list(self._calls)

    def of(self, per: Per) -> list[Slot]:
        """The slots, in order."""
        return list(self._numbers[per])

    def type_of(self, slot: Slot) -> Type | None:
        """The declared type of a slot's fact; None for a counter."""
        record, name, _ = slot
        if record == COUNTERS:
            return None
        fact = self._records[record].fact(name)
        assert fact is not None
        return fact.type

    def required(self, per: Per) -> list[int]:
        """The numbers of the slots that may not be missing."""
        found = []
        for number, slot in enumerate(self.of(per)):
            type_ = self.type_of(slot)
            if type_ is None or not type_.optional:
                found.append(number)
        return found

    def converter(self, slot: Slot) -> Convert | None:
        """What turns a value as it is handed over into the one that generated code reads; None where it is the same."""
        type_ = self.type_of(slot)
        if slot[2]:
            return ancestors
        return None if type_ is None else _converter(type_)


def _converter(type_: Type) -> Convert | None:
    match type_.base:
        case Base.PERCENT:
            return _ratio
        case Base.LIST if type_.item is not None and type_.item.base is Base.RECORD:
            return _records(type_.item, type_.max_items)
        case Base.LIST:
            return _values(type_.max_items)
    return None


def _ratio(value: Any) -> Any:
    return None if value is None else Fraction(value)


def _values(max_items: int) -> Convert:
    def convert(value: Iterable[Any] | None) -> tuple[Any, ...] | None:
        if value is None:
            return None
        found = tuple(value)
        if len(found) > max_items:
            raise ValueError(f"{len(found)} items, more than the {max_items} declared")
        return found

    return convert


def _records(item: Type, max_items: int) -> Convert:
    fields = [(fact.name, _converter(fact.type)) for fact in item.facts]

    def convert(value: Iterable[Mapping[str, Any]] | None) -> tuple[Any, ...] | None:
        if value is None:
            return None
        found = tuple(
            tuple(each.get(name) if turn is None else turn(each.get(name)) for name, turn in fields) for each in value
        )
        if len(found) > max_items:
            raise ValueError(f"{len(found)} items, more than the {max_items} declared")
        return found

    return convert


_ANCESTORS: dict[str, frozenset[str]] = {}
#: Categories of a catalogue; beyond this many the table begins anew, so that strange callers cannot fill the memory.
_ANCESTORS_MAX = 20_000


def ancestors(path: str | None) -> frozenset[str] | None:
    """A category and all above it: `a/b/c` gives `a`, `a/b` and itself."""
    if path is None:
        return None
    known = _ANCESTORS.get(path)
    if known is None:
        parts = path.split("/")
        known = frozenset("/".join(parts[: count + 1]) for count in range(len(parts)))
        if len(_ANCESTORS) >= _ANCESTORS_MAX:
            _ANCESTORS.clear()
        _ANCESTORS[path] = known
    return known
