"""Money as integers of minor units, exact ratios, named rounding and largest-remainder allocation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from tuan.domain.errors import InvalidValue

#: Decimals of the minor unit, for the currencies where it is not 2 (ISO 4217, amendment 176).
MINOR_UNIT_EXPONENTS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "UYI"), 0),
    **dict.fromkeys(("VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


_AMOUNT = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{0,30})?")


class Rounding(StrEnum):
    """How an exact amount becomes a whole number of minor units."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"
    DOWN = "down"
    UP = "up"


@dataclass(frozen=True, slots=True)
class Money:
    """`amount_minor` minor units (cents, fen) of `currency` (ISO 4217, three capital letters)."""

    amount_minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same_currency(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __str__(self) -> str:
        return f"{format_minor(self.amount_minor, self.currency)} {self.currency}"

    def _same_currency(self, other: Money) -> None:
        if self.currency != other.currency:
            raise InvalidValue("currency", f"cannot mix {self.currency} and {other.currency} in one sum")


def exponent(currency: str) -> int:
    """Decimals of the currency's minor unit: 2 for CNY, 0 for JPY, 3 for KWD."""
    return MINOR_UNIT_EXPONENTS.get(currency, 2)


def format_minor(amount_minor: int, currency: str) -> str:
    """`3500, "CNY"` -> `"35.00"`."""
    digits = exponent(currency)
    if digits == 0:
        return str(amount_minor)
    sign, rest = ("-", -amount_minor) if amount_minor < 0 else ("", amount_minor)
    whole, fraction = divmod(rest, 10**digits)
    return f"{sign}{whole}.{fraction:0{digits}d}"


def parse_minor(text: str, currency: str) -> int:
    """`"35.00", "CNY"` -> `3500`. Raises InvalidValue when the text has more decimals than the currency."""
    if not _AMOUNT.fullmatch(text.strip()):
        # Fraction would also take 3/4, 1_000 and 1e9999999999, which keeps it busy for ever.
        raise InvalidValue("amount", f"{text[:40]!r} is not an amount; write for example 35.00")
    scaled = Fraction(text.strip()) * 10 ** exponent(currency)
    if scaled.denominator != 1:
        raise InvalidValue("amount", f"{text!r} has more than {exponent(currency)} decimals, which {currency} has not")
    return int(scaled)


def round_minor(amount: Fraction, mode: Rounding = Rounding.HALF_UP) -> int:
    """An exact amount of minor units to a whole one; halves of negative amounts go by magnitude."""
    sign = -1 if amount < 0 else 1
    whole, rest = divmod(abs(amount), 1)
    match mode:
        case Rounding.HALF_UP:
            up = rest >= Fraction(1, 2)
        case Rounding.HALF_EVEN:
            up = rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1)
        case Rounding.UP:
            up = rest > 0
        case Rounding.DOWN:
            up = False
    return sign * (int(whole) + up)


def allocate(total_minor: int, weights: Sequence[int]) -> list[int]:
    """Split `total_minor` in proportion to `weights` so that the parts sum to it exactly.

    Largest remainder; ties go to the lower index; zero weights get nothing. Negative totals mirror positive ones.
    Raises InvalidValue for a negative weight, or a non-zero total over weights that are all zero.
    """
    weight_sum = sum(weights)
    if any(weight < 0 for weight in weights):
        raise InvalidValue("weights", "a weight is negative")
    if weight_sum == 0:
        if total_minor:
            raise InvalidValue("weights", f"{total_minor} cannot be split over weights that are all zero")
        return [0] * len(weights)
    sign, magnitude = (-1, -total_minor) if total_minor < 0 else (1, total_minor)
    parts, remainders = [], []
    for index, weight in enumerate(weights):
        part, remainder = divmod(magnitude * weight, weight_sum)
        parts.append(part)
        remainders.append((-remainder, index))
    for _, index in sorted(remainders)[: magnitude - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]


def spread_over_units(total_minor: int, quantity: int) -> tuple[tuple[int, int], ...]:
    """What each of `quantity` equal units costs, as runs `((count, unit_minor), ...)`, dearest first.

    >>> spread_over_units(100, 3)
    ((1, 34), (2, 33))
    """
    unit, dearer = divmod(total_minor, quantity)
    runs = ((dearer, unit + 1), (quantity - dearer, unit))
    return tuple(run for run in runs if run[0])
