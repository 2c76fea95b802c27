"""The tools for plugin authors: the conformance suite finds planted faults, the bench explains, the fixtures are there."""

from __future__ import annotations

import itertools
from typing import ClassVar

import pytest

from tuan.plugin import (
    ActivityPlan,
    BlockSchema,
    CounterSpec,
    LineTerms,
    Plan,
    PriceRule,
    PromotionType,
    Proposal,
    StockShare,
)
from tuan.testing import FakeHost, PromotionBench, check_promotion


class Sound(PromotionType):
    """One activity and one price rule, nothing wrong with them; the tests below break one thing each."""

    code = "sound"
    schema = BlockSchema("sound", "A block.", (), example='sound "x" { }')
    config: ClassVar[dict] = {"list": [1, 2]}
    stock = (StockShare("S1"),)
    counters = (CounterSpec("seats", 3),)
    window = (1_900_000_000_000, 1_900_000_100_000)

    def blocks(self):
        return [self.schema]

    def key(self) -> str:
        return "only"

    def plan(self, block, context):
        start_ms, end_ms = self.window
        activity = ActivityPlan(self.key(), "x", start_ms, end_ms, self.config, self.stock, self.counters)
        return Plan((activity,), (PriceRule("r", self.code, context.ruleset_hash, {}, start_ms, end_ms, ("S1",)),))

    def propose(self, attempt, lines, rule, prepared):
        return [Proposal(line.line_index, 1, rule.rule_id) for line in lines]


def test_a_sound_promotion_passes() -> None:
    """Goal: no false alarm. Method: the promotion that the others are made of."""
    bench = check_promotion(Sound(), 'sound "x" { }')
    assert list(bench.snapshot.activities) == ["x-only"]


_counter = itertools.count()


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"code": "not one"}, "is not an identifier"),
        ({"schema": BlockSchema("sound", "", (), example='sound "x" { }')}, "has no doc"),
        ({"schema": BlockSchema("sound", "A block.", ())}, "has no example"),
        ({"schema": BlockSchema("sound", "A block.", (), example="sound { }")}, "its own example is refused"),
        ({"key": lambda self: f"key{next(_counter)}"}, "plan() makes something else"),
        ({"config": {"tuple": (1, 2)}}, "its config changes when it is stored"),
        ({"config": {"set": {1}}}, "its config is not JSON"),
        ({"config": {1: "number"}}, "its config changes when it is stored"),
        ({"window": (2_000, 2_000)}, "ends at or before its start"),
        ({"stock": (StockShare("S1", None, 3, 2),)}, "a stock share of more than all"),
        ({"counters": (CounterSpec("stock/S1", 3),)}, "a counter that is the engine's own"),
        ({"admit": lambda self, attempt, activity, prepared: "no"}, "admit answered 'no'"),
        ({"admit": lambda self, attempt, activity, prepared: 1 / 0}, "admit raised ZeroDivisionError"),
        ({"terms": lambda self, attempt, line, activity, prepared: LineTerms(-1, "x")}, "terms: Lie"),
        (
            {"terms": lambda self, attempt, line, activity, prepared: LineTerms(next(_counter), "x")},
            "terms answers differently",
        ),
        ({"propose": lambda self, attempt, lines, rule, prepared: [Proposal(9, 1, "r")]}, "propose: Lie"),
        (
            {"propose": lambda self, attempt, lines, rule, prepared: [Proposal(0, 1 + next(_counter), "r")]},
            "propose answers differently",
        ),
        ({"plan": lambda self, block, context: Plan()}, "neither an activity nor a price rule"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_planted_fault_is_found(fault: dict, message: str) -> None:
    """Goal: the suite is not blind. Method: one fault planted in a sound promotion; the report names it."""
    faulty = type("Faulty", (Sound,), fault)
    with pytest.raises(AssertionError, match="does not conform") as caught:
        check_promotion(faulty(), 'sound "x" { }')
    assert message in str(caught.value)


def test_a_wrong_rule_text_is_explained_as_to_a_merchant() -> None:
    """Goal: an author sees the diagnostics with their place. Method: a misspelt field."""
    with pytest.raises(AssertionError, match=r"bench\.tuan:2:\d+"):
        PromotionBench(Sound()).publish('sound "x" { nothing = 1 }')


def test_the_fixtures_are_a_pytest_plugin(promotion_bench, fake_host: FakeHost) -> None:
    """Goal: an author's test needs no imports but its own. Method: the fixtures, as pytest hands them out here."""
    bench = promotion_bench(Sound())
    assert bench.host is fake_host
    bench.publish('sound "x" { }')
    fake_host.clock.move_to(1_900_000_000_000)
    assert bench.place(bench.attempt(("S1", 1))).total_minor == 9_99
