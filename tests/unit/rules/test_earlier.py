"""Rules of earlier versions beside those in force. Goal: what is held keeps its terms, and no other cart's price changes.

Method: versions of a package with vouchers; carts that bring the names of one version or another.
"""

from __future__ import annotations

from tests.unit.rules.test_named_in import vocabulary
from tuan_rules import SourceFile, check
from tuan_rules.kept import keep_plan
from tuan_rules.plan.build import plan_package
from tuan_rules.plan.earlier import EarlierRule, earlier_rules, names_of, plan_earlier
from tuan_rules.plan.model import PackagePlan
from tuan_rules.pricing import Cart, CartLine, Ruleset

VOCABULARY = vocabulary("cart.coupons")
HEAD = 'package "p" { version = "1.0.0"  zone = "UTC"  currency = "CNY" }\n'
STACK = 'stack "s" { phase = order_discount  scope = order  pick = all  base = running  limit = 2 }\n'
TEN, OLD = "p/voucher/ten", "0123456789abcdef" * 4


def plan(blocks: str) -> PackagePlan:
    package = check([SourceFile("t.tuan", HEAD + blocks)], VOCABULARY).package
    assert package is not None
    return plan_package(package)


def voucher(off: str, label: str = "ten", priority: int = 1, stack: str = "s") -> str:
    return f'voucher "{label}" {{ give = off({off})  stack = stack "{stack}"  priority = {priority} }}\n'


def earlier(blocks: str, ruleset_hash: str = OLD) -> EarlierRule:
    return earlier_rules(plan(blocks), ruleset_hash)[TEN]


def together(current: PackagePlan, *held: EarlierRule) -> Ruleset:
    beside = plan_earlier("@earlier", "CNY", held, [current])
    return Ruleset.of([keep_plan(current), keep_plan(beside)], VOCABULARY)


def total(rules: Ruleset, *names: str, list_minor: int = 100_00) -> int:
    cart = Cart([CartLine("S1", 1, list_minor)], 0, {"cart": {"coupons": names}})
    found, scanned = rules.price(cart), rules.price(cart, scan=True)
    assert found.total_minor == scanned.total_minor
    return found.total_minor


def test_it_counts_where_its_version_is_named_and_nowhere_else() -> None:
    """Goal: ten for what is held of the old version, twelve for what is of the new. Method: carts that name either, both, none."""
    old = earlier(STACK + voucher("¥10"))
    rules = together(plan(STACK + voucher("¥12")), old)
    assert old.name == "p/voucher/ten@0123456789ab"
    assert [total(rules), total(rules, TEN), total(rules, old.name), total(rules, TEN, old.name)] == [
        100_00, 88_00, 90_00, 78_00,
    ]  # fmt: skip
    assert total(rules, "ten") == 88_00  # a label, as tests write it, is that of the rules in force


def test_what_says_the_same_has_one_name() -> None:
    """Goal: a thousand versions that change other things are one rule. Method: equal ones, changed ones, by any order of loading."""
    current = plan(STACK + voucher("¥12") + voucher("¥1", "one", 7))
    versions = [earlier(STACK + voucher("¥10") + voucher(f"¥{n}", "one", 7), f"{n:064x}") for n in (3, 1, 2)]
    same = earlier(STACK + voucher("¥12"), f"{9:064x}")
    names = names_of([*versions, same], [current])
    assert names == {
        (TEN, f"{1:064x}"): f"{TEN}@000000000000",
        (TEN, f"{2:064x}"): f"{TEN}@000000000000",
        (TEN, f"{3:064x}"): f"{TEN}@000000000000",
        (TEN, f"{9:064x}"): TEN,
    }
    assert names_of([same, *reversed(versions)], [current]) == names


def test_it_joins_the_stack_in_force_or_brings_its_own() -> None:
    """Goal: the rules in force say what goes together. Method: a stack that became narrower, one of another phase, one that is gone."""
    old = earlier(STACK + voucher("¥10"))
    narrow = STACK.replace("limit = 2", "limit = 1")
    rules = together(plan(narrow + voucher("¥12", priority=5)), old)
    assert total(rules, TEN, old.name) == 88_00
    tender = STACK.replace("order_discount", "tender")
    for stacks in (tender, STACK.replace('"s"', '"t"')):
        name = "s" if stacks is tender else "t"
        rules = together(plan(stacks + voucher("¥12", stack=name)), old)
        assert [total(rules, old.name), total(rules, TEN, old.name)] == [90_00, 78_00]


def test_priorities_are_free_to_whoever_comes_later() -> None:
    """Goal: nobody has to know what priorities were taken once. Method: a new rule with the priority that the old one had."""
    old = earlier(STACK + voucher("¥10", priority=3))
    rules = together(plan(STACK + voucher("¥12", priority=9) + voucher("¥1", "one", 3)), old)
    assert total(rules, old.name, "p/voucher/one") == 89_00
