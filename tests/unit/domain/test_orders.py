"""Orders: the edges of their life, prices frozen to the unit, books that balance, errors that know their status."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tuan.domain.activity import StockShare
from tuan.domain.errors import InvalidValue, Reason, Status, TuanError
from tuan.domain.ledger import (
    LedgerEntry,
    LedgerTransaction,
    refund_of_goods,
    sale,
    unmatched_money,
    unmatched_money_returned,
)
from tuan.domain.order import Adjustment, OrderLine, OrderState, check_edge, sources_of
from tuan.domain.pricing import LineOff, price_line

S = OrderState
#: The life cycle, written down a second time: the module's docstring as pairs.
EDGES = {
    (S.PENDING_PAYMENT, S.PAID),
    (S.PENDING_PAYMENT, S.EXPIRED),
    (S.PENDING_PAYMENT, S.CANCELLED),
    (S.PAID, S.READY_TO_SHIP),
    (S.READY_TO_SHIP, S.SHIPPED),
    (S.SHIPPED, S.COMPLETED),
    (S.PAID, S.REFUNDING),
    (S.READY_TO_SHIP, S.REFUNDING),
    (S.SHIPPED, S.REFUNDING),
    (S.COMPLETED, S.REFUNDING),
    (S.REFUNDING, S.REFUNDED),
    (S.EXPIRED, S.PAID),
    (S.CANCELLED, S.PAID),
}


@pytest.mark.parametrize(("state", "target"), list(product(OrderState, OrderState)))
def test_edges(state: OrderState, target: OrderState) -> None:
    """Goal: the listed edges and no other. Method: every pair of states, asked in both ways."""
    assert (state in sources_of(target)) is ((state, target) in EDGES)
    if (state, target) in EDGES:
        check_edge("o1", state, target)
        return
    with pytest.raises(TuanError) as caught:
        check_edge("o1", state, target)
    assert caught.value.reason is Reason.ORDER_STATE_CONFLICT
    assert caught.value.metadata == {"order_id": "o1", "state": state.value, "target": target.value}


RUNS = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 10**6)), min_size=1, max_size=5)


@given(RUNS, st.integers(0, 40), st.integers(0, 40))
def test_units_cost_what_their_runs_say(runs: list[tuple[int, int]], first: int, count: int) -> None:
    """Goal: a refund of some units reads the very prices of these. Method: compare with the runs written out unit by unit."""
    each = [unit for number, unit in runs for _ in range(number)]
    line = OrderLine(0, "s", len(each), "", 0, tuple(runs))
    assert line.units_minor(first, count) == sum(each[first : first + count])
    assert line.total_minor == sum(each)


LINES = st.builds(
    price_line,
    st.just(0),
    st.just("s"),
    st.integers(1, 50),
    st.just(""),
    st.integers(0, 10**6),
    st.none() | st.just(Adjustment("deal", -7, "platform")),
    st.lists(
        st.builds(LineOff, st.sampled_from("abcdef"), st.integers(1, 10**6), st.integers(0, 3), st.sampled_from(["merchant", "platform"])),
        max_size=4,
    ),
)  # fmt: skip


@given(LINES)
def test_a_line_is_list_price_and_adjustments(line: OrderLine) -> None:
    """Goal: every minor unit between list price and total is somebody's adjustment; discounts never go below zero. Method:
    any line with any discounts."""
    assert line.total_minor == line.quantity * line.list_unit_minor + sum(a.amount_minor for a in line.adjustments)
    assert line.total_minor >= min(0, line.quantity * line.list_unit_minor - 7)
    assert sum(count for count, _ in line.unit_runs) == line.quantity


def test_discounts_in_order() -> None:
    """Goal: priority, then the rule's id, whatever order they come in; the last gets what is left. Method: both orders."""
    offs = [LineOff("b", 6_00, 1), LineOff("a", 3_00, 1), LineOff("z", 2_00, 9)]
    lines = [price_line(0, "s", 1, "", 10_00, None, each) for each in (offs, offs[::-1])]
    assert lines[0] == lines[1]
    assert [(a.rule_id, a.amount_minor) for a in lines[0].adjustments] == [("z", -2_00), ("a", -3_00), ("b", -5_00)]
    assert lines[0].total_minor == 0


@given(st.lists(LINES, min_size=1, max_size=5))
def test_the_books_of_a_sale_balance(lines: list[OrderLine]) -> None:
    """Goal: what the channel got and the discounts cost is what was sold at list price. Method: any lines."""
    posted = sale("o1", "o1", "app", "bank", "CNY", 1, tuple(lines))
    amounts = {entry.account: entry.amount_minor for entry in posted.entries}
    assert sum(amounts.values()) == 0
    assert amounts.get("channel:bank", 0) == sum(line.total_minor for line in lines)
    assert -amounts.get("sales:app", 0) == sum(line.quantity * line.list_unit_minor for line in lines)


def test_the_books_of_refunds_balance() -> None:
    """Goal: each movement has two sides; a crooked one cannot be made. Method: one of each kind, and one by hand."""
    for posted in (
        refund_of_goods("r", "o1", "app", "bank", "CNY", 1, 5),
        unmatched_money("r", "o1", "bank", "CNY", 1, 5),
        unmatched_money_returned("r", "o1", "bank", "CNY", 1, 5),
    ):
        assert sorted(entry.amount_minor for entry in posted.entries) == [-5, 5]
    with pytest.raises(InvalidValue, match="off by 1"):
        LedgerTransaction("sale", "r", "o1", "CNY", 1, (LedgerEntry("a", 3), LedgerEntry("b", -2)))


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_has_a_status(reason: Reason) -> None:
    """Goal: no reason is an alias of another, each has a gRPC status. Method: every member."""
    assert isinstance(reason.status, Status)
    assert Reason[reason.name] is reason and list(Reason).count(reason) == 1


def test_errors_carry_what_a_client_needs() -> None:
    """Goal: reason, text, metadata and when to come back. Method: one of each."""
    error = TuanError(Reason.RATE_LIMITED, "too fast", retry_after_ms=100, limit="10")
    assert (str(error), error.retry_after_ms, error.metadata) == ("too fast", 100, {"limit": "10"})
    invalid = InvalidValue("lines[0].sku", "is missing")
    assert (invalid.reason.status, invalid.metadata) == (Status.INVALID_ARGUMENT, {"field": "lines[0].sku"})


@given(st.integers(0, 10**9), st.integers(0, 10), st.integers(1, 10))
def test_buffer_and_sale_are_the_whole(units: int, numerator: int, denominator: int) -> None:
    """Goal: no unit is neither on sale nor held back. Method: any share of any stock, rounded down on the side of the sale."""
    share = StockShare("s", None, min(numerator, denominator), denominator)
    on_sale = units - share.buffer_of(units)
    assert 0 <= on_sale <= units
    assert on_sale == units * min(numerator, denominator) // denominator
