"""Types of expressions: what is accepted, what it means, and what is refused with which code."""

from __future__ import annotations

import pytest

from tests.unit.rules.pricing_for_tests import BUYER, cart, head, line, ruleset
from tests.unit.rules.vocabulary_for_tests import TYPED_VOCABULARY
from tuan_rules import SourceFile, check
from tuan_rules.facts import LIST, TEXT, Fact, FactRecord, Per
from tuan_rules.vocabulary import Vocabulary

MEMBERS = {"members": [{"is_new": True, "paid": 3_000}, {"is_new": False, "paid": 5_000}], "paid": 2}


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("buyer.level * 2 + 1 == 7", True),
        ("cart.subtotal * 10% == ¥20.00", True),
        ("10% of cart.subtotal > ¥19.99", True),
        ("cart.subtotal / 3 > ¥66.66", True),
        ("cart.subtotal / 3 < ¥66.67", True),
        ("round(cart.subtotal / 3, down) == ¥66.66", True),
        ("round(cart.subtotal / 3, up) == ¥66.67", True),
        ("max(¥150, 50% of cart.subtotal, ¥99) == ¥150", True),
        ("min(buyer.level, 2) == 2", True),
        ("(buyer.credit ?? 50) >= 50", True),
        ("buyer.credit is not set or buyer.credit > 100", True),
        ("buyer.credit is set and buyer.credit > 0", False),
        ("(buyer.age ?? 1d) + 12h == 36h", True),
        ("cart.time - 2027-01-01 > 1d", True),
        ("cart.time in (from 2027-01-01 until 2027-01-16)", True),
        ("cart.time in (from 2027-01-01 until 2027-01-15)", False),
        ('buyer.segments in ["x", "vip"]', True),
        ('buyer.segments all in ["x", "vip"]', True),
        ('buyer.segments not in ["x"]', True),
        ('"vip" in buyer.segments', True),
        ('line.category under "fresh"', True),
        ('line.category under "fresh/fru"', False),
        ('line.category not under "dry"', True),
        ("count(each m in group.members) == 2", True),
        ("count(each m in group.members where m.is_new) == 1", True),
        ("sum(m.paid each m in group.members) == ¥80.00", True),
        ("sum(m.paid * 10% each m in group.members where not m.is_new) == ¥5.00", True),
        ("any(m.paid > ¥40.00 each m in group.members)", True),
        ("all(m.paid > ¥40.00 each m in group.members)", False),
        ("(line.margin ?? 33%) in [10%, 33%]", True),
        ("-buyer.level < 0", True),
        ('not (buyer.blocked ?? true) and (buyer.is_new or buyer.id == "b1")', True),
    ],
)
def test_conditions_mean_what_they_say(condition: str, holds: bool) -> None:
    """Goal: every form of a condition, exactly. Method: a rule with it, on two units at ¥100; scanned and found alike."""
    compiled = ruleset(f'price "p" {{ on = {condition}  give = off(50%)  stack = stack "line" }}')
    goods = cart(line(quantity=2), group=MEMBERS, buyer=BUYER, time_ms=1_799_950_000_000)
    for scan in (False, True):
        assert (compiled.price(goods, scan=scan).total_minor == 10_000) is holds


@pytest.mark.parametrize(
    ("condition", "code"),
    [
        ("buyer.levl >= 3", "TR-230"), ("member.level >= 3", "TR-230"), ("any(m.nwe each m in group.members)", "TR-230"),
        ("buyer.level >= ¥3", "TR-231"), ('buyer.level == "3"', "TR-231"), ("buyer.is_new > false", "TR-231"),
        ("cart.subtotal + 1 > ¥2", "TR-231"), ("cart.subtotal * cart.subtotal > ¥2", "TR-231"), ("10% of buyer.level > 1", "TR-231"),
        ("buyer.level / 2 > 1", "TR-231"), ('buyer.level in ["3"]', "TR-231"), ('buyer.id under "fresh"', "TR-231"),
        ("buyer.credit > 3", "TR-232"), ("buyer.credit > 3 and buyer.credit is set", "TR-232"), ("not buyer.blocked", "TR-232"),
        ("buyer.level", "TR-236"), ("not cart.subtotal", "TR-236"), ("buyer.is_new and buyer.level", "TR-236"),
        ("sum(each m in group.members) > 1", "TR-239"), ("count(join) by moon within 1h > 2", "TR-239"),
        ("buyer.level == 1 or ¥1 + $1 > ¥1", "TR-214"), ("cart.subtotal > ¥1.005", "TR-202"), ("cart.subtotal / 0 > ¥1", "TR-231"),
        ("buyer.level ?? 3 > 2", "TR-241"), ("buyer.level in []", "TR-217"),
    ],
)  # fmt: skip
def test_wrong_types_are_refused(condition: str, code: str) -> None:
    """Goal: each mistake has its code, in both languages, and only one. Method: check a definition with it."""
    found = check([SourceFile("t", head() + f'define "d" {{ is = {condition} }}')], TYPED_VOCABULARY).diagnostics
    assert [diagnostic.code for diagnostic in found] == [code]
    assert found[0].message("en") != found[0].message("zh")


def test_counters_are_facts() -> None:
    """Goal: what counters count is a fact that is fetched before. Method: type one; its slot is named by event, subject and window."""
    compiled = ruleset(
        'price "p" { when = count(join) by device within 10min > 20  give = off(1%)  stack = stack "line" }'
    )
    assert compiled.compiled.reads[0] == {("#counter", "join by device within 600000ms")}
    counted = {"#counter": {"join by device within 600000ms": 21}}
    assert compiled.price(cart(line(), **counted)).total_minor == 9_900
    assert compiled.price(cart(line())).total_minor == 10_000


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([FactRecord("in", "A reserved word.", ())], "cannot be a name"),
        ([FactRecord("a", "One.", (Fact("__x", TEXT, "hidden"),))], "cannot be a name"),
        (
            [FactRecord("a", "One.", (Fact("x", TEXT, "one"),)), FactRecord("a", "One.", (Fact("x", TEXT, "two"),))],
            "twice",
        ),
        ([FactRecord("a", "One.", ()), FactRecord("a", "One.", (), Per.LINE)], "per cart and per line"),
    ],
)
def test_bad_facts_are_refused(records: list[FactRecord], message: str) -> None:
    """Goal: a plugin's mistake shows when it is loaded. Method: records that cannot be."""
    with pytest.raises(ValueError, match=message):
        Vocabulary(facts=records)


def test_plugins_add_facts_to_a_record() -> None:
    """Goal: two plugins may both know something of a buyer. Method: two records of one name."""
    facts = Vocabulary(facts=[FactRecord("a", "One.", (Fact(name, TEXT, name),)) for name in ("x", "y")]).facts
    assert [fact.name for fact in facts["a"].facts] == ["x", "y"]


@pytest.mark.parametrize("most", [0, 1_001])
def test_lists_have_a_maximum(most: int) -> None:
    """Goal: the cost of every rule is bounded. Method: lists without a usable maximum."""
    with pytest.raises(ValueError, match="maximum"):
        LIST(TEXT, most)


def test_more_items_than_declared_are_refused() -> None:
    """Goal: the bound of costs holds at run time. Method: hand over 101 segments where 100 were declared."""
    compiled = ruleset('price "p" { when = "x" in buyer.segments  give = off(1%)  stack = stack "line" }')
    with pytest.raises(ValueError, match="101 items"):
        compiled.price(cart(line(), buyer={**BUYER, "segments": [str(i) for i in range(101)]}))
