"""A cart as plain data, as `Explanation.record()` writes it, back to a cart: to ask again what a purchase cost and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from fractions import Fraction
from typing import Any

from tuan_rules.facts import Base, Fact, FactRecord, Per, Type
from tuan_rules.pricing.cart import Cart, CartLine
from tuan_rules.schedule import to_ms
from tuan_rules.vocabulary import Vocabulary, closest

_OF_CART = ("rulesets", "time_ms", "time", "facts", "lines", "shipping_minor")
_OF_LINE = ("sku", "quantity", "list_minor", "category", "facts")
_PLAIN: dict[Base, type] = {
    Base.MONEY: int, Base.INTEGER: int, Base.DURATION: int, Base.INSTANT: int, Base.BOOLEAN: bool, Base.TEXT: str,
    Base.CATEGORY: str, Base.CHOICE: str,
}  # fmt: skip


def cart_from_record(data: object, vocabulary: Vocabulary) -> Cart:
    """`{"time": "2027-02-11T12:30+08:00", "facts": {"buyer": {"level": 3}}, "lines": [...], "shipping_minor": 800}` as a cart.

    Amounts are whole minor units, percents texts such as `3/10`, durations milliseconds; `time_ms` may stand for `time`. Raises
    ValueError that names the place for whatever is not as declared.
    """
    record = _record(data, "the cart", _OF_CART)
    lines = record.get("lines")
    if not isinstance(lines, list):
        raise ValueError('the cart has no "lines": write a list of {"sku": "S1001", "quantity": 1, "list_minor": 5000}')
    facts = _facts(record.get("facts", {}), vocabulary, Per.CART, "facts")
    shipping = _whole(record.get("shipping_minor", 0), "shipping_minor")
    return Cart(
        [_line(line, vocabulary, f"lines[{i}]") for i, line in enumerate(lines)], _time(record), facts, shipping
    )


def _line(data: object, vocabulary: Vocabulary, where: str) -> CartLine:
    record = _record(data, where, _OF_LINE)
    sku, category = record.get("sku"), record.get("category", "")
    if not isinstance(sku, str) or not isinstance(category, str):
        raise ValueError(f"{where}: sku and category are texts")
    given = _record(record.get("facts", {}), f"{where}.facts", None)
    own = vocabulary.facts.get("line")
    others = {name for name, each in vocabulary.facts.items() if each.per is Per.LINE and name != "line"}
    facts: dict[str, Any] = _facts({name: given[name] for name in given if name in others}, vocabulary, Per.LINE, where)
    mine = {name: value for name, value in given.items() if name not in others}
    if own is not None:
        facts |= _values(mine, own.facts, f"{where}.facts")
    quantity = _whole(record.get("quantity", 1), f"{where}.quantity")
    return CartLine(sku, quantity, _whole(record.get("list_minor"), f"{where}.list_minor"), category, None, facts)


def _time(record: Mapping[str, Any]) -> int:
    if "time_ms" in record:
        return _whole(record["time_ms"], "time_ms")
    text = record.get("time")
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(
            'the cart has no "time": write it with its offset, such as "2027-02-11T12:30+08:00", or "time_ms"'
        )
    return to_ms(moment)


def _facts(data: object, vocabulary: Vocabulary, per: Per, where: str) -> dict[str, dict[str, Any]]:
    known: dict[str, FactRecord] = {name: each for name, each in vocabulary.facts.items() if each.per is per}
    given = _record(data, where, tuple(known))
    return {name: _values(value, known[name].facts, f"{where}.{name}") for name, value in given.items()}


def _values(data: object, facts: tuple[Fact, ...], where: str) -> dict[str, Any]:
    known = {fact.name: fact for fact in facts}
    given = _record(data, where, tuple(known))
    return {
        name: _value(value, known[name].type, f"{where}.{name}") for name, value in given.items() if value is not None
    }


def _value(value: Any, type_: Type, where: str) -> Any:
    if type_.base is Base.LIST and type_.item is not None and isinstance(value, list):
        if len(value) > type_.max_items:
            raise ValueError(f"{where}: {len(value)} items, more than the {type_.max_items} declared")
        return tuple(_value(item, type_.item, f"{where}[{i}]") for i, item in enumerate(value))
    if type_.base is Base.RECORD:
        return _values(value, type_.facts, where)
    if type_.base is Base.PERCENT:
        try:
            return Fraction(value) if isinstance(value, str | int) else _refuse(value, type_, where)
        except (ValueError, ZeroDivisionError):
            return _refuse(value, type_, where)
    # A boolean is an int to Python, and never one to a merchant.
    if type(value) is not _PLAIN.get(type_.base):
        return _refuse(value, type_, where)
    return value


def _refuse(value: object, type_: Type, where: str) -> Any:
    raise ValueError(f"{where} is {value!r}, and must be a {type_}")


def _whole(value: object, where: str) -> int:
    if type(value) is not int:
        raise ValueError(f"{where} is {value!r}, and must be a whole number")
    return value


def _record(data: object, where: str, names: tuple[str, ...] | None) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise ValueError(f"{where} is {data!r}, and must be an object")
    for name in data:
        if names is not None and name not in names:
            near = closest(str(name), names)
            raise ValueError(f"{where} has no {name!r}" + (f"; did you mean {near!r}?" if near else ""))
    return data
