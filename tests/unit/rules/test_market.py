"""Blocks of promotions: their examples, group prices without an engine, the market's lints, and how their values are shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.rules.market_for_tests import found, package, rules, utc
from tests.unit.rules.pricing_for_tests import cart, head, line
from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY
from tuan_rules import BlockSchema, SourceFile, Vocabulary, check
from tuan_rules.difference.show import show
from tuan_rules.facts import EventName
from tuan_rules.lsp.completion import complete
from tuan_rules.lsp.cursor import cursor_at
from tuan_rules.pricing.explain import explain
from tuan_rules.pricing.ruleset import Ruleset

ROOT = Path(__file__).parents[3]
GROUP = """
group_buy "three" {
  on = line.sku in ["S1"]  price = [2 => ¥39.00, 3 => ¥35.00, 5 => ¥32.00]  size = 3  window = 24h
  on_fail = refund(route: original) then grant(coupon "care-5")
}
"""
CARE = """
stack "coupons" { phase = order_discount  scope = order  pick = all  base = running }
coupon "care-5" { give = off(¥5.00)  stack = stack "coupons"  personal = true }
"""
GROUP += CARE
RULE = "shop/group_buy/three"


def group_price(text: str, **group: object) -> int:
    """What an S1 at ¥50.00 costs in a group."""
    return rules(text).price(cart(line("S1", 1, 5_000), group=group)).total_minor


@pytest.mark.parametrize("schema", list(MARKET_VOCABULARY), ids=lambda schema: schema.name)
def test_every_example_checks_clean(schema: BlockSchema) -> None:
    """Goal: what docs and messages show is right. Method: check the example of each block, with what it refers to."""
    others = 'flash_sale "evening" { on = line.sku == "S9"  price = set(¥1.00) }\n'
    others += 'stack "line-promo" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }\n'
    text = "" if schema.name == "package" else head()
    text += "".join(each + "\n" for each in others.splitlines() if not each.startswith(schema.name))
    assert check([SourceFile("t", text + schema.example)], MARKET_VOCABULARY).diagnostics == ()


@pytest.mark.parametrize(
    ("paid", "price"), [(0, 3_900), (1, 3_900), (2, 3_900), (3, 3_500), (4, 3_500), (5, 3_200), (9, 3_200)]
)
def test_a_tiered_group_costs_the_step_it_has_reached(paid: int, price: int) -> None:
    """Goal: the smallest step is prepaid, and later ones count when they are reached. Method: every number of members."""
    assert group_price(GROUP, paid=paid) == price


def test_a_group_price_is_for_groups() -> None:
    """Goal: without a group there is no group price; a group of another block has another price. Method: facts left out, and a name."""
    ruleset = rules(GROUP)
    alone = cart(line("S1", 1, 5_000))
    assert ruleset.price(alone).total_minor == 5_000
    why = explain(ruleset, alone).why_not(RULE)
    assert why is not None
    assert (why.why, why.by) == ("missing", "group.paid")
    assert group_price(GROUP, paid=3, name="three") == 3_500
    assert group_price(GROUP, paid=3, name="other") == 5_000
    assert ruleset.price(cart(line("S2", 1, 5_000), group={"paid": 3})).total_minor == 5_000


def test_a_group_of_one_price() -> None:
    """Goal: an ordinary group has one price for everybody, exact and rounded by the package. Method: 65 % of ¥49.99."""
    text = GROUP.replace("[2 => ¥39.00, 3 => ¥35.00, 5 => ¥32.00]", "pay(65%)")
    assert rules(text).price(cart(line("S1", 2, 4_999), group={"paid": 1})).total_minor == 6_499


def test_scan_and_index_agree_about_ladders() -> None:
    """Goal: the ladder is one rule, found by its goods. Method: both ways of finding, with every fact there."""
    own = rules(GROUP)
    bought = cart(line("S1", 3, 5_000), group={"paid": 4, "members": []})
    assert own.price(bought, scan=True) == own.price(bought)
    assert own.explain_index()[RULE].startswith("found by line.sku")


def test_the_whole_example() -> None:
    """Goal: the example of the language checks, plans and prices as its comments say. Method: its three tests' carts, by hand."""
    source = SourceFile.read(ROOT / "rules" / "examples" / "spring-fresh.tuan")
    result = check([source], MARKET_VOCABULARY)
    assert (result.diagnostics, result.package is not None) == ((), True)
    assert result.package is not None
    ruleset = Ruleset.of([result.package], MARKET_VOCABULARY, sources=True)
    fruit, seafood = line("S1001", 1, 5_000), line("S2001", 1, 25_000, "fresh/seafood")
    bought = cart(fruit, time_ms=utc("2027-02-11T04:30"), group={"paid": 3})
    assert (ruleset.price(bought).total_minor, ruleset.price(bought).applied()) == (
        3_500, ["fresh.spring/group_buy/three-for-35"],
    )  # fmt: skip
    why = explain(ruleset, bought).why_not("fresh.spring/price/member-98")
    assert why is not None
    assert why.why == "condition"
    assert ruleset.price(cart(line("S1002", 1, 5_000), time_ms=utc("2027-02-10T12:00"))).total_minor == 2_990
    assert ruleset.price(cart(seafood, time_ms=utc("2027-02-11T16:00"))).total_minor == 24_500


