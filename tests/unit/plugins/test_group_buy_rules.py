"""What code reads from a `group_buy` block: steps, new members, lotteries, and the price of those who open and those who join."""

from __future__ import annotations

import pytest

from tests.unit.plugins.group_rules_for_tests import OTHERS, group_of
from tests.unit.rules.market_for_tests import rules
from tests.unit.rules.pricing_for_tests import cart, line
from tuan.plugin import InvalidValue
from tuan_group_buy.lottery import is_lottery
from tuan_group_buy.old_brings_new import min_new_members
from tuan_group_buy.rewards import promised
from tuan_group_buy.steps import ladder_of, members_max, members_min

LADDER = "[2 => ¥39.00, 3 => ¥35.00, 5 => ¥32.00]"


@pytest.mark.parametrize(
    ("written", "least"),
    [
        ("count(each m in group.members where m.is_new) >= 2", 2),
        ("count(each m in group.members where m.is_new) > 1", 2),
        ("2 <= count(each m in group.members where m.is_new)", 2),
        ("1 < count(each someone in group.members where someone.is_new)", 2),
        ("计数(each 每位 in 团.团员 where 每位.新客) >= 3", 3),
    ],
)
def test_new_members_are_read_from_the_condition(written: str, least: int) -> None:
    """Goal: however it is written, seats keep the same number. Method: turned round, strict, in Chinese, another variable."""
    assert min_new_members(group_of(f"require = {written}")) == least


def test_without_a_condition_nobody_must_be_new() -> None:
    """Goal: ordinary groups keep no seat free. Method: a block without `require`."""
    assert min_new_members(group_of()) == 0


def test_steps_of_ladders_and_sizes() -> None:
    """Goal: one way to ask for every group. Method: a ladder, and a group of one size."""
    tiered, plain = group_of(price=LADDER), group_of(size=4)
    assert (members_min(tiered), members_max(tiered), len(ladder_of(tiered))) == (2, 5, 3)
    assert (members_min(plain), members_max(plain), ladder_of(plain)) == (4, 4, ())


def test_a_lottery_says_so() -> None:
    """Goal: code asks once. Method: a group with a draw, and one without."""
    assert is_lottery(group_of("prizes = 1  odds = 10%  draw = 1h", size=10))
    assert not is_lottery(group_of())


@pytest.mark.parametrize("field", ["opener", "leader", "cashback"])
def test_gifts_are_refused_by_name(field: str) -> None:
    """Goal: no promise that nobody keeps. Method: a gift beside a credit, in each field that rewards; it is named, with the way out."""
    given = group_of(f'{field} = credit(¥2.00) then gift("S9", qty: 2)').values[field]
    assert isinstance(given, tuple)
    with pytest.raises(InvalidValue, match=r'gift\("S9"\).*grant\(coupon') as refused:
        promised(field, given, "shop.rules")
    assert refused.value.metadata["field"] == field


@pytest.mark.parametrize(
    ("price", "by_paid"),
    [
        ("set(¥35.00)", {0: 3_500, 1: 3_300, 9: 3_300}),
        ("off(¥15.00)", {0: 3_500, 1: 3_300, 9: 3_300}),
        (LADDER, {0: 3_900, 1: 3_700, 2: 3_700, 3: 3_300, 4: 3_300, 5: 3_000}),
    ],
)
def test_who_joins_pays_less(price: str, by_paid: dict[int, int]) -> None:
    """Goal: the discount is for joining, at every step. Method: price a unit of ¥50.00 by the members who have paid before."""
    text = f"""group_buy "g" {{ on = line.sku in ["S1"]  price = {price}  size = 3  window = 24h  join_discount = ¥2.00
      on_fail = refund(route: original) }}{OTHERS}"""
    ruleset = rules(text)
    prices = {paid: ruleset.price(cart(line("S1", 1, 5_000), group={"paid": paid})).total_minor for paid in by_paid}
    assert prices == by_paid
