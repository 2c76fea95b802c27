"""Gates: what is refused, in which lines, with which words, when, and what a missing fact does."""

from __future__ import annotations

from tests.unit.rules.market_for_tests import rules, utc
from tests.unit.rules.pricing_for_tests import cart, line

WORDS = 'message = { zh: "不配送", en: "No delivery" }  code = "G-1"'
ABROAD = f'gate "abroad" {{ on = line.category under "fresh"  when = (buyer.region ?? "") == "HK"  {WORDS} }}'


def test_lines_that_are_refused_are_named() -> None:
    """Goal: the buyer learns what to take out. Method: a cart of three lines, two of them fresh, and one from elsewhere."""
    gates = rules(ABROAD)
    bought = cart(line("S1"), line("S2", category="dry"), line("S3"), buyer={"region": "HK"})
    [refusal] = gates.gates(bought)
    assert (refusal.rule_id, refusal.code, refusal.lines) == ("shop/gate/abroad", "G-1", (0, 2))
    assert (refusal.message.in_language("zh"), refusal.message.in_language("en")) == ("不配送", "No delivery")
    assert gates.gates(cart(line("S2", category="dry"), buyer={"region": "HK"})) == []
    assert gates.gates(cart(line("S1"), buyer={"region": "GD"})) == []


def test_a_gate_over_the_order() -> None:
    """Goal: what is asked once refuses the order itself. Method: a gate of units; rules without gates let everything through."""
    gates = rules(f'gate "many" {{ when = cart.units > 9  {WORDS} }}')
    [refusal] = gates.gates(cart(line("S1", 6), line("S2", 4)))
    assert (refusal.lines, refusal.missing) == ((), "")
    assert gates.gates(cart(line("S1", 9))) == []
    assert rules("").gates(cart(line("S1", 99))) == []


def test_a_missing_fact_refuses_unless_stated() -> None:
    """Goal: a gate fails closed. Method: a level that nobody hands over, by default and with `missing = pass`."""
    text = f'gate "level" {{ when = buyer.level < 2  {WORDS} }}'
    [refusal] = rules(text).gates(cart(line(), buyer={}))
    assert (refusal.missing, refusal.lines) == ("buyer.level", ())
    assert rules(text.replace(WORDS, f"{WORDS}  missing = pass")).gates(cart(line(), buyer={})) == []


def test_a_gate_has_a_window() -> None:
    """Goal: gates open and close like everything else. Method: both sides of both edges."""
    gates = rules(
        f'gate "day" {{ when = cart.units > 0  active = from 2027-02-10 until 2027-02-11  {WORDS} }}', zone="UTC"
    )
    start, end = utc("2027-02-10T00:00"), utc("2027-02-11T00:00")
    refused = [bool(gates.gates(cart(line(), time_ms=time))) for time in (start - 1, start, end - 1, end)]
    assert refused == [False, True, True, False]


def test_gates_change_no_price() -> None:
    """Goal: a gate refuses and does nothing else. Method: the price of a refused cart."""
    priced = rules(ABROAD).price(cart(line("S1", 1, 500), buyer={"region": "HK"}))
    assert (priced.total_minor, priced.steps) == (500, [])
