"""Blocks of promotions as price sources, for pricing without an engine: what they cost, when, and that the engine's plan is untouched."""

from __future__ import annotations

import pytest

from tests.unit.rules.pricing_for_tests import cart, head, line
from tuan_flash_sale.block import FLASH_SALE
from tuan_rules import CheckedPackage, SourceFile, Vocabulary, check, render_text
from tuan_rules.core_facts import CORE_FACTS
from tuan_rules.plan.build import plan_package
from tuan_rules.price_block import PRICE
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.explain import explain
from tuan_rules.pricing.ruleset import Ruleset

VOCABULARY = Vocabulary((FLASH_SALE, PRICE), CORE_FACTS)
SALE = """
campaign "spring" {
  active = from 2027-02-10 until 2027-02-13
  plan "sale" { active = from 2027-02-10 20:00 until 2027-02-12  enables = [flash_sale "evening"] }
}
flash_sale "evening" {
  on = line.sku in ["S1", "S2"] or line.category under "dry"  price = set(¥29.90)
  sessions = daily(at: 20:00, for: 2h)
}
"""
#: 2027-02-10 20:00 in Shanghai, when the plan and its first session begin.
OPENS_MS = 1_802_260_800_000
HOUR_MS = 3_600_000
RULE = "shop/flash_sale/evening"


def package(text: str, vocabulary: Vocabulary = VOCABULARY, name: str = "shop") -> CheckedPackage:
    """A checked package."""
    source = SourceFile("t.tuan", head(name=name) + text)
    result = check([source], vocabulary)
    assert result.package is not None, render_text(result.diagnostics, [source])
    return result.package


def rules(text: str) -> Ruleset:
    """A ruleset with price sources."""
    return Ruleset.of([package(text)], VOCABULARY, sources=True)


def at(time_ms: int, *lines: object) -> Cart:
    """A cart of one S1 at ¥50.00, or of these lines."""
    return cart(*(lines or (line("S1", 1, 5_000),)), time_ms=time_ms)  # type: ignore[arg-type]


def test_a_sale_prices_its_goods() -> None:
    """Goal: goods by SKU and by category cost the sale's price, others the list price, none more than that. Method: four lines."""
    lines = [line("S1", 2, 5_000), line("S9", 1, 4_000, "dry/nuts"), line("S3", 1, 700), line("S2", 1, 1_000)]
    priced = rules(SALE).price(at(OPENS_MS, *lines))
    assert [each.total_minor for each in priced.lines] == [5_980, 2_990, 700, 1_000]
    assert priced.applied() == [RULE]
    assert {(step.phase, step.stack) for step in priced.steps} == {("price_source", "")}


@pytest.mark.parametrize(
    ("time_ms", "total"),
    [
        (OPENS_MS - 1, 5_000),  # the plan has not begun
        (OPENS_MS, 2_990),
        (OPENS_MS + 2 * HOUR_MS - 1, 2_990),
        (OPENS_MS + 2 * HOUR_MS, 5_000),  # between two sessions
        (OPENS_MS + 24 * HOUR_MS, 2_990),
        (OPENS_MS + 28 * HOUR_MS, 5_000),  # the plan is over; the campaign is not
        (OPENS_MS + 48 * HOUR_MS, 5_000),  # the hour of a session, after the plan
    ],
)
def test_plan_and_sessions_count(time_ms: int, total: int) -> None:
    """Goal: a price holds in the plan's window and the sessions alone, half-open. Method: both sides of each edge."""
    assert rules(SALE).price(at(time_ms)).total_minor == total


def test_out_of_window_is_explained() -> None:
    """Goal: "why not" knows promotions. Method: the explanation a millisecond before the opening."""
    why = explain(rules(SALE), at(OPENS_MS - 1)).why_not(RULE)
    assert why is not None
    assert why.why == "window"


def test_without_sources_nothing_changes() -> None:
    """Goal: the engine's plans hold price rules alone, its activities settle prices. Method: plan and price by default."""
    checked = package(SALE)
    plan = plan_package(checked)
    assert (plan.rules, plan.stacks) == ((), ())
    assert Ruleset.of([checked], VOCABULARY).price(at(OPENS_MS)).total_minor == 5_000


def test_the_lower_source_counts_and_discounts_follow() -> None:
    """Goal: one price per line, the lowest of all stacks of the phase, and then discounts. Method: a dearer member price."""
    text = SALE + (
        'stack "price" { phase = price_source  scope = line  pick = best_for_buyer  base = original }\n'
        'stack "line"  { phase = line_discount  scope = line  pick = best_for_buyer  base = running }\n'
        'price "member" { give = set(¥35.00)  stack = stack "price" }\n'
        'price "tenth"  { give = off(10%)  stack = stack "line" }\n'
    )
    priced = rules(text).price(at(OPENS_MS))
    assert (priced.total_minor, priced.applied()) == (2_691, [RULE, "shop/price/tenth"])


def test_sources_of_two_packages_meet() -> None:
    """Goal: promotions of several packages need no priorities, and load order has no say. Method: the same price twice, both orders."""
    texts = [package(SALE, name=name) for name in ("a", "b")]
    for order in (texts, texts[::-1]):
        assert Ruleset.of(order, VOCABULARY, sources=True).price(at(OPENS_MS)).applied() == ["a/flash_sale/evening"]


def test_campaign_budgets_bound_sources() -> None:
    """Goal: what a campaign enables is paid from its budget. Method: an order that claims it, with less left than the sale takes off."""
    text = SALE.replace("2027-02-13\n", "2027-02-13  budget = ¥100.00  on_exceed = skip\n")
    priced = rules(text).price(at(OPENS_MS), {"shop/campaign/spring": 1_000})
    assert priced.total_minor == 5_000
    assert rules(text).price(at(OPENS_MS)).claims == {"shop/campaign/spring": 2_010}


def test_sources_need_the_vocabulary_and_its_facts() -> None:
    """Goal: a call that forgets the vocabulary is told so. Method: without one, and with one that has no facts."""
    bare = Vocabulary((FLASH_SALE,))
    with pytest.raises(ValueError, match="with the vocabulary"):
        plan_package(package(SALE), sources=True)
    with pytest.raises(ValueError, match=r"reads line\.category"):
        plan_package(package(SALE, bare), bare, sources=True)


def test_scan_and_index_agree_about_sources() -> None:
    """Goal: sources are found by their goods as any rule. Method: the index's own words, and both ways of finding."""
    own = rules(SALE)
    assert own.explain_index()[RULE].startswith("found by line.category or line.sku")
    assert own.price(at(OPENS_MS), scan=True) == own.price(at(OPENS_MS))
