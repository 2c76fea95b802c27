"""Commissions: who earns what of which line, exact and rounded, within which cap, and who never earns."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.rules.market_for_tests import DAY_MS, found, rules, utc
from tests.unit.rules.pricing_for_tests import cart, line
from tuan_rules.pricing.commissions import CommissionProposal
from tuan_rules.pricing.ledger import PricedLine

SENT = {"user": "u1", "upline": "u2", "age": 3 * DAY_MS}
LEVELS = "level 1 { rate = 8% }  level 2 { rate = 3% }"
SETTLE = "settle = monthly(day: 10, after: 7d)"


def commission(fields: str = "", levels: str = LEVELS, base: str = "line.paid") -> str:
    """A commission block."""
    return f'commission "share" {{ base = {base}  {SETTLE}  {fields}  {levels} }}'


def earned(
    text: str, *lines: Any, referral: dict[str, Any] = SENT, buyer: str = "b1", **more: Any
) -> list[CommissionProposal]:
    """The proposals for a cart at the price that the rules make."""
    ruleset = rules(text, **more)
    bought = cart(*lines, buyer={"id": buyer, "level": 3}, referral=referral)
    return ruleset.commissions(bought, ruleset.price(bought))


def test_two_levels_of_what_is_paid() -> None:
    """Goal: rates are of what is paid after every promotion, exact before they are rounded. Method: ¥33.33 less 10 %, by hand."""
    text = commission() + (
        'stack "s" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }\n'
        'price "p" { give = off(10%)  stack = stack "s" }'
    )
    first, second = earned(text, line("S1", 1, 3_333))
    assert (first.level, first.earner, first.base_minor, first.exact_minor, first.amount_minor) == (
        1, "u1", 3_000, 240, 240,
    )  # fmt: skip
    assert (second.level, second.earner, second.rate, second.amount_minor) == (2, "u2", Fraction(3, 100), 90)
    [odd] = earned(commission(levels="level 1 { rate = 8% }"), line("S1", 1, 3_331))
    assert (odd.exact_minor, odd.amount_minor) == (Fraction(26_648, 100), 266)


@pytest.mark.parametrize(("mode", "amount"), [("half_up", 3), ("half_even", 2), ("down", 2), ("up", 3)])
def test_rounding_is_the_packages(mode: str, amount: int) -> None:
    """Goal: one way of rounding in a package. Method: 5 % of 50 fen is 2.5."""
    text = commission(levels="level 1 { rate = 5% }") + f"rounding {{ mode = {mode} }}"
    assert [each.amount_minor for each in earned(text, line("S1", 1, 50))] == [amount]


@pytest.mark.parametrize(("currency", "sign"), [("JPY", "JPY 100"), ("CNY", "¥1.00"), ("KWD", "KWD 0.100")])
def test_minor_units_of_every_currency(currency: str, sign: str) -> None:
    """Goal: caps and amounts are in the currency's own minor units. Method: a cap of 100 of them with 0, 2 and 3 decimals."""
    proposals = earned(commission(f"cap = {sign} per order"), line("S1", 1, 10_000), currency=currency)
    assert sum(each.amount_minor for each in proposals) == 100


def test_caps_bound_the_total_and_are_shared_out() -> None:
    """Goal: a cap per order is of all lines and levels together, one per line of each line. Method: 800+300 and 400+150, capped."""
    lines = (line("S1", 1, 10_000), line("S2", 1, 5_000))
    capped = earned(commission("cap = ¥10.00 per order"), *lines)
    assert [each.amount_minor for each in capped] == [485, 182, 242, 91]
    assert {each.capped for each in capped} == {"order"}
    per_line = earned(commission("cap = ¥6.00 per line"), *lines)
    assert [(each.amount_minor, each.capped) for each in per_line] == [
        (436, "line"),
        (164, "line"),
        (400, ""),
        (150, ""),
    ]


def test_conditions_of_lines_and_levels() -> None:
    """Goal: `only` chooses lines, at the top for all levels and inside for one. Method: margins and categories."""
    text = commission(
        'only = line.category under "fresh"',
        "level 1 { rate = 8%  only = (line.margin ?? 0%) >= 30% }  level 2 { rate = 3% }",
    )
    lines = (line("S1", margin=Fraction(3, 10)), line("S2", margin=Fraction(29, 100)), line("S3", category="dry"))
    assert [(each.line_index, each.level) for each in earned(text, *lines)] == [(0, 1), (0, 2), (1, 2)]


