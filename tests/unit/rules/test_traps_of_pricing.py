"""What users of other engines complained of about prices (source and number in the names), and where each cannot happen here.

A failure of rules and prices alone is shown in this file or named in `ELSEWHERE`; one that takes a store, claims or payments is
shown by the test that `ELSEWHERE` names. Every row of the table of failures that is about pricing has its line: this is the place to
look one up.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.rules.pricing_for_tests import STACKS, cart, checked, head, line, ruleset
from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY, TYPED_VOCABULARY
from tuan_rules import SourceFile, check
from tuan_rules.pricing.ruleset import Ruleset

TESTS = Path(__file__).parents[2]
_COUPONS, _SALES = "scenario/rewards/test_coupons.py", "scenario/sales/test_last_unit.py"
_PRICING, _PROPERTIES = "unit/rules/test_pricing.py", "unit/rules/test_pricing_properties.py"
_ORDERS = "unit/usecases/test_priced_by_rules.py"

#: (failure, where it was seen) -> the tests, as pytest names them.
ELSEWHERE: dict[tuple[str, str], tuple[str, ...]] = {
    ("code used more often than its limit under load", "saleor 544, vendure PR 4660, medusa PR 13760"): (
        f"{_COUPONS}::test_64_orders_with_one_coupon_are_one_discount", f"{_COUPONS}::test_64_buyers_collect_3_coupons",
    ),
    ("64 requests for 1 coupon: 36 succeed", "litemall 581"): (
        f"{_COUPONS}::test_64_orders_with_one_coupon_are_one_discount",
        f"{_SALES}::test_64_requests_of_one_buyer_with_a_limit_of_one",
    ),
    ("limits ignored for automatic promotions", "vendure 4353"): (f"{_ORDERS}::test_a_budget_is_claimed_and_never_exceeded",),
    ("cancelled orders counted", "vendure 3042, vendure 1466"): (
        f"{_COUPONS}::test_cancelled_and_expired_orders_unlock",
        "scenario/sales/test_refunds.py::test_what_ends_unpaid_gives_the_limit_back_once",
    ),
    ("voucher burnt by the first step of a two-step payment", "saleor 8219"): (
        f"{_COUPONS}::test_from_collection_to_restore", f"{_COUPONS}::test_cancelled_and_expired_orders_unlock",
    ),
    ("the same item twice in one request", "medusa 16502"): (
        f"{_SALES}::test_the_same_sku_twice_in_one_order_is_summed",
        f"{_SALES}::test_the_same_sku_twice_counts_twice_for_a_limit",
        "contract/inventory/test_reserve.py::test_one_counter_named_twice_is_summed",
    ),
    ("own order counted", "solidus 3205"): (
        f"{_COUPONS}::test_a_repeat_of_a_granted_order_gets_its_answer",
        f"{_ORDERS}::test_its_own_claim_is_not_counted_against_an_order",
    ),
    ("rule judged on the discounted total", "Sylius 16303"): (
        f"{_PRICING}::test_threshold_is_of_its_named_base_sylius_16303",
    ),
    ("partial refund recomputes the discount", "vendure 5127, vendure 4811"): (
        f"{_PRICING}::test_partial_refund_reads_stored_amounts_vendure_5127",
        "scenario/sales/test_refunds.py::test_a_refund_reads_the_frozen_price",
        f"{_PROPERTIES}::test_refund_of_units_returns_exactly_what_was_paid",
    ),
    ("buy X get Y reuses units", "medusa 8829"): (f"{_PRICING}::test_units_are_consumed_once_medusa_8829",),
    ("expired promotion still applies", "Sylius 16206"): (f"{_PRICING}::test_expired_rule_does_not_apply_sylius_16206",),
    ("total depends on rule order", "magento 39448"): (
        f"{_PRICING}::test_total_does_not_depend_on_rule_order_magento_39448", f"{_PROPERTIES}::test_order_never_matters",
    ),
    ("shares of a discount do not add up", "macrozheng/mall 356, Broadleaf 1113"): (f"{_PROPERTIES}::test_sums_are_exact",),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted({name for names in ELSEWHERE.values() for name in names}))
def test_the_named_test_is_there(name: str) -> None:
    """Goal: the list above cannot rot. Method: parse the file, and look for a test of that name that asserts something."""
    path, _, function = name.partition("::")
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    found = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef) and n.name == function]
    assert len(found) == 1
    assert any(isinstance(node, ast.Assert) or "assert" in ast.unparse(node) for node in ast.walk(found[0]))


def test_totals_are_whole_cents_medusa_14817() -> None:
    """Goal: no total like 34.116425. Method: percentages that leave fractions of a cent on every line, in two steps and over the order."""
    rules = """
    price "a" { give = off(5.207%)  stack = stack "line" }
    price "b" { give = pay(9.77折)  stack = stack "order" }
    price "c" { give = off(33.333%)  stack = stack "ship" }
    """
    priced = ruleset(rules).price(cart(line("S1", 3, 1_133), line("S2", 1, 3_599), shipping=1_001))
    amounts = [priced.total_minor, priced.shipping_minor, *(step.off_minor for step in priced.steps)]
    amounts += [unit for each in priced.lines for _, unit in each.unit_runs]
    assert {type(amount) for amount in amounts} == {int}
    # 33.99 * 94.793% = 32.2201..., 35.99 * 94.793% = 34.116...: to the cent, and each step of what the step before left.
    assert [step.off_minor for step in priced.steps if step.rule_id == "shop/price/a"] == [177, 187]
    assert priced.total_minor == (3_399 - 177) + (3_599 - 187) - 153


def test_shares_of_a_discount_add_up_macrozheng_356_broadleaf_1113() -> None:
    """Goal: the parts are the whole. Method: ¥10 over three equal lines of several units, and over lines of 1, 1 and 10,000 cents."""
    ten = 'price "ten" { give = off(¥10)  stack = stack "order" }'
    equal = ruleset(ten).price(cart(*(line(f"S{i}", 2, 5_000) for i in range(3))))
    assert sorted(step.off_minor for step in equal.steps) == [333, 333, 334]
    assert sum(sum(equal.units_off(step)) for step in equal.steps) == 1_000
    uneven = ruleset(ten).price(cart(line("S1", 1, 1), line("S2", 1, 1), line("S3", 1, 10_000)))
    assert sum(step.off_minor for step in uneven.steps) == 1_000
    assert all(each.total_minor >= 0 for each in uneven.lines)


def test_an_end_date_is_of_the_package_zone_prestashop_25199() -> None:
    """Goal: a day ends at the merchant's midnight, wherever the engine runs. Method: one date in three zones; the same instants."""
    rule = 'price "p" { active = from 2027-02-10 until 2027-02-11  give = off(10%)  stack = stack "line" }'
    ends = {"Asia/Shanghai": "2027-02-10T16:00Z", "America/New_York": "2027-02-11T05:00Z", "UTC": "2027-02-11T00:00Z"}
    ends_ms = {"Asia/Shanghai": 1_802_275_200_000, "America/New_York": 1_802_322_000_000, "UTC": 1_802_304_000_000}
    assert ends.keys() == ends_ms.keys()
    for zone, end_ms in ends_ms.items():
        compiled = ruleset(rule, zone=zone)
        assert compiled.price(cart(line(), time_ms=end_ms - 1)).total_minor == 9_000, ends[zone]
        assert compiled.price(cart(line(), time_ms=end_ms)).total_minor == 10_000, ends[zone]


