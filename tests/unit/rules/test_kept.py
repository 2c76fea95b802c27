"""Packages that are kept as they were planned. Goal: nothing that prices, gates, commissions or risk rules need is lost; what is kept is
never that of another text or vocabulary. Method: every example there and back, and one thing changed at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.unit.rules.market_for_tests import MARKET_VOCABULARY
from tests.unit.rules.pricing_for_tests import cart, head, line
from tests.unit.rules.test_compile_cache import STACKS
from tests.unit.rules.vocabulary_for_tests import TYPED_VOCABULARY
from tuan_rules import Parameter, Predicate, SourceFile, check
from tuan_rules.compiling import cache
from tuan_rules.core_facts import CORE_FACTS
from tuan_rules.facts import INSTANT
from tuan_rules.kept import KeptPackage, PackageBroken, keep, kept_package
from tuan_rules.plan.build import plan_package
from tuan_rules.price_block import PRICE
from tuan_rules.pricing.explain import explain
from tuan_rules.pricing.ruleset import Ruleset
from tuan_rules.standard import standard_vocabulary
from tuan_rules.vocabulary import Vocabulary

STANDARD = standard_vocabulary()
EXAMPLES = sorted((Path(__file__).parents[3] / "rules" / "examples").glob("*.tuan"))
TEXT = head() + STACKS + 'price "a" { when = buyer.level >= 2  give = off(10%)  stack = stack "line" }\n'
GATE = 'gate "g" { when = buyer.level < 1  code = "G-1"  message = "no" }\n'


def files(text: str = TEXT) -> list[SourceFile]:
    return [SourceFile("a.tuan", text)]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_plan_comes_back_as_it_was(path: Path) -> None:
    package = check([SourceFile.read(path)], MARKET_VOCABULARY).package
    assert package is not None
    plan = plan_package(package, MARKET_VOCABULARY)
    kept = keep(package, MARKET_VOCABULARY)
    assert kept.plan(MARKET_VOCABULARY) == plan
    beside = kept.plan(MARKET_VOCABULARY, whole=False)
    assert (beside.gates, beside.commissions, beside.risks, beside.counters) == (
        plan.gates, plan.commissions, plan.risks, plan.counters,
    )  # fmt: skip
    assert (beside.rules, beside.stacks) == ((), ())
    assert kept.has_rules == bool(plan.rules)


def test_predicates_come_back_as_those_of_the_vocabulary(tmp_path: Path) -> None:
    """Goal: a function of a plugin is kept by its name. Method: one that nothing could write into a file, and prices by it."""
    at = Parameter("at", INSTANT, "when")
    weekend = Predicate("is_weekend", "Every seventh millisecond.", (at,), function=lambda at: at % 7 == 6)
    vocabulary = standard_vocabulary([weekend])
    text = TEXT.replace("buyer.level >= 2", "is_weekend(cart.time) ?? false")
    kept_package(files(text), vocabulary, tmp_path)
    kept = kept_package(files(text), vocabulary, tmp_path)
    ruleset = Ruleset.of([kept], vocabulary, tmp_path)
    assert [ruleset.price(cart(line(), time_ms=at)).total_minor for at in (5, 6)] == [100_00, 90_00]
    assert len(kept.plan(vocabulary).rules) == 1


def test_a_kept_package_prices_as_the_checked_one(tmp_path: Path) -> None:
    """Loaded from the folder, with what it refuses and why a rule did not count."""
    package = check(files(TEXT + GATE), STANDARD).package
    assert package is not None
    kept_package(files(TEXT + GATE), STANDARD, tmp_path, package)
    kept = kept_package(files(TEXT + GATE), STANDARD, tmp_path)
    of_checked, of_kept = Ruleset.of([package], STANDARD), Ruleset.of([kept], STANDARD, tmp_path)
    for level in (0, 1, 2, None):
        one = cart(line())
        one.facts = {"buyer": {"id": "b", "level": level}}
        assert of_kept.price(one) == of_checked.price(one)
        assert of_kept.gates(one) == of_checked.gates(one)
        assert explain(of_kept, one).rejected() == explain(of_checked, one).rejected()
    assert of_kept.hashes == of_checked.hashes


def test_what_is_kept_is_of_this_text_and_vocabulary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Method: count the checks for the same text, another text, another file name, another vocabulary, another compiler."""
    checks: list[object] = []

    def counted(given: list[SourceFile], vocabulary: Vocabulary) -> object:
        checks.append(vocabulary)
        return check(given, vocabulary)

    monkeypatch.setattr("tuan_rules.kept.check", counted)
    other = Vocabulary([PRICE], CORE_FACTS[:-1])
    for given, vocabulary in (
        (files(), TYPED_VOCABULARY),
        (files(TEXT + " "), TYPED_VOCABULARY),
        ([SourceFile("b.tuan", TEXT)], TYPED_VOCABULARY),
        (files(), other),
    ):
        before = len(checks)
        first = kept_package(given, vocabulary, tmp_path)
        assert kept_package(given, vocabulary, tmp_path) == first
        assert len(checks) == before + 1
    monkeypatch.setattr(cache, "_compiler", lambda: "other")
    kept_package(files(), TYPED_VOCABULARY, tmp_path)
    assert len(checks) == 5


def test_text_that_is_no_package_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(PackageBroken) as broken:
        kept_package(files(TEXT + 'price "b" { giv = 1 }'), TYPED_VOCABULARY, tmp_path)
    assert {error.code for error in broken.value.errors} == {"TR-102", "TR-103"}
    assert list(tmp_path.iterdir()) == []


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert isinstance(kept_package(files(), TYPED_VOCABULARY, None), KeptPackage)
    assert list(tmp_path.iterdir()) == []


def test_a_block_that_is_named_elsewhere_changes_the_fingerprint() -> None:
    """Goal: what decides when a rule counts is part of the key. Method: one schema with and without `named_in`."""
    plain = Vocabulary([PRICE], CORE_FACTS)
    named = Vocabulary([replace(PRICE, named_in="cart.coupons")], [*CORE_FACTS])
    assert plain.fingerprint != named.fingerprint
