"""What holds for any rules and any cart: exact sums, one total in every order, the index and the trace change nothing."""

from __future__ import annotations

import os
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.rules.pricing_for_tests import (
    ROUNDINGS,
    STACKS,
    TIME_MS,
    carts,
    check_ledger,
    checked,
    head,
    many_rules,
    rules,
    ruleset,
)
from tests.unit.rules.vocabulary_for_tests import TYPED_VOCABULARY
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.explain import explain
from tuan_rules.pricing.ruleset import Ruleset

LONG = os.environ.get("TUAN_CAMPAIGN") == "long"
EXAMPLES = 5_000 if LONG else 60
often = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LEFT = st.one_of(st.none(), st.just({}), st.just({f"shop/price/r{n}": 700 for n in range(8)}))


@often
@given(rules(), ROUNDINGS, carts(), LEFT)
def test_sums_are_exact(texts: list[str], rounding: str, cart: Cart, left: dict[str, int] | None) -> None:
    """Goal: total >= 0, allocations sum to the discount in lines and units. Method: add up the ledger of any price."""
    priced = ruleset(rounding + "\n".join(texts)).price(cart, left)
    check_ledger(priced, cart)
    for budget, claimed in priced.claims.items():
        of_rule = sum(step.off_minor for step in priced.steps if step.rule_id == budget)
        assert claimed == of_rule
        if left is not None:
            assert claimed <= left.get(budget, 3_000)


@often
@given(rules(), ROUNDINGS, carts(), st.data())
def test_order_never_matters(texts: list[str], rounding: str, cart: Cart, data: st.DataObject) -> None:
    """Goal: neither blocks, files nor lines in another order change a total. Method: permute all three, compare."""
    first = ruleset(rounding + "\n".join(texts)).price(cart)
    blocks = data.draw(st.permutations([*texts, *STACKS.strip().splitlines(), rounding]))
    half = len(blocks) // 2
    package = checked(head() + "\n".join(blocks[:half]), "\n".join(blocks[half:]))
    places = data.draw(st.permutations(range(len(cart.lines))))
    moved = replace(cart, lines=[cart.lines[place] for place in places])
    second = Ruleset.of([package], TYPED_VOCABULARY).price(moved)
    assert (second.total_minor, second.shipping_minor) == (first.total_minor, first.shipping_minor)
    assert sorted(second.lines) == sorted(first.lines)
    assert second.applied() == first.applied()


@often
@given(rules(12), carts())
def test_index_finds_what_a_scan_finds(texts: list[str], cart: Cart) -> None:
    """Goal: the index changes nothing. Method: the whole ledger, found by the index and by asking every rule."""
    compiled = ruleset("\n".join(texts))
    assert compiled.price(cart) == compiled.price(cart, scan=True)


@often
@given(rules(12), carts(), st.lists(st.sampled_from(["buyer", "cart", "referral"]), unique=True), st.booleans())
def test_rules_that_lack_a_fact_are_as_if_they_were_not_there(
    texts: list[str], cart: Cart, lacking: list[str], bare_lines: bool
) -> None:
    """Goal: what nobody handed over grants nothing, and costs no scan. Method: leave out whole records and the facts of lines; the index
    against a scan, twice, since the second price is by the snapshot that the first one made; and the full cart after it."""
    compiled = ruleset("\n".join(texts))
    whole = compiled.price(cart)
    lines = [replace(line, facts={}) for line in cart.lines] if bare_lines else cart.lines
    bare = replace(cart, lines=lines, facts={name: facts for name, facts in cart.facts.items() if name not in lacking})
    assert compiled.price(bare) == compiled.price(bare, scan=True) == compiled.price(bare)
    assert compiled.price(cart) == whole


@often
@given(rules(12), ROUNDINGS, carts(), LEFT)
def test_traced_is_fast(texts: list[str], rounding: str, cart: Cart, left: dict[str, int] | None) -> None:
    """Goal: an explanation explains the price that was charged. Method: compare traced and untraced ledgers; every rule of the
    ruleset applied or says why not."""
    compiled = ruleset(rounding + "\n".join(texts))
    explanation = explain(compiled, cart, left)
    assert explanation.priced == compiled.price(cart, left)
    applied = set(explanation.priced.applied())
    for rule in compiled.compiled.rules:
        why = explanation.why_not(rule.rule_id)
        assert (why is None) is (rule.rule_id in applied)
        assert why is None or (why.message("en") and why.message("zh"))
    for explained in explanation.applied():
        assert explained.exact_off_minor is not None


@settings(often, max_examples=2_000 if LONG else 12)
@given(many_rules(60 if LONG else 25), ROUNDINGS, carts(12 if LONG else 5), LEFT, st.data())
def test_many_rules_of_all_kinds(
    texts: list[str], rounding: str, cart: Cart, left: dict[str, int] | None, data: st.DataObject
) -> None:
    """Goal: what holds for few rules holds for many, with windows and sessions among them. Method: exact books, scan, trace, and another
    order of blocks and lines, at times on both sides of the edges."""
    compiled = ruleset(rounding + "\n".join(texts))
    moved_package = checked(
        head() + rounding + "\n".join(data.draw(st.permutations([*texts, *STACKS.strip().splitlines()])))
    )
    moved = Ruleset.of([moved_package], TYPED_VOCABULARY)
    places = data.draw(st.permutations(range(len(cart.lines))))
    for hours in data.draw(st.lists(st.integers(-400, 400), min_size=1, max_size=4)):
        cart.time_ms = TIME_MS + hours * 3_600_000
        priced = compiled.price(cart, left)
        check_ledger(priced, cart)
        assert priced == compiled.price(cart, left, scan=True)
        assert priced == explain(compiled, cart, left).priced
        other = moved.price(replace(cart, lines=[cart.lines[place] for place in places]), left)
        assert (other.total_minor, other.shipping_minor, other.claims) == (
            priced.total_minor, priced.shipping_minor, priced.claims,
        )  # fmt: skip
        assert other.applied() == priced.applied()


@often
@given(rules(), carts(), st.data())
def test_refund_of_units_returns_exactly_what_was_paid(texts: list[str], cart: Cart, data: st.DataObject) -> None:
    """Goal: units given back one by one, in any order, return what was paid. Method: refund them all in a drawn order."""
    priced = ruleset("\n".join(texts)).price(cart)
    units = [(i, unit) for i, line in enumerate(priced.lines) for unit in range(line.quantity)]
    refunds = [priced.lines[i].units_minor(unit, 1) for i, unit in data.draw(st.permutations(units))]
    assert sum(refunds) == priced.total_minor
    assert min(refunds) >= 0


@often
@given(
    st.integers(0, 10**9),
    st.integers(1, 999),
    st.sampled_from([1, 5, 10, 100]),
    st.sampled_from(["half_up", "half_even", "down", "up"]),
)
def test_percent_off_never_raises_beyond_a_step(list_minor: int, permille: int, unit: int, mode: str) -> None:
    """Goal: rounding moves a price by less than the stated step, and never above the price before. Method: compare with the exact."""
    text = f'rounding {{ unit = ¥{unit / 100:.2f}  mode = {mode} }}\nprice "p" {{ give = off({permille / 10:.1f}%)  stack = stack "line" }}'
    from tests.unit.rules.pricing_for_tests import cart as cart_of
    from tests.unit.rules.pricing_for_tests import line

    total = ruleset(text).price(cart_of(line(list_minor=list_minor))).total_minor
    assert abs(total * 1_000 - list_minor * (1_000 - permille)) < unit * 1_000
    assert total <= list_minor
