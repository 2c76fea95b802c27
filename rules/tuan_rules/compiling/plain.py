"""Checked values as plain tuples that `marshal` takes, and back: how compiled rules are kept (`pricing.image`)."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from tuan_rules.plan.model import BudgetPlan, RoundingPlan, StackPlan
from tuan_rules.values import BuyGet, Computed, Daily, Every, Gift, Money, Monthly, PriceAction, Tiers, Weekly, Window

_CLASSES: dict[str, Any] = {
    each.__name__: each
    for each in (
        BudgetPlan, BuyGet, Computed, Daily, Every, Gift, Money, Monthly, PriceAction, RoundingPlan, StackPlan, Tiers, Weekly, Window,
    )
}  # fmt: skip


def to_plain(value: object) -> Any:
    """A tuple that begins with the name of the class; scalars as they are. Raises TypeError for what is not a checked value."""
    match value:
        case None | bool() | int() | str():
            return value
        case Fraction():
            return ("Fraction", value.numerator, value.denominator)
        case tuple():
            return ("tuple", *map(to_plain, value))
        case frozenset():
            return ("frozenset", *map(to_plain, sorted(value)))
    name = type(value).__name__
    if _CLASSES.get(name) is not type(value):
        raise TypeError(f"{name} is not a value of a rule")
    return (name, *[to_plain(getattr(value, field)) for field in value.__slots__])  # type: ignore[attr-defined]


def from_plain(plain: Any) -> Any:
    """What `to_plain` was given."""
    if not isinstance(plain, tuple):
        return plain
    name, *fields = plain
    if name == "Fraction":
        return Fraction(*fields)
    values = map(from_plain, fields)
    if name in ("tuple", "frozenset"):
        return tuple(values) if name == "tuple" else frozenset(values)
    return _CLASSES[name](*values)