@pytest.mark.parametrize("fact", ["buyer.crdit", "buyer.Credit", "byuer.credit", "credit"])
def test_a_misspelt_fact_never_lets_everybody_pass_agent_governance_toolkit_3297_zen(fact: str) -> None:
    """Goal: a deny rule with a slip is refused, not empty. Method: misspell the fact of a risk rule and of a gate, and `missing`."""
    risk = 'risk "r" {{ on = [flash_sale.join]  when = ({} ?? 0) < 40  verdict = deny(code: "R-1")  {} = deny }}'
    for rule in (risk.format(fact, "missing"), f'gate "g" {{ when = ({fact} ?? 0) < 40  message = "no" }}'):
        found = check([SourceFile("deny", head() + rule)], MARKET_VOCABULARY)
        assert found.package is None
        assert "TR-230" in {each.code for each in found.errors}
    slip = check([SourceFile("deny", head() + risk.format("buyer.credit", "mising"))], MARKET_VOCABULARY)
    assert {"TR-102"} <= {each.code for each in slip.errors}


def test_the_same_goods_on_two_lines_count_together_medusa_16502() -> None:
    """Goal: splitting a line gains and loses nothing over the order. Method: steps by units and buy 2 get 1, of 3 units and of 1 + 2."""
    for give in ("[3 => off(¥30)]", "buy(2, get: 1)"):
        compiled = ruleset(f'price "p" {{ give = {give}  stack = stack "order" }}')
        whole = compiled.price(cart(line("S1", 3)))
        split = compiled.price(cart(line("S1", 1), line("S1", 2)))
        assert whole.total_minor == split.total_minor < 30_000


def _calls(function: Callable[[], object]) -> int:
    """How many calls, of Python and of C, a function makes."""
    count = 0

    def seen(_frame: object, event: str, _argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(seen)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


def _many(rules: int) -> Ruleset:
    """So many rules, each about goods or a category of its own."""
    guards = ('on = line.sku in ["N{}"]', 'on = line.category under "c{}"', 'when = "seg{}" in buyer.segments')
    texts = [
        f'price "r{n}" {{ {guards[n % 3].format(n)}  give = off(1%)  stack = stack "every"  priority = {n} }}\n'
        for n in range(rules)
    ]
    files = ["".join(texts[start : start + 400]) for start in range(0, rules, 400)]
    mine = 'price "mine" { on = line.sku == "S1"  give = off(10%)  stack = stack "line" }\n'
    return Ruleset.of([checked(head() + STACKS + mine, *files)], TYPED_VOCABULARY)


def test_the_work_of_a_price_does_not_grow_with_the_rules_json_rules_engine_364_magento_19117() -> None:
    """Goal: ten thousand rules about other goods cost nothing. Method: count calls, never seconds: a price beside 30 rules and beside 1,500
    makes as many; a scan, which asks every rule, makes more than 1,500, so the count would see it."""
    few, many = _many(30), _many(1_500)
    goods = cart(line("S1"), line("S2"))
    for compiled in (few, many):
        compiled.price(goods)  # The first price remembers what its goods find.
        assert compiled.price(goods).applied() == ["shop/price/mine"]
    assert _calls(lambda: few.price(goods)) == _calls(lambda: many.price(goods))
    many.price(goods, scan=True)
    assert _calls(lambda: many.price(goods, scan=True)) > 1_500
