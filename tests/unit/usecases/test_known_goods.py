"""Goods whose terms are known: one question to the promotion for many orders, and the same orders as without it."""

from __future__ import annotations

from typing import Any

import pytest

from tuan.plugin import (
    Activity,
    ActivityPlan,
    Attempt,
    BlockSchema,
    CartLine,
    CheckedBlock,
    Claim,
    LineTerms,
    Plan,
    PromotionType,
    PublishContext,
    StockShare,
    SubjectLimit,
)
from tuan.supervisor import PluginFault
from tuan.testing import PromotionBench
from tuan.usecases.known_goods import KEPT_MAX

LIMITS = (SubjectLimit("buyer", 2), SubjectLimit("device", 3, 86_400_000))


class Sale(PromotionType):
    """`terms` of every line at half its price; `by_goods`: whether they are those of the goods."""

    code = "half"

    def __init__(self, by_goods: bool, answer: Any = None) -> None:
        self.by_goods = by_goods
        self.answer = answer
        self.asked = 0

    def blocks(self) -> list[BlockSchema]:
        return [BlockSchema("half", "Everything at half its price.", (), example='half "x" { }')]

    def plan(self, block: CheckedBlock, context: PublishContext) -> Plan:
        share = StockShare("S1", 1, 1)
        return Plan((ActivityPlan("now", block.label, 0, 10**15, {}, (share,)),))

    def terms_of_goods(self, line: CartLine, activity: Activity, prepared: Any) -> LineTerms | None:
        self.asked += 1
        return (self.answer or self._terms(line)) if self.by_goods else None

    def terms(self, attempt: Attempt, line: CartLine, activity: Activity, prepared: Any) -> LineTerms:
        return self._terms(line)

    @staticmethod
    def _terms(line: CartLine) -> LineTerms:
        return LineTerms(line.list_unit_minor // 2, "half", limits=LIMITS, hold_ms=60_000)


def _shop(promotion_bench: Any, sale: Sale) -> tuple[PromotionBench, Activity]:
    bench: PromotionBench = promotion_bench(sale)
    (activity,) = bench.publish('half "x" { }')
    return bench, activity


def test_many_orders_ask_once(promotion_bench: Any) -> None:
    """Goal: the promotion is asked per goods and quantity, not per order. Method: ten buyers, two quantities; count the calls."""
    sale = Sale(by_goods=True)
    bench, activity = _shop(promotion_bench, sale)
    for number in range(10):
        for quantity in (1, 2):
            bench.place(bench.attempt(("S1", quantity), activity=activity, buyer=f"b{number}", device="d"))
    assert sale.asked == 2


@pytest.mark.parametrize("lines", [(("S1", 1),), (("S1", 2),), (("S1", 1), ("S2", 3))])
@pytest.mark.parametrize("device", ["d1", ""])
def test_the_same_order_by_goods_and_by_order(promotion_bench: Any, lines: Any, device: str) -> None:
    """Goal: what is known in advance changes nothing but the cost. Method: both promotions, lines together and alone, an id missing."""
    made = []
    for by_goods in (True, False):
        bench, activity = _shop(promotion_bench, Sale(by_goods))
        for _ in range(2):  # the second time it is known
            order = bench.place(bench.attempt(*lines, activity=activity, buyer="b1", device=device))
        claims = {shard: list(claims) for shard, claims in order.claims.items()}
        made.append((order.lines, order.total_minor, claims, order.hold_ms, order.ruleset_hash))
    assert made[0] == made[1]
    subjects = [claim.counter for claims in made[0][2].values() for claim in claims]
    assert subjects[:2] == ["buyer/b1", "device/d1 86400000"] if device else subjects[0] == "buyer/b1"


def test_quantities_do_not_fill_the_memory(promotion_bench: Any) -> None:
    """Goal: what callers can make up is bounded. Method: more quantities than are kept."""
    bench, activity = _shop(promotion_bench, Sale(by_goods=True))
    for quantity in range(1, KEPT_MAX + 10):
        bench.try_place(bench.attempt(("S1", quantity), activity=activity, buyer="b1", device="d"))
    assert len(bench.snapshot.activities[activity.activity_id].goods) <= KEPT_MAX


@pytest.mark.parametrize(
    "answer",
    [
        LineTerms(5, "half", claims=(Claim("buyer/b1", 1, 1),)),
        LineTerms(5, "half", limits=(SubjectLimit("ip", 1),)),
        LineTerms(5, "half", limits=(SubjectLimit("buyer", -1),)),
        LineTerms(5, "half", limits=(SubjectLimit("buyer", 1, -5),)),
        LineTerms(-5, "half"),
        "nothing of the kind",
    ],
)
def test_lies_are_faults(promotion_bench: Any, answer: Any) -> None:
    """Goal: terms that cannot be are the plugin's fault, whatever they are. Method: each lie in turn."""
    bench, activity = _shop(promotion_bench, Sale(True, answer))
    assert isinstance(bench.try_place(bench.attempt(("S1", 1), activity=activity, buyer="b1")), PluginFault)
