"""Predicates of plugins: typed, priced, explained and contained; by rules over a third party's vocabulary, checked and run."""

from __future__ import annotations

import logging
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.unit.rules.pricing_for_tests import head
from tests.unit.rules.raffle_for_tests import GARDEN, IS_HOLIDAY, LABOUR_DAY_MS, rule_blocks
from tuan_rules import Action, Diagnostic, Parameter, Predicate, SourceFile, Vocabulary, check, standard_vocabulary, zh
from tuan_rules import facts as fact_types
from tuan_rules.compiling.cache import key_of
from tuan_rules.predicates import contained
from tuan_rules.pricing.cart import Cart, CartLine
from tuan_rules.pricing.explain import explain
from tuan_rules.pricing.ruleset import Ruleset
from tuan_rules.pricing.words import explanation_as_data, explanation_in_words

VOCABULARY = standard_vocabulary(rule_blocks())
STACK = 'stack "s" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }\n'
MAY_MS = LABOUR_DAY_MS[0] + 1


def rule(when: str, more: str = "give = off(10%)") -> str:
    """A package with one rule."""
    return head() + STACK + f'price "p" {{ {more}  stack = stack "s"  when = {when} }}'


def found(when: str, vocabulary: Vocabulary = VOCABULARY) -> list[Diagnostic]:
    """What a check says of a condition."""
    return list(check([SourceFile("t", rule(when))], vocabulary).diagnostics)


def ruleset(when: str, vocabulary: Vocabulary = VOCABULARY, more: str = "give = off(10%)", **options: Any) -> Ruleset:
    """Compiled rules."""
    result = check([SourceFile("t", rule(when, more))], vocabulary)
    assert result.package is not None, result.diagnostics
    return Ruleset.of([result.package], vocabulary, **options)


def cart(time_ms: int = MAY_MS, level: int = 2, trees: int | None = 3) -> Cart:
    """One line of ¥100.00."""
    return Cart([CartLine("S1", 1, 10_000, "fresh")], time_ms, {"buyer": {"level": level}, "garden": {"trees": trees}})


def test_a_meaning_counts_as_if_the_rule_had_written_it() -> None:
    """Goal: a predicate is its meaning. Method: the same carts by call, by named argument, by nesting, and written out."""
    written = ruleset("buyer.level >= 2 and (garden.trees ?? 0) >= 3")
    for call in ("is_regular(2, 3)", "is_regular(trees: 3, level: 2)", "is_regular(min(2, 5), 1 + 2)"):
        called = ruleset(call)
        for level in (1, 2, 3):
            for trees in (None, 2, 3):
                asked = cart(level=level, trees=trees)
                assert called.price(asked).total_minor == written.price(asked).total_minor


def test_meanings_use_other_predicates_and_loops_of_their_own() -> None:
    """Goal: no name of a meaning is mistaken for one of its argument. Method: both loops have the same variable, one in the other."""
    numbers = fact_types.FactRecord(
        "basket", "", (fact_types.Fact("eggs", fact_types.LIST(fact_types.INTEGER, 4), "eggs"),)
    )
    vocabulary = standard_vocabulary(
        [
            numbers,
            Predicate(
                "above",
                "",
                (Parameter("least", fact_types.INTEGER, ""),),
                means="count(each m in basket.eggs where m > least) >= 1",
            ),
            Predicate("way_above", "", (Parameter("least", fact_types.INTEGER, ""),), means="above(least + 1)"),
        ]
    )
    rules = ruleset("any(way_above(m) each m in basket.eggs)", vocabulary)
    for eggs, total in (((1, 3), 9_000), ((1, 2), 10_000), ((3, 3), 10_000)):
        one = Cart([CartLine("S1", 1, 10_000)], MAY_MS, {"basket": {"eggs": eggs}})
        assert rules.price(one).total_minor == total


def test_rules_are_found_by_what_a_meaning_says() -> None:
    """Goal: a named condition costs the index nothing. Method: a meaning about a text of the cart, and one about the goods."""
    sku = Parameter("what", fact_types.TEXT, "")
    vocabulary = standard_vocabulary(
        [
            Predicate("is_sku", "", (sku,), means="line.sku == what"),
            Predicate("from_app", "", (), means='(cart.channel ?? "") == "app" and "vip" in buyer.segments'),
        ]
    )
    assert ruleset('is_sku("S1")', vocabulary).explain_index() == {"shop/price/p": "found by line.sku (1 values)"}
    assert "buyer.segments" in ruleset("from_app()", vocabulary).explain_index()["shop/price/p"]


