"""The stacking algebra with worked numbers, and the failures of other engines as named tests."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.unit.rules.pricing_for_tests import BUYER, STACKS, cart, checked, head, line, ruleset
from tests.unit.rules.vocabulary_for_tests import TYPED_VOCABULARY
from tuan_rules.exact import allocate
from tuan_rules.pricing.cart import Cart, CartLine
from tuan_rules.pricing.compiled import RulesConflict
from tuan_rules.pricing.explain import explain
from tuan_rules.pricing.ruleset import Ruleset


def total(rules: str, *lines: CartLine, **more: object) -> int:
    """What the goods come to."""
    return ruleset(rules).price(cart(*lines, **more)).total_minor  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("give", "quantity", "expected"),
    [
        ("set(¥29.90)", 2, 5_980),
        ("off(¥10)", 2, 18_000),
        ("off(12%)", 1, 8_800),
        ("pay(9.8折)", 1, 9_800),
        ("[2 => off(10%), 3 => pay(8折)]", 1, 10_000),
        ("[2 => off(10%), 3 => pay(8折)]", 2, 18_000),
        ("[2 => off(10%), 3 => pay(8折)]", 4, 32_000),
        ("[¥200 => off(¥10), ¥300 => off(¥20)]", 3, 24_000),
        ("every(¥150, off(¥20))", 3, 26_000),
        ("every(¥50, off(¥20), most: 2)", 3, 26_000),
        ("buy(2, get: 1)", 3, 20_000),
        ("buy(2, get: 1)", 5, 40_000),
        ("buy(1, get: 1, off: 50%)", 4, 30_000),
        ("off(10% of line.amount)", 1, 9_000),
        ("set(¥200)", 1, 10_000),
    ],
)
def test_gives_in_a_line(give: str, quantity: int, expected: int) -> None:
    """Goal: each form of `give` means what the page says. Method: one line at ¥100, the total by hand."""
    assert total(f'price "p" {{ give = {give}  stack = stack "line" }}', line(quantity=quantity)) == expected


@pytest.mark.parametrize(
    ("give", "expected"),
    [("off(¥20)", 28_000), ("off(10%)", 27_000), ("[3 => set(¥199)]", 19_900), ("buy(2, get: 1)", 25_000),
     ("every(¥100, off(¥9))", 27_300)],
)  # fmt: skip
def test_gives_over_the_order(give: str, expected: int) -> None:
    """Goal: over the order an amount is taken off once. Method: ¥50 and 2 x ¥125, the total by hand."""
    lines = (line("S1", 1, 5_000), line("S2", 2, 12_500))
    assert total(f'price "p" {{ give = {give}  stack = stack "order" }}', *lines) == expected


def test_total_does_not_depend_on_rule_order_magento_39448() -> None:
    """Goal: the failure of another engine cannot happen. Method: two percentages and an amount, in all orders of text."""
    rules = [
        'price "a" { give = off(10%)  stack = stack "every"  priority = 1 }',
        'price "b" { give = off(¥7)  stack = stack "every"  priority = 2 }',
        'price "c" { give = off(5%)  stack = stack "order"  priority = 3 }',
    ]
    orders = [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)]
    assert len({total("\n".join(rules[i] for i in order), line(list_minor=9_999)) for order in orders}) == 1


def test_units_are_consumed_once_medusa_8829() -> None:
    """Goal: a unit that was got is not bought for another. Method: two rules over five units: the second finds two free."""
    rules = "\n".join(f'price "b{n}" {{ give = buy(2, get: 1)  stack = stack "more"  priority = {n} }}' for n in (1, 2))
    priced = ruleset(rules).price(cart(line(quantity=5)))
    assert (priced.total_minor, priced.applied()) == (40_000, ["shop/price/b2"])


def test_threshold_is_of_its_named_base_sylius_16303() -> None:
    """Goal: it is stated whether a threshold sees other discounts. Method: ¥200 of goods, ¥20 off before, threshold ¥200."""
    first = 'price "a" { give = off(¥20)  stack = stack "line" }\n'
    rule = 'price "t" { give = [¥200 => off(¥50)]  stack = stack '
    goods = line(list_minor=20_000)
    assert total(first + rule + '"order" }', goods) == 18_000
    assert total(first + rule + '"more" }', goods) == 13_000


def test_partial_refund_reads_stored_amounts_vendure_5127() -> None:
    """Goal: a refund recomputes nothing. Method: ¥100 off three units of ¥33.34; each unit's part, and their sum."""
    priced = ruleset('price "p" { give = off(¥1)  stack = stack "order" }').price(
        cart(line(quantity=3, list_minor=3_334))
    )
    (only,) = priced.lines
    assert [only.units_minor(unit, 1) for unit in range(3)] == [3_301, 3_301, 3_300]
    assert priced.units_off(priced.steps[0]) == [33, 33, 34]


