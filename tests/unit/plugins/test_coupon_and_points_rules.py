"""The blocks `coupon` and `points`. Goal: a merchant's mistakes are explained, and the rules count where they are named.

Method: rule text through the bench; an order that names nothing, and what the compiled index says.
"""

from __future__ import annotations

import pytest

from tests.repo.tree import ROOT
from tuan.plugin import InvalidValue, Redemption
from tuan.testing import PromotionBench, check_promotion
from tuan_coupon.promotion import Coupons
from tuan_coupon.template import template_of
from tuan_points.program import program_of, share_of_units
from tuan_points.promotion import Points

STACKS = (
    'stack "coupons" { phase = order_discount  scope = order  pick = all  base = running }\n'
    'stack "pay" { phase = tender  scope = order  pick = all  base = running }\n'
)
COUPON = STACKS + 'coupon "ten" { give = off(¥10.00)  stack = stack "coupons"  issue = 9 }'
POINTS = STACKS + 'points "stars" { earn = ¥1.00  worth = ¥0.01  give = off(50%)  stack = stack "pay" }'
TEN, STARS = "bench.rules/coupon/ten", "bench.rules/points/stars"


@pytest.fixture
def bench() -> PromotionBench:
    return PromotionBench(Coupons(), Points())


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ("issue = 0", "issue: is 0; write 1"),
        ("valid = 4000d", "valid: write a duration"),
        ("limit = 2 per device", "limit: a coupon has one limit, per buyer"),
        ("limit = 2 per buyer per 24h", "limit: a coupon has one limit, per buyer"),
        ('code = "A B"', "code: has blanks"),
        ('code = "A"  newcomer = true', "newcomer: goes with coupons that are collected"),
        ('code = "A"  personal = true', "personal: goes with coupons that are collected"),
        ('code = "A"  valid = 7d', "valid: goes with coupons that are collected"),
    ],
)
def test_mistakes_of_a_coupon_are_explained(bench: PromotionBench, field: str, why: str) -> None:
    """Goal: what to write instead. Method: one mistake each."""
    text = COUPON.replace("issue = 9", field)
    with pytest.raises(InvalidValue, match=why):
        bench.plans(text)


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        ("earn = ¥1.00", "earn = ¥0.00", "earn: write an amount greater"),
        ("worth = ¥0.01", "worth = ¥0.00", "worth: write an amount greater"),
        ('stack "pay"  }', 'stack "pay"  valid = 0min }', "valid: write a duration"),
    ],
)
def test_mistakes_of_points_are_explained(bench: PromotionBench, before: str, after: str, why: str) -> None:
    """Goal: what to write instead. Method: one mistake each."""
    text = POINTS.replace(" }", "  }").replace(before, after)
    assert after in text
    with pytest.raises(InvalidValue, match=why):
        bench.plans(text)


@pytest.mark.parametrize(("promotion", "rules"), [(Coupons, COUPON), (Points, POINTS)])
def test_they_conform(promotion: type[Coupons | Points], rules: str) -> None:
    """Goal: what the engine relies on. Method: the conformance suite that third parties have."""
    check_promotion(promotion(), rules)


def test_a_coupon_counts_only_where_it_is_named(bench: PromotionBench) -> None:
    """Goal: no order gets what it does not use. Method: no name, the label, the rule's id, another package's id."""
    bench.publish(COUPON)
    paid = {
        names: bench.place(bench.attempt(("S2", 1), facts={"cart": {"coupons": names}})).total_minor
        for names in ((), ("ten",), (TEN,), ("other.rules/coupon/ten",))
    }
    assert paid == {(): 20_00, ("ten",): 10_00, (TEN,): 10_00, ("other.rules/coupon/ten",): 20_00}


def test_an_order_without_coupons_asks_nothing(bench: PromotionBench) -> None:
    """Goal: coupons cost other orders nothing. Method: 20 coupons are found by name alone, and no rule is asked per SKU."""
    blocks = [
        f'coupon "c{number}" {{ give = off(¥1.00)  stack = stack "coupons"  priority = {number} }}'
        for number in range(20)
    ]
    bench.publish(STACKS + "\n".join(blocks))
    prices = bench.snapshot.book.prices("CNY", "b1")
    assert prices is not None
    assert {"cart.coupons" in str(line) for line in prices.ruleset.explain_index().values()} == {True}
    assert bench.snapshot.rules_for("S1") == ()


def test_what_a_charge_claims(bench: PromotionBench) -> None:
    """Goal: claims of what counted, and of no more points than were used. Method: a coupon, and points for more than half."""
    bench.publish(COUPON + "\n" + POINTS.removeprefix(STACKS))
    coupons, points = bench.registry.promotions["coupon"], bench.registry.promotions["points"]
    rules = {rule.rule_id: rule for rule in bench.host.rules}
    template, program = template_of(rules[TEN]), program_of(rules[STARS])
    attempt = bench.attempt(("S2", 1))
    redemption = Redemption({}, (program, 2_000))
    charge = points.charge(attempt, redemption, {STARS: 5_00})
    assert [(claim.quantity, claim.limit) for claim in charge.claims] == [(500, 2_000)]
    assert charge.claims[0].counter.startswith("redeemed/points/")
    assert points.charge(attempt, redemption, {}).claims == ()
    assert coupons.charge(attempt, Redemption({}, []), {TEN: 1}).claims == ()
    assert [claim.limit for claim in template.collecting("shop", "b1")] == [1, 9]


def test_shares_of_units_sum_to_all_points() -> None:
    """Goal: restored unit by unit, all points come back. Method: every unit of two lines, by uneven amounts."""
    offs, quantities = [7_01, 2_99], [3, 2]
    units = [(line, unit) for line, count in enumerate(quantities) for unit in range(count)]
    parts = [share_of_units(100, offs, quantities, [(line, unit, 1)]) for line, unit in units]
    assert sum(parts) == 100
    assert parts == sorted(parts[:3], reverse=True) + sorted(parts[3:], reverse=True)


def test_the_example_can_be_published(bench: PromotionBench) -> None:
    """Goal: what merchants copy works. Method: plan the file with the real plugins."""
    text = (ROOT / "rules/examples/member-coupons.tuan").read_text(encoding="utf-8")
    planned = {block.label for _, block, _ in bench.plans(text[text.index("package") :])}
    assert planned == {"ten-off-hundred", "welcome", "care-5", "fruit-delivered", "leaves"}
