"""What holds beyond one package in one currency: other currencies, packages in any order, clocks that change, refunds of everything."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.rules.campaign import examples
from tests.unit.rules.pricing_for_tests import ROUNDINGS, STACKS, cart, carts, checked, head, line, rules
from tests.unit.rules.test_pricing_properties import LEFT, check_ledger
from tests.unit.rules.vocabulary_for_tests import TYPED_VOCABULARY
from tuan_rules.currencies import decimals as decimals_of
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.explain import explain
from tuan_rules.pricing.ruleset import Ruleset
from tuan_rules.values import Daily, Monthly, Schedule, Weekly, Window

often = settings(
    max_examples=examples(25, 5_000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def in_currency(text: str, currency: str) -> str:
    """The same rules in another currency, with as many of its smallest coins for every amount."""
    decimals = decimals_of(currency)

    def amount(match: re.Match[str]) -> str:
        minor = Decimal(match[1]) * 100
        return f"{currency} {minor.scaleb(-decimals):.{decimals}f}"

    return re.sub(r"¥(\d+(?:\.\d+)?)", amount, text)


@often
@given(rules(), ROUNDINGS, carts(), LEFT, st.sampled_from(["JPY", "KWD", "USD"]))
def test_a_currency_is_a_number_of_decimals(
    texts: list[str], rounding: str, cart: Cart, left: dict[str, int] | None, currency: str
) -> None:
    """Goal: amounts are whole smallest coins in every currency. Method: the same numbers of coins in fen and in a currency of 0, 2 or
    3 decimals: one ledger, which adds up."""
    body = STACKS + rounding + "\n".join(texts)
    assert "¥" not in in_currency(body, currency)
    other = Ruleset.of([checked(head(currency) + in_currency(body, currency))], TYPED_VOCABULARY).price(cart, left)
    check_ledger(other, cart)
    assert other == Ruleset.of([checked(head() + body)], TYPED_VOCABULARY).price(cart, left)


@often
@given(rules(10), carts(), LEFT, st.data())
def test_load_order_never_matters(
    texts: list[str], cart: Cart, left: dict[str, int] | None, data: st.DataObject
) -> None:
    """Goal: packages, like blocks and files, are a set. Method: deal the rules of shared stacks to three packages; load them in
    two orders."""
    places = [data.draw(st.integers(0, 2)) for _ in texts]
    packages = [
        checked(head(name=name) + STACKS + "\n".join(text for text, place in zip(texts, places, strict=True) if place == n))
        for n, name in enumerate(("shop", "b", "z"))
    ]  # fmt: skip
    first = Ruleset.of(packages, TYPED_VOCABULARY).price(cart, left)
    check_ledger(first, cart)
    second = Ruleset.of(data.draw(st.permutations(packages)), TYPED_VOCABULARY)
    assert second.price(cart, left) == first == second.price(cart, left, scan=True)
    assert explain(second, cart, left).priced == first


@often
@given(rules(), ROUNDINGS, carts(), LEFT, st.data())
def test_refunds_return_what_was_paid(
    texts: list[str], rounding: str, cart: Cart, left: dict[str, int] | None, data: st.DataObject
) -> None:
    """Goal: units given back in any portions and any order return what was paid, whatever bit, clipped or was rounded. Method: cut each
    line's units into portions; every portion is the sum of its units, and all are the total."""
    priced = Ruleset.of([checked(head() + STACKS + rounding + "\n".join(texts))], TYPED_VOCABULARY).price(cart, left)
    portions: list[tuple[int, int, int]] = []
    for i, priced_line in enumerate(priced.lines):
        start = 0
        while start < priced_line.quantity:
            count = data.draw(st.integers(1, priced_line.quantity - start))
            portions.append((i, start, count))
            start += count
    refunds = []
    for i, start, count in data.draw(st.permutations(portions)):
        of_units = [priced.lines[i].units_minor(unit, 1) for unit in range(start, start + count)]
        refunds.append(priced.lines[i].units_minor(start, count))
        assert refunds[-1] == sum(of_units)
        assert min(of_units) >= 0
    assert sum(refunds) == priced.total_minor