def test_a_function_is_asked_and_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a function of Python decides, and is asked once per argument. Method: count its calls over many prices."""
    calls: list[int] = []

    def odd(number: int) -> bool:
        calls.append(number)
        return number % 2 == 1

    vocabulary = standard_vocabulary([Predicate("is_odd", "", (Parameter("n", fact_types.INTEGER, ""),), function=odd)])
    rules = ruleset("is_odd(buyer.level) ?? false", vocabulary)
    totals = [rules.price(cart(level=level)).total_minor for level in (1, 2, 1, 2, 1)]
    assert totals == [9_000, 10_000, 9_000, 10_000, 9_000]
    assert sorted(calls) == [1, 2]


def test_a_failing_function_is_a_missing_fact(caplog: pytest.LogCaptureFixture) -> None:
    """Goal: a rule says what then, and every price is worked out. Method: a calendar without that year, both ways round, with logs."""
    before = cart(time_ms=1)
    with caplog.at_level(logging.WARNING):
        assert ruleset("is_holiday(cart.time) ?? false").price(before).total_minor == 10_000
        assert ruleset("is_holiday(cart.time) ?? true").price(before).total_minor == 9_000
    assert "predicate is_holiday failed" in caplog.text
    assert [each.code for each in found("is_holiday(cart.time)")] == ["TR-232"]


@pytest.mark.parametrize(
    ("result", "answers"),
    [
        (fact_types.BOOLEAN, [1, "yes", None]),
        (fact_types.INTEGER, [True, 1.5, "1"]),
        (fact_types.MONEY, [1.5, True]),
        (fact_types.TEXT, [b"x", 3]),
        (fact_types.PERCENT, [0.5, "5%"]),
    ],
)
def test_an_answer_of_another_type_is_none(result: fact_types.Type, answers: list[Any]) -> None:
    """Goal: a float never becomes money. Method: answers of wrong types, by result."""
    for answer in answers:
        assert contained(Predicate("p", "", (), result, function=lambda answer=answer: answer))() is None


def test_failures_are_not_remembered_and_logged_ever_less(caplog: pytest.LogCaptureFixture) -> None:
    """Goal: what comes back counts at once, and a log is no flood. Method: 100 failures, then an answer."""
    broken = [True]

    def sometimes() -> bool:
        if broken:
            raise OSError("down")
        return True

    asked = contained(Predicate("p", "", (), function=sometimes))
    with caplog.at_level(logging.WARNING):
        assert {asked() for _ in range(100)} == {None}
    assert len(caplog.records) == 7
    broken.clear()
    assert asked() is True


def test_functions_get_exact_values() -> None:
    """Goal: no value is rounded on its way. Method: look at the arguments of a function that takes each type."""
    seen: list[Any] = []

    def look(*values: Any) -> int:
        seen.extend(values)
        return 500

    types = ("MONEY", "AMOUNT", "PERCENT", "DURATION", "INSTANT", "BOOLEAN", "CATEGORY")
    parameters = [Parameter(name.lower(), getattr(fact_types, name), "") for name in types]
    parameters.append(Parameter("list", fact_types.LIST(fact_types.TEXT, 5), ""))
    vocabulary = standard_vocabulary([Predicate("fee", "", tuple(parameters), fact_types.MONEY, function=look)])
    call = 'fee(¥1.00, 10% * ¥1.00, 30%, 2h, cart.time, true, line.category, ["a", "b"]) ?? ¥0.00'
    assert ruleset("true", vocabulary, f"give = off({call})").price(cart()).total_minor == 9_500
    assert seen == [100, Fraction(10), Fraction(3, 10), 7_200_000, MAY_MS, True, "fresh", ("a", "b")]
    assert isinstance(seen[1], Fraction)


@pytest.mark.parametrize(
    ("when", "code", "at", "suggestion"),
    [
        ("is_holday(cart.time) ?? false", "TR-239", "is_holday", "is_holiday"),
        ("is_regular(2)", "TR-239", "is_regular(2)", None),
        ("is_regular(2, 3, 4)", "TR-239", "4", None),
        ("is_regular(2, tree: 3)", "TR-239", "tree: 3", "trees"),
        ("is_regular(2, level: 3)", "TR-239", "level: 3", None),
        ('is_regular(2, "x")', "TR-236", '"x"', None),
        ("is_regular(2, 30%)", "TR-236", "30%", None),
        ("is_regular(2, garden.trees)", "TR-232", "garden.trees", None),
        ("is_regular(m each m in buyer.segments)", "TR-239", "m each m in buyer.segments", None),
    ],
)
def test_mistakes_are_told_at_the_argument(when: str, code: str, at: str, suggestion: str | None) -> None:
    """Goal: the caret stands under what is wrong, in both languages. Method: a table of wrong calls."""
    (diagnostic,) = found(when)
    text = rule(when)
    assert (diagnostic.code, text[diagnostic.span.offset : diagnostic.span.end_offset]) == (code, at)
    assert diagnostic.suggestion == suggestion
    assert diagnostic.message_en != diagnostic.message_zh


def test_costs_are_declared_and_bounded() -> None:
    """Goal: no call gets round the bound of a rule. Method: a dear function, and a meaning that doubles itself."""
    number = (Parameter("n", fact_types.INTEGER, ""),)
    vocabulary = standard_vocabulary(
        [
            Predicate("slow", "", number, function=bool, cost=9_000),
            Predicate("double", "", number, fact_types.INTEGER, means="n + n"),
        ]
    )
    assert found("slow(1) ?? false", vocabulary) == []
    assert [each.code for each in found("(slow(1) ?? false) and (slow(2) ?? false)", vocabulary)] == ["TR-238"]
    nested = "buyer.level"
    for _ in range(20):
        nested = f"double({nested})"
    assert "TR-238" in [each.code for each in found(f"{nested} > 3", vocabulary)]


def test_explanations_show_calls() -> None:
    """Goal: a merchant sees what a predicate was asked and answered. Method: words and data of rules that count and that do not."""
    rules = ruleset('(is_holiday(cart.time) ?? false) and is_regular(buyer.level, 3) and line.sku == "S1"')
    told = explanation_in_words(explain(rules, cart()))
    assert '  price "p": is_holiday(2027-05-01 00:00:00.001) = true' in told
    assert '  price "p": is_regular(2, 3) = true' in told
    few = explain(rules, cart(trees=1))
    assert '  price "p"：is_regular(2, 3) = false' in explanation_in_words(few, "zh")
    assert explanation_as_data(few)["predicates"][1] == {
        "rule_id": "shop/price/p", "line_index": -1, "call": "is_regular(2, 3)", "value": "false",
    }  # fmt: skip
    early = explanation_in_words(explain(rules, cart(time_ms=1)))
    assert any(line.endswith("is_holiday(1970-01-01 08:00:00.001) = missing") for line in early)


def test_calls_are_loaded_from_the_cache(tmp_path: Path) -> None:
    """Goal: compiled rules find their functions again. Method: price before and after loading, and change the predicate."""
    when = '(is_holiday(cart.time) ?? false) and line.sku == "S1"'
    for _ in range(2):
        assert ruleset(when, cache=tmp_path).price(cart()).total_minor == 9_000
    assert len(list(tmp_path.glob("*.rules"))) == 1
    dearer = Predicate("is_holiday", IS_HOLIDAY.doc, IS_HOLIDAY.parameters, function=bool, cost=300)
    other = standard_vocabulary([dearer if item is IS_HOLIDAY else item for item in rule_blocks()])
    assert key_of(["a"], VOCABULARY) != key_of(["a"], other)
    assert VOCABULARY.fingerprint != standard_vocabulary([GARDEN]).fingerprint


@pytest.mark.parametrize(
    ("items", "why"),
    [
        ([Predicate("count", "", means="true")], "one of the language's own"),
        ([Predicate("buyer", "", means="true")], "the name of an action, a block or a record"),
        ([Predicate("price", "", means="true")], "the name of an action, a block or a record"),
        ([Predicate("a", "", means="true"), Predicate("a", "", means="false")], "declared twice"),
        ([Predicate("a", "", means="true"), Action("a", "")], "the name of an action"),
        ([Action("refund", "")], "one of the language's own"),
        ([Predicate("and", "", means="true")], "cannot be a name"),
        ([Predicate("a", "", (Parameter("n", fact_types.TEXT, ""),) * 2, means="true")], "a parameter twice"),
        ([Predicate("a", "", means="buyer.levl > 1")], "buyer.levl"),
        ([Predicate("a", "", means="buyer.level")], "whole number, not boolean"),
        ([Predicate("a", "", means="buyer.blocked")], "blocked"),
        ([Predicate("a", "", means="1 +")], "cannot be read"),
        ([Predicate("a", "", means="true } x { is = true")], "cannot be read"),
        ([Predicate("a", "", means="cart.subtotal > ¥5")], "holds money"),
        ([Predicate("a", "", means="cart.time > 2027-01-01")], "a time without a zone"),
        ([Predicate("a", "", means="b()"), Predicate("b", "", means="a()")], "`a`"),
        ([Predicate("a", "", means="vip")], "vip"),
    ],
)
def test_bad_predicates_are_refused_at_start(items: list[Any], why: str) -> None:
    """Goal: an author learns of it before any merchant. Method: vocabularies with one mistake each."""
    with pytest.raises(ValueError, match=why):
        standard_vocabulary(items)


@pytest.mark.parametrize(
    "arguments",
    [
        {"means": "", "function": None},
        {"means": "true", "function": bool},
        {"means": "true", "result": fact_types.OPTIONAL(fact_types.BOOLEAN)},
        {"function": bool, "result": fact_types.LIST(fact_types.TEXT, 3)},
        {"function": bool, "result": fact_types.AMOUNT},
        {"function": bool, "cost": 0},
        {"function": bool, "parameters": (Parameter("n", fact_types.OPTIONAL(fact_types.TEXT), ""),)},
        {"function": bool, "parameters": (Parameter("n", fact_types.WINDOW, ""),)},
        {"function": bool, "parameters": tuple(Parameter(f"n{i}", fact_types.TEXT, "") for i in range(9))},
    ],
)
def test_declarations_are_whole(arguments: dict[str, Any]) -> None:
    """Goal: half a predicate is none. Method: declarations that contradict themselves."""
    with pytest.raises(ValueError, match="predicate 'p'"):
        Predicate("p", "", aliases=zh("谓"), **arguments)
