"""Units that are refunded after a part of their price went back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tuan.domain.order import OrderLine
from tuan.domain.payment import Refund, RefundCause, RefundState, RefundUnits
from tuan.usecases.refund_units import rebated_minor, units_minor


def line(index: int, runs: list[tuple[int, int]]) -> OrderLine:
    return OrderLine(index, f"S{index}", sum(count for count, _ in runs), "a", 10_000, tuple(runs))


def rebate(amount_minor: int) -> Refund:
    return Refund(
        "r", "o", "p", "till", "t", "CNY", amount_minor, RefundCause.TIER_REBATE, RefundState.SUCCEEDED, (), 0
    )


RUNS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 50)), min_size=1, max_size=3)


@given(st.lists(RUNS, min_size=1, max_size=3), st.data())
def test_shares_are_the_whole_and_no_unit_gives_back_more_than_it_cost(
    runs: list[list[tuple[int, int]]], data: st.DataObject
) -> None:
    """Goal: whoever gives back unit by unit what a rebate lowered gets as much in all. Method: any lines, a rebate of any part
    of their price, each unit's share alone."""
    lines = [line(index, each) for index, each in enumerate(runs)]
    total = sum(each.total_minor for each in lines)
    rebated = data.draw(st.integers(0, total))
    units = [RefundUnits(each.line_index, number, 1) for each in lines for number in range(each.quantity)]
    shares = [rebated_minor(lines, [unit], [rebate(rebated)]) for unit in units]
    assert sum(shares) == (rebated if total else 0)
    assert all(0 <= share <= units_minor(lines, [unit]) for share, unit in zip(shares, units, strict=True))
    assert rebated_minor(lines, units, [rebate(rebated)]) == sum(shares)


def test_other_refunds_are_no_rebates() -> None:
    """Goal: orders without one cost what they cost. Method: an earlier refund of units, and money that came twice."""
    lines = [line(0, [(2, 100)])]
    others = [
        Refund("r1", "o", "p", "till", "t", "CNY", 100, cause, RefundState.SUCCEEDED, (), 0)
        for cause in (RefundCause.DOUBLE_PAYMENT, RefundCause.BUYER)
    ]
    assert rebated_minor(lines, [RefundUnits(0, 0, 2)], others) == 0