def test_expired_rule_does_not_apply_sylius_16206() -> None:
    """Goal: windows are half-open in the package's zone. Method: prices one millisecond around both edges."""
    compiled = ruleset('price "p" { active = from 2027-02-10 until 2027-02-11  give = off(10%)  stack = stack "line" }')
    start_ms = 1_802_188_800_000  # 2027-02-10 00:00 in Shanghai, 2027-02-09T16:00Z
    day_ms = 86_400_000
    for time_ms, expected in [
        (start_ms - 1, 10_000), (start_ms, 9_000), (start_ms + day_ms - 1, 9_000), (start_ms + day_ms, 10_000),
        (start_ms, 9_000),
    ]:  # fmt: skip
        assert compiled.price(cart(line(), time_ms=time_ms)).total_minor == expected, time_ms


@pytest.mark.parametrize(
    ("utc_ms", "held"),
    [
        # 14 March 2027, New York: 02:30 does not exist, the session runs from 03:00 EDT (07:00Z) for an hour.
        (1_805_007_600_000 - 1, False), (1_805_007_600_000, True), (1_805_011_200_000 - 1, True), (1_805_011_200_000, False),
    ],
)  # fmt: skip
def test_session_in_a_gap(utc_ms: int, held: bool) -> None:
    """Goal: a local time that does not exist starts at the first instant after the gap. Method: prices at its edges."""
    rules = 'price "p" { sessions = daily(at: 02:30, for: 1h)  give = off(10%)  stack = stack "line" }'
    found = ruleset(rules, zone="America/New_York").price(cart(line(), time_ms=utc_ms))
    assert (found.total_minor == 9_000) is held


@pytest.mark.parametrize(
    ("utc_ms", "held"),
    [
        # 7 November 2027, New York: 01:30 is there twice; the first is EDT, 05:30Z.
        (1_825_565_400_000 - 1, False), (1_825_565_400_000, True), (1_825_567_200_000 - 1, True), (1_825_567_200_000, False),
        (1_825_569_000_000, False),
    ],
)  # fmt: skip
def test_session_in_an_overlap(utc_ms: int, held: bool) -> None:
    """Goal: a local time that is there twice means the first. Method: prices at the edges of half an hour from 01:30."""
    rules = 'price "p" { sessions = daily(at: 01:30, for: 30min)  give = off(10%)  stack = stack "line" }'
    found = ruleset(rules, zone="America/New_York").price(cart(line(), time_ms=utc_ms))
    assert (found.total_minor == 9_000) is held


def test_sessions_of_a_year() -> None:
    """Goal: snapshots follow a schedule that has no end. Method: every noon of a year has the price, every midnight has not."""
    compiled = ruleset('price "p" { sessions = daily(at: 11:00, for: 2h)  give = off(10%)  stack = stack "line" }')
    noon_ms = 1_802_232_000_000  # 2027-02-10 12:00 in Shanghai
    for day in range(0, 365, 7):
        assert compiled.price(cart(line(), time_ms=noon_ms + day * 86_400_000)).total_minor == 9_000
        assert compiled.price(cart(line(), time_ms=noon_ms + day * 86_400_000 + 43_200_000)).total_minor == 10_000