@pytest.mark.parametrize(
    ("referral", "levels"),
    [
        ({}, []),
        ({"user": "b1", "upline": "u2"}, [2]),  # who buys does not earn, whoever brought them still does
        ({"user": "u1", "upline": "b1"}, [1]),
        ({"user": "u1", "upline": "u1"}, [1]),
        ({"user": "u1"}, [1]),
    ],
)
def test_nobody_earns_by_their_own_purchase(referral: dict[str, str], levels: list[int]) -> None:
    """Goal: self-referral earns nothing, however a rule is written. Method: every circle of two people."""
    assert [each.level for each in earned(commission(), line(), referral=referral)] == levels


def test_a_missing_fact_earns_nothing() -> None:
    """Goal: what is not known grants nothing. Method: a rule that reads the buyer's level, and one that nobody handed over."""
    ruleset = rules(commission("when = buyer.is_new"))
    bought = cart(line(), buyer={"id": "b1"}, referral=SENT)
    assert ruleset.commissions(bought, ruleset.price(bought)) == []


def test_the_window_counts() -> None:
    """Goal: a commission is earned while it runs. Method: both sides of both edges."""
    ruleset = rules(commission("active = from 2027-02-10 until 2027-02-11"), zone="UTC")
    start, end = utc("2027-02-10T00:00"), utc("2027-02-11T00:00")
    counts = []
    for time_ms in (start - 1, start, end - 1, end):
        bought = cart(line(), time_ms=time_ms, referral=SENT)
        counts.append(len(ruleset.commissions(bought, ruleset.price(bought))))
    assert counts == [0, 2, 2, 0]


def test_a_line_for_nothing_earns_nothing() -> None:
    """Goal: no proposal of zero, and none below. Method: a price of nothing, and a base below zero."""
    ruleset = rules(commission(base="line.paid - ¥10.00"))
    bought = cart(line("S1", 1, 500), referral=SENT)
    assert ruleset.commissions(bought, ruleset.price(bought)) == []
    assert earned(commission(), line("S1", 1, 0)) == []


def test_only_what_comes_after_the_price_may_ask_for_it() -> None:
    """Goal: no price rule waits for its own answer. Method: `line.paid` in a price, in a definition that a gate uses, in a commission."""
    text = 'define "dear" { is = line.paid > ¥5.00 }\ngate "g" { when = dear  message = "no"  code = "G" }'
    assert [each.code for each in found(text)] == ["TR-243"]
    assert found(commission("only = line.paid > ¥5.00")) == ()
    assert [each.code for each in found(commission("cap = line.list per order"))] == ["TR-240"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 50_000), min_size=1, max_size=6), st.integers(1, 3_000))
def test_no_cap_is_ever_passed(amounts: list[int], cap: int) -> None:
    """Goal: Σ proposals ≤ cap, and every one within its exact amount. Method: any prices, any cap."""
    ruleset = rules(commission(f"cap = ¥{cap // 100}.{cap % 100:02} per order"))
    bought = cart(*(line(f"S{i}", 1, amount) for i, amount in enumerate(amounts)), referral=SENT)
    priced = ruleset.price(bought)
    assert [PricedLine(each.sku, 1, each.list_minor, each.list_minor) for each in bought.lines] == priced.lines
    proposals = ruleset.commissions(bought, priced)
    assert sum(each.amount_minor for each in proposals) <= cap
    assert all(each.amount_minor <= each.exact_minor + Fraction(1, 2) for each in proposals)


def test_what_points_pay_for_earns_nothing() -> None:
    """Goal: a commission is of what is paid with money. Method: a tender of ¥40.00 over two lines of ¥100.00 and ¥60.00."""
    text = commission(levels="level 1 { rate = 10% }") + (
        'stack "points" { phase = tender  scope = order  pick = all  base = running }\n'
        'price "spend" { give = off(¥40.00)  stack = stack "points" }'
    )
    assert [each.base_minor for each in earned(text, line("S1"), line("S2", 1, 6_000))] == [7_500, 4_500]
