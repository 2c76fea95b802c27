"""Exact amounts to whole steps, in integers: a ratio is a numerator and a positive denominator."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def half_up(numerator: int | Fraction, denominator: int) -> int:
    """Halves go away from zero."""
    if numerator < 0:
        return -half_up(-numerator, denominator)
    return int((2 * numerator + denominator) // (2 * denominator))


def half_even(numerator: int | Fraction, denominator: int) -> int:
    """Halves go to the even neighbour."""
    if numerator < 0:
        return -half_even(-numerator, denominator)
    whole = int(numerator // denominator)
    twice = 2 * (numerator - whole * denominator)
    return whole + (twice > denominator or (twice == denominator and whole % 2 == 1))


def down(numerator: int | Fraction, denominator: int) -> int:
    """Towards zero."""
    return -down(-numerator, denominator) if numerator < 0 else int(numerator // denominator)


def up(numerator: int | Fraction, denominator: int) -> int:
    """Away from zero."""
    return -up(-numerator, denominator) if numerator < 0 else int(-(-numerator // denominator))


ROUNDINGS = {"half_up": half_up, "half_even": half_even, "down": down, "up": up}


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Split `total` >= 0 in proportion to `weights` >= 0, so that the parts sum to it and zero weights get nothing.

    Largest remainder; ties go to the lower index. A part is never more than its weight where the total is not more than
    their sum. Raises ValueError for a total over weights that are all zero.
    """
    whole = sum(weights)
    if total == whole:
        return list(weights)
    if not whole:
        raise ValueError(f"{total} cannot be split over weights that are all zero")
    if len(weights) == 1:
        return [total]
    parts: list[int] = []
    rest: list[tuple[int, int]] = []
    left = total
    for index, weight in enumerate(weights):
        part, remainder = divmod(total * weight, whole)
        parts.append(part)
        left -= part
        rest.append((-remainder, index))
    if left:
        rest.sort()
        for _, index in rest[:left]:
            parts[index] += 1
    return parts


def unit_runs(total_minor: int, quantity: int) -> tuple[tuple[int, int], ...]:
    """What each of `quantity` equal units costs, as runs `((count, unit_minor), ...)`, dearest first."""
    unit, dearer = divmod(total_minor, quantity)
    if not dearer:
        return ((quantity, unit),)
    return ((dearer, unit + 1), (quantity - dearer, unit))
