"""The assembler believes no plugin: nonsense is a fault of the plugin that answered it, and of its orders only."""

from __future__ import annotations

from typing import Any

import pytest

from tuan.plugin import (
    ActivityPlan,
    BlockSchema,
    Claim,
    FaultPolicy,
    LineTerms,
    OnRelease,
    Plan,
    PriceRule,
    PromotionType,
    Proposal,
    Refusal,
    RefusalKind,
    TuanError,
)
from tuan.supervisor import PluginFault
from tuan.testing import PromotionBench
from tuan.usecases.assemble import Assembled
from tuan.usecases.pricing.run_out import RunOut


class Liar(PromotionType):
    """A promotion whose every answer is what the test put there; an exception is raised."""

    code = "liar"

    def __init__(self) -> None:
        self.admits: Any = None
        self.answers: Any = LineTerms(5_00, "liar")
        self.proposes: Any = ()

    def blocks(self):
        return [BlockSchema("liar", "A block.", ())]

    def plan(self, block, context):
        rule = PriceRule("liar-rule", self.code, context.ruleset_hash, {}, skus=("S1",))
        return Plan((ActivityPlan("only", "Liar", 0, 2_000_000_000_000, {}),), (rule,))

    def admit(self, attempt, activity, prepared):
        return self._say(self.admits)

    def terms(self, attempt, line, activity, prepared):
        return self._say(self.answers)

    def propose(self, attempt, lines, rule, prepared):
        return self._say(self.proposes)

    def _say(self, answer: Any) -> Any:
        if isinstance(answer, BaseException):
            raise answer
        return answer


class Open(Liar):
    """The same, and the engine may go on without it."""

    fault_policy = FaultPolicy.FAIL_OPEN


@pytest.fixture(params=[Liar, Open])
def liar(request: pytest.FixtureRequest) -> Liar:
    return request.param()


@pytest.fixture
def bench(liar: Liar) -> PromotionBench:
    bench = PromotionBench(liar)
    bench.publish('liar "l" { }')
    return bench


def in_activity(bench: PromotionBench):
    [live] = bench.snapshot.activities.values()
    return bench.attempt(("S1", 1), activity=live.activity)


@pytest.mark.parametrize(
    "answer",
    [True, "no", Refusal("sold_out", "x"), ValueError("oh"), SystemExit(1)],
    ids=repr,  # type: ignore[arg-type]
)
def test_nonsense_from_admit(liar: Liar, bench: PromotionBench, answer: object) -> None:
    """Goal: an order is let in by None and refused by a Refusal, nothing else. Method: other answers; each is charged."""
    liar.admits = answer
    assert isinstance(bench.try_place(in_activity(bench)), PluginFault)
    assert bench.supervisor.standing(liar).faults == 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        5_00,
        LineTerms(-1, "liar"),
        LineTerms(4.99, "liar"),
        LineTerms(True, "liar"),
        LineTerms(5_00, "liar", hold_ms=0),
        LineTerms(5_00, "liar", hold_ms="soon"),
        LineTerms(5_00, "liar", claims=None),
        LineTerms(5_00, "liar", claims=("buyer/b1",)),
        LineTerms(5_00, "liar", claims=(Claim("buyer/b1", 0, 1),)),
        LineTerms(5_00, "liar", claims=(Claim("buyer/b1", -1, 1),)),
        LineTerms(5_00, "liar", claims=(Claim("buyer/b1", 1, -1),)),
        LineTerms(5_00, "liar", claims=(Claim("buyer/b1", 1, 1.5),)),
        LineTerms(5_00, "liar", claims=(Claim("buyer/b1", 1, 1, -5),)),
        LineTerms(5_00, "liar", claims=(Claim("seats", 1, None, 1_000),)),
        LineTerms(5_00, "liar", claims=(Claim("buyer/b1", 1, 1, 10**15),)),
        LineTerms(5_00, "liar", claims=(Claim("buyer/b1", 2**53, 1),)),
        LineTerms(5_00, "liar", claims=(Claim("buyer/b1", 1, 1), Claim("buyer/b1", 1, 2))),
        LineTerms(5_00, "liar", claims=(Claim("buyer/b1", 1, 1), Claim("buyer/b1", 1, 2, on_release=OnRelease.KEEP))),
        LineTerms(5_00, "liar", claims=(Claim("", 1, 1),)),
        LineTerms(5_00, "liar", claims=(Claim("\ud800", 1, 1),)),
        LineTerms(5_00, "liar", claims=(Claim("x" * 201, 1, 1),)),
        LineTerms(5_00, "liar", claims=(Claim("stock/S1", 1),)),
        LineTerms(5_00, "liar", claims=(Claim("buffer/S1", 1),)),
        ZeroDivisionError(),
    ],
    ids=repr,
)
def test_nonsense_from_terms(liar: Liar, bench: PromotionBench, answer: object) -> None:
    """Goal: no price below zero, no claim on stock, no half a unit gets into an order. Method: each impossible answer."""
    liar.answers = answer
    assert isinstance(bench.try_place(in_activity(bench)), PluginFault)
    assert bench.supervisor.standing(liar).faults == 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [None],
        [Proposal(0, 0, "liar-rule")],
        [Proposal(0, -1, "liar-rule")],
        [Proposal(0, 0.5, "liar-rule")],
        [Proposal(7, 1, "liar-rule")],
        [Proposal(0, 1, "liar-rule", claims=(Claim("stock/S1", 1),))],
        RuntimeError(),
    ],
    ids=repr,
)
def test_nonsense_from_propose(liar: Liar, bench: PromotionBench, answer: object) -> None:
    """Goal: a discount that cannot be is a fault; the stated policy says what becomes of the order. Method: both policies."""
    liar.proposes = answer
    outcome = bench.try_place(bench.attempt(("S1", 1)))
    assert bench.supervisor.standing(liar).faults == 1
    if liar.fault_policy is FaultPolicy.FAIL_OPEN:
        assert isinstance(outcome, Assembled)
        assert outcome.total_minor == 10_00, "at list price, without the discount"
    else:
        assert isinstance(outcome, PluginFault)


