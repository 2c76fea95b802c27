"""Money: parts that add up, rounding that is named, text that says exactly one amount."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuan.domain.errors import InvalidValue
from tuan.domain.money import (
    Money,
    Rounding,
    allocate,
    exponent,
    format_minor,
    parse_minor,
    round_minor,
    spread_over_units,
)

AMOUNTS = st.integers(-(10**15), 10**15)
WEIGHTS = st.lists(st.integers(0, 10**12), min_size=1, max_size=40).filter(any)


@given(AMOUNTS, WEIGHTS)
def test_parts_sum_exactly(total: int, weights: list[int]) -> None:
    """Goal: no minor unit is made or lost. Method: any total over any weights; nothing for a zero weight."""
    parts = allocate(total, weights)
    assert sum(parts) == total and len(parts) == len(weights)
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


@given(AMOUNTS, WEIGHTS)
def test_parts_are_within_one_of_exact(total: int, weights: list[int]) -> None:
    """Goal: nobody is more than one minor unit from his exact share. Method: compare with fractions."""
    for part, weight in zip(allocate(total, weights), weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


@given(AMOUNTS, WEIGHTS)
def test_negative_totals_mirror(total: int, weights: list[int]) -> None:
    """Goal: a refund takes back exactly what a charge gave. Method: allocate a total and its negative."""
    assert allocate(-total, weights) == [-part for part in allocate(total, weights)]


@given(AMOUNTS, WEIGHTS, st.integers(1, 1_000))
def test_only_the_proportion_counts(total: int, weights: list[int], factor: int) -> None:
    """Goal: shares do not depend on the unit of the weights. Method: multiply all of them."""
    assert allocate(total, [weight * factor for weight in weights]) == allocate(total, weights)


@pytest.mark.parametrize(
    ("total", "weights", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (101, [1, 1, 1], [34, 34, 33]),
        (1, [0, 1, 1], [0, 1, 0]),
        (5, [1, 2, 2], [1, 2, 2]),
        (10, [3, 3, 1], [4, 4, 2]),
        (0, [0, 0], [0, 0]),
        (0, [], []),
        (7, [10**18, 1], [7, 0]),
    ],
)
def test_ties_go_to_the_lower_index(total: int, weights: list[int], parts: list[int]) -> None:
    """Goal: the same split on every machine. Method: a table, with ties in it."""
    assert allocate(total, weights) == parts


@pytest.mark.parametrize(("total", "weights"), [(1, [0, 0]), (1, []), (5, [3, -1]), (0, [-1, 1])])
def test_splits_that_cannot_be(total: int, weights: list[int]) -> None:
    """Goal: money is never split over nothing. Method: all zero, none at all, negative weights."""
    with pytest.raises(InvalidValue):
        allocate(total, weights)


@given(st.integers(0, 10**12), st.integers(1, 10**6))
def test_units_cost_what_the_line_costs(total: int, quantity: int) -> None:
    """Goal: unit prices add up, differ by at most one, dearest first. Method: any line."""
    runs = spread_over_units(total, quantity)
    assert sum(count * unit for count, unit in runs) == total
    assert sum(count for count, _ in runs) == quantity
    prices = [unit for _, unit in runs]
    assert prices == sorted(prices, reverse=True) and max(prices) - min(prices) <= 1


@pytest.mark.parametrize(
    ("amount", "half_up", "half_even", "down", "up"),
    [
        ("5/2", 3, 2, 2, 3),
        ("7/2", 4, 4, 3, 4),
        ("-5/2", -3, -2, -2, -3),
        ("1/3", 0, 0, 0, 1),
        ("-1/3", 0, 0, 0, -1),
        ("2/3", 1, 1, 0, 1),
        ("4", 4, 4, 4, 4),
        ("0", 0, 0, 0, 0),
    ],
)
def test_rounding(amount: str, half_up: int, half_even: int, down: int, up: int) -> None:
    """Goal: each mode as it is named, by magnitude. Method: halves, thirds and whole numbers of both signs."""
    modes = (Rounding.HALF_UP, Rounding.HALF_EVEN, Rounding.DOWN, Rounding.UP)
    assert [round_minor(Fraction(amount), mode) for mode in modes] == [half_up, half_even, down, up]


@given(AMOUNTS, st.sampled_from(["CNY", "JPY", "KWD"]))
def test_text_and_back(amount: int, currency: str) -> None:
    """Goal: what is written is read as the same amount, with 0, 2 and 3 decimals. Method: format, parse."""
    assert parse_minor(format_minor(amount, currency), currency) == amount


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("35", "CNY", 3500),
        ("35.0", "CNY", 3500),
        (" 35.00 ", "CNY", 3500),
        ("-0.05", "CNY", -5),
        ("+1", "JPY", 1),
        ("1.000", "JPY", 1),
        ("1.234", "KWD", 1234),
        ("0", "KWD", 0),
        ("7.", "CNY", 700),
    ],
)
def test_parse(text: str, currency: str, amount: int) -> None:
    """Goal: every way in which people write an amount. Method: a table."""
    assert parse_minor(text, currency) == amount


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "CNY"),
        ("a", "CNY"),
        ("1,000", "CNY"),
        ("1_000", "CNY"),
        ("1e3", "CNY"),
        ("1e999999999", "CNY"),
        ("3/4", "CNY"),
        ("nan", "CNY"),
        ("٣", "CNY"),
        ("9" * 1_000, "CNY"),
        ("0.001", "CNY"),
        ("0.5", "JPY"),
        ("0.0001", "KWD"),
    ],
)
def test_text_that_is_no_amount(text: str, currency: str) -> None:
    """Goal: no guess, and no long think. Method: notations that Fraction would take, and too many decimals."""
    with pytest.raises(InvalidValue):
        parse_minor(text, currency)


def test_money_of_two_currencies() -> None:
    """Goal: currencies never mix. Method: add and subtract, same and other."""
    assert str(Money(350, "CNY") + Money(50, "CNY") - Money(1, "CNY")) == "3.99 CNY"
    assert [exponent(currency) for currency in ("CNY", "JPY", "KWD")] == [2, 0, 3]
    with pytest.raises(InvalidValue):
        Money(1, "CNY") + Money(1, "USD")