@pytest.mark.parametrize(
    ("currency", "rule", "expected"),
    [("JPY", "off(JPY 10)", 991), ("JPY", "off(33%)", 671), ("KWD", "off(KWD 0.005)", 996), ("KWD", "off(33.3%)", 668)],
)
def test_currencies_of_no_and_three_decimals(currency: str, rule: str, expected: int) -> None:
    """Goal: minor units are the currency's own. Method: 1,001 minor units, amounts and percentages."""
    stack = 'stack "line" { phase = line_discount  scope = line  pick = first  base = running }\n'
    compiled = ruleset(f'price "p" {{ give = {rule}  stack = stack "line" }}', stacks=stack, currency=currency)
    assert compiled.price(cart(line(list_minor=1_001))).total_minor == expected


def test_two_decimals_cannot_price_yen() -> None:
    """Goal: packages in two currencies never price one cart. Method: compile both together."""
    stack = 'stack "line" { phase = line_discount  scope = line  pick = first  base = running }\n'
    packages = [checked(head(currency, name) + stack) for currency, name in (("CNY", "a"), ("JPY", "b"))]
    with pytest.raises(RulesConflict, match="CNY and JPY"):
        Ruleset.of(packages, TYPED_VOCABULARY)


def test_packages_meet_in_a_shared_stack() -> None:
    """Goal: of two packages' rules in one stack the better counts; a tie or another definition is refused. Method: compile pairs."""
    stack = 'stack "line" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }\n'
    rule = 'price "p" {{ give = off({off}%)  stack = stack "line"  priority = {priority} }}'

    def package(name: str, off: int, priority: int, text: str = stack) -> str:
        return head(name=name) + text + rule.format(off=off, priority=priority)

    def together(*texts: str) -> Ruleset:
        return Ruleset.of([checked(text) for text in texts], TYPED_VOCABULARY)

    one, other = package("a", 10, 1), package("b", 20, 2)
    for texts in ((one, other), (other, one)):
        priced = together(*texts).price(cart(line()))
        assert (priced.total_minor, priced.applied()) == (8_000, ["b/price/p"])
    with pytest.raises(RulesConflict, match="priority 1"):
        together(one, package("b", 20, 1))
    with pytest.raises(RulesConflict, match="not the same"):
        together(one, package("b", 20, 2, stack.replace("running", "original")))


def test_limits_bite_in_order() -> None:
    """Goal: floor, cap, stack cap and budget, each named when it bit. Method: one rule under each, and what the trace says."""
    give = 'give = off(50%)  stack = stack "every"'
    for field, expected, limit in [
        ("floor = 80% of line.list", 8_000, "floor"), ("cap = ¥15.00 per line", 8_500, "cap"),
        ("cap = ¥12.00 per order", 8_800, "cap"), ("", 6_000, "stack_cap"), ("budget = ¥11.00  on_exceed = clip", 8_900, "budget"),
    ]:  # fmt: skip
        explanation = explain(ruleset(f'price "p" {{ {give}  {field} }}'), cart(line()), {})
        (applied,) = explanation.applied()
        assert (explanation.priced.total_minor, limit in applied.limits) == (expected, True), field
        assert applied.exact_off_minor == Fraction(5_000)
    skipping = explain(ruleset(f'price "p" {{ {give}  budget = ¥11.00  on_exceed = skip }}'), cart(line()), {})
    assert skipping.priced.total_minor == 10_000
    why = skipping.why_not("shop/price/p")
    assert why is not None
    assert (why.why, why.by) == ("limited", "stack_cap")


def test_cap_over_the_order_is_shared() -> None:
    """Goal: a cap bounds the rule's total before allocation. Method: 10 % of ¥100 and ¥200, at most ¥9 together."""
    rules = 'price "p" { give = off(10%)  cap = ¥9.00 per order  stack = stack "line" }'
    priced = ruleset(rules).price(cart(line("S1"), line("S2", list_minor=20_000)))
    assert [step.off_minor for step in priced.steps] == [300, 600]


def test_quotes_promise_no_budget() -> None:
    """Goal: an order claims what a quote only names. Method: a budget that is used up, with and without its state."""
    compiled = ruleset('price "p" { give = off(10%)  budget = ¥5.00  on_exceed = clip  stack = stack "line" }')
    quote = compiled.price(cart(line()))
    assert (quote.total_minor, quote.claims) == (9_000, {"shop/price/p": 1_000})
    order = compiled.price(cart(line()), {"shop/price/p": 300})
    assert (order.total_minor, order.claims) == (9_700, {"shop/price/p": 300})


