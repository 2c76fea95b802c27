"""What rules of a plan evaluate."""

from __future__ import annotations

from collections.abc import Iterator

from tuan_rules.plan.model import PackagePlan
from tuan_rules.typing.tree import Typed
from tuan_rules.values import Computed


def expressions_of(plan: PackagePlan) -> Iterator[Typed]:
    """Every expression that rules of the plan evaluate."""
    for rule in plan.rules:
        yield from rule.guard
        yield from (each for each in (rule.floor, rule.cap.amount if rule.cap else None) if each is not None)
        if isinstance(rule.give, Computed):
            yield rule.give.amount
    for guard in (*(gate.guard for gate in plan.gates), *(risk.guard for risk in plan.risks)):
        yield from guard
    for commission in plan.commissions:
        yield from (*commission.guard, commission.base)
        yield from (condition for level in commission.levels for condition in level.only)
        if commission.cap is not None:
            yield commission.cap.amount