def test_a_generator_that_fails_midway_gives_nothing(liar: Liar, bench: PromotionBench) -> None:
    """Goal: no half of a plugin's answer is used. Method: `propose` yields one good proposal and raises."""

    def half():
        yield Proposal(0, 1_00, "liar-rule")
        raise ValueError("midway")

    liar.proposes = half()
    outcome = bench.try_place(bench.attempt(("S1", 1)))
    if isinstance(outcome, Assembled):
        assert outcome.total_minor == 10_00
    assert bench.supervisor.standing(liar).faults == 1


def test_answers_are_not_faults(liar: Liar, bench: PromotionBench) -> None:
    """Goal: refusing is a plugin's right. Method: a Refusal, and a TuanError."""
    liar.admits = Refusal(RefusalKind.ENDED, "over")
    assert bench.try_place(in_activity(bench)) == liar.admits
    from tuan.plugin import InvalidValue

    liar.admits = InvalidValue("device_id", "is missing")
    outcome = bench.try_place(in_activity(bench))
    assert isinstance(outcome, TuanError)
    assert not isinstance(outcome, PluginFault)
    assert bench.supervisor.standing(liar).faults == 0


def test_a_plugin_in_quarantine_is_not_called(liar: Liar, bench: PromotionBench) -> None:
    """Goal: repeated faults stop a plugin, not the shop. Method: five faults; then its activity faults, ordinary sale goes on."""
    liar.answers = ValueError()
    for _ in range(5):
        bench.try_place(in_activity(bench))
    liar.answers = LineTerms(5_00, "liar")
    outcome = bench.try_place(in_activity(bench))
    assert isinstance(outcome, PluginFault)
    assert "quarantine" in outcome.message
    assert bench.place(bench.attempt(("S2", 1))).total_minor == 20_00


def test_the_turn_ends_with_the_answer(liar: Liar, bench: PromotionBench) -> None:
    """Goal: what hangs after a plugin's turn is not charged to it. Method: the turn is nobody's after a fault."""
    from tuan.supervisor import Turn
    from tuan.usecases.assemble import Assembler

    liar.answers = ValueError()
    turn = Turn()
    Assembler(bench.supervisor, RunOut(bench.host.clock)).assemble([in_activity(bench)], bench.snapshot, turn)
    assert turn.plugin is None


def test_claims_on_one_counter_are_summed(liar: Liar, bench: PromotionBench) -> None:
    """Goal: many lines of one buyer are one claim of the store, which takes 1,024 at most. Method: 500 lines, two claims each."""
    liar.answers = LineTerms(
        5_00, "liar", (Claim("buyer/b1", 1, 1_000), Claim("share/b1", 1, 9, on_release=OnRelease.KEEP))
    )
    [live] = bench.snapshot.activities.values()
    order = bench.place(bench.attempt(*[("S1", 1)] * 500, activity=live.activity))
    assert order.claims == {
        live.activity.shard: [
            Claim("buyer/b1", 500, 1_000),
            Claim("share/b1", 500, 9, on_release=OnRelease.KEEP),
            Claim("stock/S1", 500),
        ]
    }


def test_a_fault_on_every_order_ends_in_quarantine(liar: Liar, bench: PromotionBench) -> None:
    """Goal: an `admit` that answers does not hide a `terms` that never does. Method: five orders."""
    liar.answers = ValueError()
    for _ in range(5):
        assert isinstance(bench.try_place(in_activity(bench)), PluginFault)
    assert not bench.supervisor.usable(liar)