def test_exclusive_stacks_meet_by_line() -> None:
    """Goal: where one stack took something off, those that it excludes do not. Method: a line rule, an order rule, two lines."""
    rules = (
        'price "l" { on = line.sku == "S1"  give = off(10%)  stack = stack "least" }\n'
        'price "o" { give = off(20%)  stack = stack "order" }'
    )
    explanation = explain(ruleset(rules), cart(line("S1"), line("S2")))
    assert [(step.line_index, step.off_minor) for step in explanation.priced.steps] == [(0, 1_000), (1, 2_000)]
    alone = explain(ruleset(rules), cart(line("S1")))
    why = alone.why_not("shop/price/o")
    assert why is not None
    assert why.message() == 'excluded by stack "least"'


def test_price_sources_give_one_price() -> None:
    """Goal: the lowest price counts, unless the stack says the first. Method: regional and member prices, above and below list."""
    stacks = STACKS + 'stack "region" { phase = price_source  scope = line  pick = first  base = original }\n'
    regional = 'price "r" { when = (buyer.region ?? "") == "XZ"  give = set(¥120)  stack = stack "region" }\n'
    member = 'price "m" { when = buyer.level >= 3  give = set(¥90)  stack = stack "price" }\n'
    there = {**BUYER, "region": "XZ"}
    assert ruleset(regional, stacks=stacks).price(cart(line(), buyer=there)).total_minor == 12_000
    assert ruleset(regional, stacks=stacks).price(cart(line())).total_minor == 10_000
    assert ruleset(regional + member, stacks=stacks).price(cart(line(), buyer=there)).total_minor == 9_000
    settled = CartLine("S1", 1, 10_000, source=("flash/evening", 2_990))
    priced = ruleset(member).price(cart(settled))
    assert (priced.total_minor, priced.applied()) == (2_990, ["flash/evening"])


def test_missing_fact_grants_nothing() -> None:
    """Goal: fail closed: without a required fact its rules do not count, others do. Method: a buyer without a level."""
    rules = (
        'price "a" { when = buyer.level < 3  give = off(50%)  stack = stack "line"  priority = 1 }\n'
        'price "b" { give = off(10%)  stack = stack "line"  priority = 2 }'
    )
    explanation = explain(ruleset(rules), cart(line(), buyer={"id": "b"}))
    assert explanation.priced.applied() == ["shop/price/b"]
    why = explanation.why_not("shop/price/a")
    assert why is not None
    assert (why.message(), why.message("zh")) == ("missing fact buyer.level", "缺少事实 buyer.level")


def test_why_not() -> None:
    """Goal: every reason in words. Method: rules that fail in each way, for one cart."""
    rules = """
    price "best"    { give = off(20%)  stack = stack "line"  priority = 1 }
    price "lower"   { give = off(10%)  stack = stack "line"  priority = 2 }
    price "goods"   { on = line.sku == "S9"  give = off(90%)  stack = stack "line"  priority = 3 }
    price "when"    { when = buyer.level > 4  give = off(90%)  stack = stack "line"  priority = 4 }
    price "window"  { active = from 2020-01-01 until 2020-01-02  give = off(90%)  stack = stack "line"  priority = 5 }
    price "nothing" { give = [9 => off(90%)]  stack = stack "order"  priority = 6 }
    """
    explanation = explain(ruleset(rules), cart(line()))
    found = {
        name: explanation.why_not(f"shop/price/{name}") for name in ("lower", "goods", "when", "window", "nothing")
    }
    assert {name: why.message() for name, why in found.items() if why is not None} == {
        "lower": "lower than shop/price/best", "goods": "not for these goods or this buyer",
        "when": "its conditions do not hold", "window": "out of window", "nothing": "it takes nothing off here",
    }  # fmt: skip
    assert explanation.why_not("shop/price/best") is None
    assert explanation.record()["rulesets"].keys() == {"shop"}


