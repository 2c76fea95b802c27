"""What a rule takes off, exactly: a numerator and a denominator of minor units, neither rounded nor limited yet.

An amount function is called as `f(units, running, base, c, l)`: units and running amount of what it is about (a line, or the
eligible lines of the order), the amount that percentages are of, and the fact tuples. In a line `set` and `off` are of each
unit; over an order they are of the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from tuan_rules.values import BuyGet, Computed, Every, Gift, Give, Money, PriceAction, Tiers

Exact = tuple[Any, int]
Amount = Callable[[int, Any, Any, tuple[Any, ...], tuple[Any, ...]], Exact]
#: The same, rounded half up to a minor unit: what most rules are asked for, and most often.
Quick = Callable[[int, Any, Any, tuple[Any, ...], tuple[Any, ...]], int]
_NOTHING: Exact = (0, 1)


def amount_of(give: Give, by_unit: bool, computed: Callable[..., Exact] | None) -> Amount:
    """The amount function of what a rule gives. `by_unit`: line scope; `computed`: the generated function of its expression.

    Units that are bought and got are counted elsewhere (`units.py`), and gifts take nothing off.
    """
    match give:
        case PriceAction():
            return _action(give, by_unit)
        case Tiers():
            return _tiers(give, by_unit)
        case Every():
            return _every(give)
        case Computed(kind=kind) if computed is not None:
            return _computed(kind, by_unit, computed)
        case BuyGet() | Gift():
            return _nothing
    raise ValueError(f"no amount for {give!r}")


def quick_of(give: Give, by_unit: bool, amount: Amount) -> Quick:
    """What is off in whole minor units, where the price that is left is rounded half up.

    That is the exact amount with its halves rounded down, `ceil(x - 1/2)`. Most rules are one price action: for them it is one call, and
    one division where there is a ratio.
    """
    match give:
        case PriceAction(ratio=Fraction() as ratio):
            off = ratio if give.kind == "off_ratio" else 1 - ratio
            twice, over, twice_over = 2 * off.numerator, off.denominator, 2 * off.denominator
            return lambda units, running, base, c, l: -((over - base * twice) // twice_over)  # noqa: ARG005, E741
        case PriceAction(kind="off_amount", money=Money(amount_minor=minor)):
            if by_unit:
                return lambda units, running, base, c, l: minor * units  # noqa: ARG005, E741
            return lambda units, running, base, c, l: minor  # noqa: ARG005, E741

    def quick(units: int, running: Any, base: Any, c: Any, l: Any) -> int:  # noqa: E741
        off, denominator = amount(units, running, base, c, l)
        whole: int = off if denominator == 1 else -((denominator - 2 * off) // (2 * denominator))
        return whole

    return quick


def _nothing(units: int, running: Any, base: Any, c: Any, l: Any) -> Exact:  # noqa: ARG001, E741 - one signature for all
    return _NOTHING


def _action(action: PriceAction, by_unit: bool) -> Amount:
    match action.kind:
        case "off_ratio" | "pay_ratio" if action.ratio is not None:
            ratio = action.ratio if action.kind == "off_ratio" else 1 - action.ratio
            numerator, denominator = ratio.numerator, ratio.denominator
            return lambda units, running, base, c, l: (base * numerator, denominator)  # noqa: ARG005, E741
        case "off_amount" if action.money is not None:
            off = action.money.amount_minor
            if by_unit:
                return lambda units, running, base, c, l: (off * units, 1)  # noqa: ARG005, E741
            return lambda units, running, base, c, l: (off, 1)  # noqa: ARG005, E741
        case "set" if action.money is not None:
            price = action.money.amount_minor
            if by_unit:
                return lambda units, running, base, c, l: (running - price * units, 1)  # noqa: ARG005, E741
            return lambda units, running, base, c, l: (running - price, 1)  # noqa: ARG005, E741
    raise ValueError(f"a {action.kind} price action without its operand")


def _tiers(tiers: Tiers, by_unit: bool) -> Amount:
    by_amount = tiers.by == "amount"
    steps = [(key, _action(action, by_unit)) for key, action in reversed(tiers.steps)]

    def amount(units: int, running: Any, base: Any, c: Any, l: Any) -> Exact:  # noqa: E741
        measured = base if by_amount else units
        for key, step in steps:
            if measured >= key:
                return step(units, running, base, c, l)
        return _NOTHING

    return amount


def _every(every: Every) -> Amount:
    whole, off, most = every.amount_minor, every.off_minor, every.most

    def amount(units: int, running: Any, base: Any, c: Any, l: Any) -> Exact:  # noqa: ARG001, E741
        times = int(base // whole)
        return (off * (times if most is None else min(times, most)), 1)

    return amount


def _computed(kind: str, by_unit: bool, computed: Callable[..., Exact]) -> Amount:
    def amount(units: int, running: Any, base: Any, c: Any, l: Any) -> Exact:  # noqa: ARG001, E741
        numerator, denominator = computed(c, l)
        if type(numerator) is not int:
            # Of a percent that is a fact, such as a margin: a fraction over one would pass for whole minor units.
            numerator, denominator = numerator.numerator, numerator.denominator * denominator
        if by_unit:
            numerator *= units
        return (running * denominator - numerator if kind == "set" else numerator), denominator

    return amount
