"""Carts to tuples: the facts that rules read, each in its slot."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from tuan_rules.compiling.slots import Slot, Slots, ancestors
from tuan_rules.facts import Per
from tuan_rules.pricing.cart import Cart, CartLine

Getter = Callable[[Any], Any]
_EMPTY: Mapping[str, Any] = {}
_ATTRIBUTES = {"sku": "sku", "category": "category", "qty": "quantity", "list": "list_minor"}
_OF_LINE: dict[str, Getter] = {
    **{fact: attrgetter(attribute) for fact, attribute in _ATTRIBUTES.items()},
    "amount": lambda line: line.list_minor * line.quantity,
}


def _subtotal(cart: Cart) -> int:
    # In a loop: most carts have one or two lines, for which a list and its sum take twice as long.
    total = 0
    for line in cart.lines:
        total += line.list_minor * line.quantity
    return total


def _units(cart: Cart) -> int:
    total = 0
    for line in cart.lines:
        total += line.quantity
    return total


_OF_CART: dict[str, Getter] = {
    "subtotal": _subtotal,
    "units": _units,
    "lines": lambda cart: len(cart.lines),
    "shipping": attrgetter("shipping_minor"),
    "time": attrgetter("time_ms"),
}


class Preparer:
    """Makes the tuples `c` and `l` that generated code reads. `missing` finds required facts that nobody handed over."""

    def __init__(self, slots: Slots) -> None:
        self._cart = [_cart_getter(slot, slots) for slot in slots.of(Per.CART)]
        self._line = [_line_getter(slot, slots) for slot in slots.of(Per.LINE)]
        self._line_at_once = _at_once(slots.of(Per.LINE))
        self._required = {per: slots.required(per) for per in Per}
        self._slots = slots

    def cart(self, cart: Cart) -> tuple[Any, ...]:
        """The tuple of a cart."""
        return tuple([get(cart) for get in self._cart])

    def lines(self, lines: Sequence[CartLine]) -> list[tuple[Any, ...]]:
        """The tuples of lines."""
        if self._line_at_once is not None:
            return list(map(self._line_at_once, lines))
        getters = self._line
        return [tuple([get(line) for get in getters]) for line in lines]

    def missing(self, c: tuple[Any, ...], lines: Sequence[tuple[Any, ...]]) -> frozenset[tuple[str, str]]:
        """Required facts that are not there; rules that read them do not count. Nearly always none."""
        if None not in c and (self._line_at_once is not None or not any(None in line for line in lines)):
            return _NOTHING
        found: set[tuple[str, str]] = set()
        for per, rows in ((Per.CART, [c]), (Per.LINE, list(lines))):
            slots = self._slots.of(per)
            for number in self._required[per]:
                if any(row[number] is None for row in rows):
                    found.add(slots[number][:2])
        return frozenset(found)


_NOTHING: frozenset[tuple[str, str]] = frozenset()


def _at_once(slots: Sequence[Slot]) -> Getter | None:
    """Where rules read nothing of a line but what every line has: one call for the tuple, a fifth of the time of one for each fact."""
    names = [
        _ATTRIBUTES[name] for record, name, is_path in slots if record == "line" and name in _ATTRIBUTES and not is_path
    ]
    if len(names) < len(slots):
        return None
    if len(names) < 2:
        return (lambda line: (getattr(line, names[0]),)) if names else (lambda _: ())
    return attrgetter(*names)


def _cart_getter(slot: Slot, slots: Slots) -> Getter:
    record, name, _ = slot
    if record == "cart" and name in _OF_CART:
        return _OF_CART[name]
    convert = slots.converter(slot)
    if convert is None:
        return lambda cart: cart.facts.get(record, _EMPTY).get(name)
    return lambda cart: convert(cart.facts.get(record, _EMPTY).get(name))


def _line_getter(slot: Slot, slots: Slots) -> Getter:
    record, name, is_path = slot
    if record == "line" and name in _OF_LINE:
        return (lambda line: ancestors(line.category)) if is_path else _OF_LINE[name]
    convert = slots.converter(slot)
    if record == "line":
        if convert is None:
            return lambda line: line.facts.get(name)
        return lambda line: convert(line.facts.get(name))
    # Another record that every line has one of: handed over inside the line's facts, under its name.
    if convert is None:
        return lambda line: line.facts.get(record, _EMPTY).get(name)
    return lambda line: convert(line.facts.get(record, _EMPTY).get(name))