def test_each_line_rounding_rounds_once() -> None:
    """Goal: `at = each_line` rounds what all steps leave, not each step. Method: two steps of 1/3 cent each on one line."""
    stack = 'stack "s" { phase = line_discount  scope = line  pick = all  base = running }\n'
    rules = "\n".join(f'price "p{n}" {{ give = off(0.4%)  stack = stack "s"  priority = {n} }}' for n in range(2))
    goods = cart(line(list_minor=100))
    assert ruleset(rules, stacks=stack).price(goods).total_minor == 100
    assert ruleset(rules + "\nrounding { at = each_line }", stacks=stack).price(goods).total_minor == 99


def test_index_says_what_finds_a_rule() -> None:
    """Goal: an author sees what makes rules slow. Method: one rule of each kind."""
    rules = "\n".join(
        f'price "{name}" {{ {guard}  give = off(1%)  stack = stack "line"  priority = {n} }}'
        for n, (name, guard) in enumerate([
            ("sku", 'on = line.sku in ["A", "B"]'), ("category", 'on = line.category under "x"  when = buyer.level > 1'),
            ("segment", 'when = "vip" in buyer.segments'), ("asked", "when = buyer.level > 1"), ("all", ""),
            ("mixed", 'on = line.sku == "A" or "vip" in buyer.segments'),
            ("many", "on = " + " or ".join(f'line.sku == "{i}"' for i in range(9))),
        ])
    )  # fmt: skip
    found = {rule_id.rpartition("/")[2]: text for rule_id, text in ruleset(rules).explain_index().items()}
    assert found == {
        "sku": "found by line.sku (2 values)", "category": "found by line.category (1 values), then 1 more",
        "segment": "found by buyer.segments (1 values)", "all": "asked in every cart: it has no condition",
        "asked": "asked in every cart: no condition names SKUs, a category or a text of the cart",
        "mixed": "asked in every cart: its alternatives are of the line and of the cart",
        "many": "asked in every cart: 9 alternatives, more than 8",
    }  # fmt: skip


def test_allocation_by_largest_remainder() -> None:
    """Goal: parts sum to the total, ties go to the lower index, zero weights get nothing. Method: worked numbers."""
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(5, [0, 3, 3]) == [0, 3, 2]
    assert allocate(0, [0, 0]) == [0, 0]
    with pytest.raises(ValueError, match="all zero"):
        allocate(1, [0, 0])


@pytest.mark.parametrize("goods", [line(quantity=0), line(list_minor=-1)])
def test_impossible_lines_are_refused(goods: CartLine) -> None:
    """Goal: no price for what cannot be. Method: no units, and a negative price."""
    with pytest.raises(ValueError, match="line S1"):
        ruleset("").price(Cart([goods], 0, {"buyer": BUYER}))


def test_worked_example_of_the_page() -> None:
    """Goal: the numbers of docs/rules_language.md, "Price rules", are right. Method: its two lines, step by step."""
    stacks = """
    stack "p" { phase = price_source    scope = line   pick = best_for_buyer  base = original }
    stack "l" { phase = line_discount   scope = line   pick = first           base = running }
    stack "o" { phase = order_discount  scope = order  pick = all             base = running }
    """
    rules = """
    price "a" { on = line.sku == "S1"  give = set(¥135)    stack = stack "p" }
    price "b" { on = line.sku == "S1"  give = off(12.5%)   stack = stack "l" }
    price "c" { on = line.sku == "S2"  give = off(2%)      stack = stack "l"  priority = 1 }
    price "d" { give = off(¥20)  stack = stack "o" }
    """
    priced = ruleset(rules, stacks=stacks).price(cart(line("S1", 1, 15_000), line("S2", 1, 19_998)))
    assert [step.off_minor for step in priced.steps] == [1_500, 1_687, 400, 752, 1_248]
    assert [only.total_minor for only in priced.lines] == [11_061, 18_350]


def test_a_percent_that_is_a_fact_is_rounded() -> None:
    """Goal: no fraction of a coin leaves, whatever a fact says. Method: a price of a third of ¥100, given as a fact."""
    rule = 'price "p" { give = set(line.list * (line.margin ?? 0%))  stack = stack "line" }'
    found = total(rule, line(margin=Fraction(1, 3)))
    assert (found, type(found)) == (3_333, int)
