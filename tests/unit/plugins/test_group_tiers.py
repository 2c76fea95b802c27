"""Tiered groups: the step that is reached, completion and failure, and rebates to the cent; examples and properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuan.plugin import InvalidValue, spread_over_units
from tuan_group_buy.tiers import Ladder, Prepaid, Standing, Step, TierRebate, tier_rebates

#: The example of the rule language: 2 => ¥39.00, 3 => ¥35.00, 5 => ¥32.00.
LADDER = Ladder((Step(2, 3_900), Step(3, 3_500), Step(5, 3_200)))


@pytest.mark.parametrize(
    ("paid", "at_the_end", "each_pays"),
    [
        (1, Standing.FAILED, None),
        (2, Standing.COMPLETED, 3_900),
        (3, Standing.COMPLETED, 3_500),
        (4, Standing.COMPLETED, 3_500),
        (5, Standing.COMPLETED, 3_200),
    ],
)
def test_the_example_of_the_rule_language(paid: int, at_the_end: Standing, each_pays: int | None) -> None:
    """Goal: complete at 5, or at the end with 2, 3 or 4; failed with 1. Method: what each has paid in the end, for every number."""
    assert LADDER.standing(paid, window_over=True) is at_the_end
    assert LADDER.standing(paid, window_over=False) is (Standing.COMPLETED if paid == 5 else Standing.OPEN)
    members = [Prepaid(f"o{number}", 0, 1, LADDER.prepaid_minor) for number in range(paid)]
    if each_pays is None:
        with pytest.raises(InvalidValue, match="do not complete"):
            tier_rebates(LADDER, paid, members)
        return
    back = {rebate.order_id: rebate.amount_minor for rebate in tier_rebates(LADDER, paid, members)}
    assert [3_900 - back.get(member.order_id, 0) for member in members] == [each_pays] * paid


def test_an_ordinary_group_is_a_ladder_of_one_step() -> None:
    """Goal: one way for all groups. Method: three at ¥35, with 2 and with 3 members."""
    ladder = Ladder((Step(3, 3_500),))
    assert ladder.standing(2, window_over=True) is Standing.FAILED
    assert ladder.standing(3, window_over=False) is Standing.COMPLETED
    assert tier_rebates(ladder, 3, [Prepaid("o1", 0, 2, 7_000)]) == []


def test_several_units_and_a_discount() -> None:
    """Goal: units count, and no more goes back than came in. Method: three units; three that a coupon left ¥10.01 of; a free one."""
    lines = [Prepaid("a", 0, 3, 11_700), Prepaid("a", 1, 3, 1_001), Prepaid("b", 0, 1, 0)]
    assert tier_rebates(LADDER, 5, lines) == [
        TierRebate("a", 0, 2_100, ((3, 700),)),
        TierRebate("a", 1, 1_001, ((2, 334), (1, 333))),
    ]


ladders = st.lists(
    st.tuples(st.integers(1, 50), st.integers(0, 10**9)), min_size=1, max_size=6, unique_by=lambda s: s[0]
).map(
    lambda pairs: Ladder(
        tuple(
            Step(members, price)
            for members, price in zip(
                sorted(members for members, _ in pairs),
                sorted((price for _, price in pairs), reverse=True),
                strict=True,
            )
        )
    )
)


@st.composite
def completed(draw: st.DrawFn) -> tuple[Ladder, int, list[Prepaid]]:
    """A ladder, members who complete it, and their lines: whole prices, and what discounts have left of them."""
    ladder = draw(ladders)
    paid = draw(st.integers(ladder.members_min, 60))
    quantities = draw(st.lists(st.integers(1, 20), max_size=8))
    lines = []
    for number, quantity in enumerate(quantities):
        whole = quantity * ladder.prepaid_minor
        lines.append(
            Prepaid(f"o{number // 2}", number % 2, quantity, draw(st.one_of(st.just(whole), st.integers(0, whole))))
        )
    return ladder, paid, lines


@given(completed())
def test_rebates_are_exact(group: tuple[Ladder, int, list[Prepaid]]) -> None:
    """Goal: paid less rebate is the price of the step reached, or nothing; of each unit, too. Method: any ladder and lines."""
    ladder, paid, lines = group
    step = ladder.reached(paid)
    assert step is not None
    back = {(rebate.order_id, rebate.line): rebate for rebate in tier_rebates(ladder, paid, lines)}
    for line in lines:
        rebate = back.get((line.order_id, line.line))
        if rebate is None:
            assert line.amount_minor == 0 or step.unit_price_minor == ladder.prepaid_minor
            continue
        discount = line.quantity * ladder.prepaid_minor - line.amount_minor
        assert line.amount_minor - rebate.amount_minor == max(line.quantity * step.unit_price_minor - discount, 0)
        shares = [share for count, share in rebate.units for _ in range(count)]
        costs = [cost for count, cost in spread_over_units(line.amount_minor, line.quantity) for _ in range(count)]
        assert len(shares) == line.quantity and sum(shares) == rebate.amount_minor
        assert all(0 <= share <= cost for share, cost in zip(shares, costs, strict=True))
        assert max(shares) - min(shares) <= 1


@given(completed(), st.data())
def test_whoever_is_refunded_leaves_the_others_alone(
    group: tuple[Ladder, int, list[Prepaid]], data: st.DataObject
) -> None:
    """Goal: the price of the others stands. Method: the rebates with any lines gone are those with all, less theirs."""
    ladder, paid, lines = group
    left = data.draw(st.lists(st.sampled_from(lines), unique=True)) if lines else []
    everybody = {(rebate.order_id, rebate.line): rebate for rebate in tier_rebates(ladder, paid, lines)}
    expected = [everybody[key] for key in ((line.order_id, line.line) for line in left) if key in everybody]
    assert tier_rebates(ladder, paid, left) == expected


@given(ladders, st.integers(0, 60))
def test_a_group_ends_once_and_more_members_never_pay_more(ladder: Ladder, paid: int) -> None:
    """Goal: standing and price agree. Method: any ladder and number: complete exactly where a step is reached; the price never rises."""
    step, next_step = ladder.reached(paid), ladder.reached(paid + 1)
    over = ladder.standing(paid, window_over=True)
    assert over is (Standing.FAILED if step is None else Standing.COMPLETED)
    assert ladder.standing(paid, window_over=False) in (Standing.OPEN, over)
    if step is not None and next_step is not None:
        assert next_step.unit_price_minor <= step.unit_price_minor <= ladder.prepaid_minor


@pytest.mark.parametrize(
    "steps",
    [(), (Step(3, 5), Step(2, 4)), (Step(2, 4), Step(2, 3)), (Step(2, 4), Step(3, 5)), (Step(0, 4),), (Step(2, -1),)],
)
def test_no_ladder(steps: tuple[Step, ...]) -> None:
    """Goal: a ladder goes up in members and not in price. Method: others."""
    with pytest.raises(InvalidValue, match="price"):
        Ladder(steps)


@pytest.mark.parametrize("lines", [[Prepaid("a", 0, 1, 1)] * 2, [Prepaid("a", 0, 0, 1)], [Prepaid("a", 0, 1, -1)]])
def test_no_lines(lines: list[Prepaid]) -> None:
    """Goal: nobody is paid back twice or for nothing. Method: a line twice, without units, with a negative amount."""
    with pytest.raises(InvalidValue, match="prepaid"):
        tier_rebates(LADDER, 5, lines)