_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
#: Two years around; sessions are asked of it once a zone and schedule.
_YEARS = Window(1_767_225_600_000, 1_830_297_600_000)
_SCHEDULES: list[tuple[str, Schedule]] = [
    ("daily(at: [1:30, 2:30], for: 30min)", Daily((90, 150), _HOUR_MS // 2)),
    ("daily(at: 0:00, for: 1h)", Daily((0,), _HOUR_MS)),
    ("weekly(on: [sun], at: 2:15, for: 2h)", Weekly((6,), (135,), 2 * _HOUR_MS)),
    ("monthly(day: 31, at: 1:45, for: 1d, end_of_month: last)", Monthly(31, (105,), _DAY_MS, "last")),
]
#: A gap and an overlap of an hour, of half an hour, at midnight, and none.
_ZONES = ["America/New_York", "Europe/London", "Australia/Lord_Howe", "America/Santiago", "Asia/Shanghai"]


@often
@given(
    st.sampled_from(_SCHEDULES),
    st.sampled_from(_ZONES),
    st.lists(st.tuples(st.integers(0, 10_000), st.booleans(), st.integers(-1, 1)), min_size=1, max_size=6),
)
def test_rules_hold_exactly_in_their_sessions(
    schedule: tuple[str, Schedule], zone: str, edges: list[tuple[int, bool, int]]
) -> None:
    """Goal: half-open to the millisecond, in gaps and overlaps of any clock, and clipped by a window. Method: times at, before and after
    drawn edges, in any order, against all sessions; the index, the scan and the trace agree."""
    rule = f'price "s" {{ active = from 2027-01-20 until 2027-11-21  sessions = {schedule[0]}  give = off(20%)  stack = stack "line" }}'
    compiled = Ruleset.of([checked(head(zone=zone) + STACKS + rule)], TYPED_VOCABULARY)
    active = checked(head(zone=zone) + rule + STACKS).blocks_of("price")[0].window
    assert active is not None
    sessions = schedule[1].occurrences(_YEARS, zone)
    for number, at_end, delta in edges:
        session = sessions[number % len(sessions)]
        time_ms = (session.end_ms if at_end else session.start_ms) + delta
        goods = replace(cart(line(list_minor=100)), time_ms=time_ms)
        priced = compiled.price(goods)
        held = time_ms in active and any(time_ms in each for each in sessions)
        assert priced.total_minor == (80 if held else 100)
        assert priced == compiled.price(goods, scan=True) == explain(compiled, goods).priced


@settings(max_examples=examples(60, 20_000), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 10**7), st.integers(1, 9)), min_size=1, max_size=4),
    st.integers(1, 999),
    st.sampled_from([1, 5, 10, 100]),
    st.sampled_from(["half_up", "half_even", "down", "up"]),
    st.sampled_from(["each_step", "each_line"]),
    st.sampled_from(["CNY", "JPY", "KWD"]),
    st.sampled_from(["line", "order"]),
)
def test_percent_off_rounds_by_less_than_a_step(
    goods: list[tuple[int, int]], permille: int, unit: int, mode: str, at: str, currency: str, stack: str
) -> None:
    """Goal: rounding moves the price of a line, or of an order, by less than the stated unit, and never above the price before.
    Method: compare with the exact price, for one and several lines and units, in lines and over the order."""
    text = f"rounding {{ unit = ¥{unit / 100:.2f}  mode = {mode}  at = {at} }}\n"
    text += f'price "p" {{ give = off({permille / 10:.1f}%)  stack = stack "{stack}" }}'
    compiled = Ruleset.of([checked(head(currency) + in_currency(STACKS + text, currency))], TYPED_VOCABULARY)
    lines = [line(f"S{i}", quantity, list_minor) for i, (list_minor, quantity) in enumerate(goods)]
    priced = compiled.price(cart(*lines))
    before = [each.quantity * each.list_minor for each in lines]
    parts = zip([each.total_minor for each in priced.lines], before, strict=True)
    if stack == "order":
        parts = zip([priced.total_minor], [sum(before)], strict=True)
    for total, was in parts:
        assert abs(total * 1_000 - was * (1_000 - permille)) < unit * 1_000
        assert total <= was