@pytest.mark.parametrize(
    ("listed", "reference", "codes"),
    [("¥129.99", "¥100.00", []), ("¥130.00", "¥100.00", ["TR-504"]), ("¥50.00", "¥0.00", [])],
)
def test_thirty_percent_is_the_edge(listed: str, reference: str, codes: list[str]) -> None:
    """Goal: 30 % above is fraud, a fen less is not. Method: both sides of the edge, and a reference of nothing."""
    text = f'flash_sale "s" {{ on = line.sku == "S1"  price = set(¥1.00)  list_price = {listed}  reference_price = {reference} }}'
    assert [each.code for each in found(text)] == codes


@pytest.mark.parametrize(
    ("price", "codes"), [("59.99", ["TR-507"]), ("60.00", []), ("70.00", []), ("70.01", ["TR-507"])]
)
def test_the_best_share_of_the_list_price(price: str, codes: list[str]) -> None:
    """Goal: 60 to 70 % draws no hint. Method: both sides of both edges."""
    text = GROUP.replace("[2 => ¥39.00, 3 => ¥35.00, 5 => ¥32.00]", f"set(¥{price})").replace(
        "24h", "24h  list_price = ¥100.00"
    )
    assert [each.code for each in found(text)] == codes


@pytest.mark.parametrize(("margin", "codes"), [("42.15%", []), ("42.14%", ["TR-509"])])
def test_the_worst_case_is_exact(margin: str, codes: list[str]) -> None:
    """Goal: the arithmetic is exact. Method: 35 % off and 11 % of the rest are 42.15 % of the list price."""
    text = GROUP.replace("[2 => ¥39.00, 3 => ¥35.00, 5 => ¥32.00]", "set(¥65.00)").replace(
        "24h", f"24h  list_price = ¥100.00  margin = {margin}"
    )
    text += (
        'commission "c" { base = line.paid  settle = monthly(day: 1, after: 7d)  level 1 { rate = 8% }  level 2 { rate = 3% } }\n'
        'commission "d" { base = line.paid  settle = monthly(day: 1, after: 7d)  level 1 { rate = 9% } }'
    )
    assert [each.code for each in found(text)] == codes


def test_five_days_are_not_too_long() -> None:
    """Goal: the hint begins after five whole days. Method: five days, and a minute more."""
    campaign = (
        'campaign "c" {{ active = from 2027-02-10 until 2027-02-15{}  plan "p" {{ enables = [group_buy "three"] }} }}'
    )
    assert found(GROUP + campaign.format("")) == ()
    assert [each.code for each in found(GROUP + campaign.format(" 00:01"))] == ["TR-508"]


def test_a_coupon_is_looked_for_where_there_are_coupons() -> None:
    """Goal: what another plugin describes is checked once it is installed. Method: the same file with and without a block `coupon`."""
    schemas = [
        each
        for each in MARKET_VOCABULARY
        if MARKET_VOCABULARY.get(each.name) and each.name not in (*Vocabulary().names(), "coupon")
    ]
    coupons = Vocabulary([*schemas, BlockSchema("coupon", "A coupon.", ())], MARKET_VOCABULARY.facts.values())
    text = head() + GROUP.removesuffix(CARE)
    assert [each.code for each in check([SourceFile("t", text)], coupons).diagnostics] == ["TR-109"]
    assert check([SourceFile("t", text + 'coupon "care-5" {}')], coupons).diagnostics == ()


@pytest.mark.parametrize(
    ("kind", "field", "written"),
    [
        ("group_buy", "price", "[2 => ¥39.00, 3 => ¥35.00]"),
        ("group_buy", "price", "pay(65%)"),
        ("group_buy", "leader", 'credit(¥2.00) then points(10) then gift("G1", qty: 1) then grant(coupon "c")'),
        ("group_buy", "on_fail", "refund(route: wallet)"),
        ("flash_sale", "sessions", "weekly(on: [mon, wed], at: [20:00], for: 2h)"),
        ("flash_sale", "sessions", "monthly(day: 31, at: [20:00], for: 1d, end_of_month: last)"),
        ("commission", "settle", "monthly(day: 10, after: 7d, end_of_month: last)"),
        ("risk", "verdict", 'deny(code: "R-101")'),
        ("risk", "verdict", "review"),
        ("risk", "on", "[flash_sale.join, group_buy.open]"),
        ("risk", "affects", "[flash_sale, commission]"),
    ],
)
def test_values_are_shown_as_they_are_written(kind: str, field: str, written: str) -> None:
    """Goal: `diff` speaks the language. Method: a value to text and back, by the field's own type."""
    given = {
        "group_buy": {
            "on": 'line.sku == "S1"',
            "price": "set(¥1.00)",
            "size": "3",
            "window": "1h",
            "on_fail": "refund(route: original)",
        },
        "flash_sale": {"on": 'line.sku == "S1"', "price": "set(¥1.00)"},
        "commission": {"base": "line.paid", "settle": "monthly(day: 1, after: 1d)"},
        "risk": {"on": "[order.pay]", "when": "buyer.level > 1", "verdict": "allow", "missing": "allow"},
    }[kind]
    fields = "  ".join(f"{name} = {value}" for name, value in {**given, field: written}.items())
    checked = package(
        CARE.replace("care-5", "c")
        + f'{kind} "x" {{ {fields}{"  level 1 { rate = 1% }" if kind == "commission" else ""} }}'
    )
    block, schema = checked.block(kind, "x"), MARKET_VOCABULARY.get(kind)
    assert block is not None
    assert schema is not None
    type_ = schema.field(field)
    assert type_ is not None
    assert show(block.values[field], type_.type, checked) == written


@pytest.mark.parametrize(
    ("events", "message"),
    [(["a.join", "a.join"], "declared twice"), (["a b"], "cannot be a name"), (["a.per"], "cannot be a name")],
)
def test_bad_events_are_refused(events: list[str], message: str) -> None:
    """Goal: a faulty plugin is refused at start-up. Method: an event twice, one with a blank, one of a reserved word."""
    with pytest.raises(ValueError, match=message):
        Vocabulary([EventName(name, "x") for name in events])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('risk "r" { on = ', {"flash_sale.join", "order.place"}),
        ('risk "r" { verdict = ', {"deny", "challenge"}),
        ('risk "r" { affects = ', {"flash_sale", "commission"}),
        ('risk "r" { when = ', {"device.buyers", "buyer.credit"}),
        ('group_buy "g" { leader = ', {"credit", "grant"}),
        ('group_buy "g" { price = ', {"set", "pay"}),
    ],
)
def test_editors_complete_what_promotions_take(text: str, expected: set[str]) -> None:
    """Goal: words, events, kinds and declared facts are offered. Method: complete behind each `=`."""
    suggestions = complete(cursor_at(SourceFile("t", text), len(text)), MARKET_VOCABULARY, [], "CNY")
    assert expected <= {suggestion.label for suggestion in suggestions}
