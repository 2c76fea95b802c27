"""Checked blocks that stand in no stack to their plans: gates, commissions and risk rules; and the counters that all rules want."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from typing import cast

from tuan_rules.checked import CheckedBlock, CheckedPackage
from tuan_rules.facts import COUNTERS, Counter
from tuan_rules.plan.model import CommissionPlan, GatePlan, LevelPlan, RiskPlan
from tuan_rules.typing.tree import Constant, FactOf, Logic, Typed, children
from tuan_rules.values import Cap, Settlement, Text, VerdictOf


def gates(package: CheckedPackage) -> tuple[GatePlan, ...]:
    """Every block that says what a missing fact does to a refusal, and how it is told."""
    return tuple(
        GatePlan(
            rule_id(block, package),
            guard(block, package, "on", "when"),
            cast(Text, block.values["code"]).default,
            cast(Text, block.values["message"]),
            str(block.values["missing"]),
            block.window,
        )
        for block in package.blocks_of("gate")
        if isinstance(block.values.get("message"), Text) and isinstance(block.values.get("code"), Text)
    )


def commissions(package: CheckedPackage, mode: str) -> tuple[CommissionPlan, ...]:
    """Every block that says when it is settled."""
    found: list[CommissionPlan] = []
    for block in package.blocks:
        settle, cap = block.values.get("settle"), block.values.get("cap")
        if not isinstance(settle, Settlement):
            continue
        levels = tuple(
            LevelPlan(int(level.label), cast(Fraction, level.values["rate"]), guard(level, package, "only"))
            for level in sorted(block.children_of("level"), key=lambda level: level.label)
        )
        _refuse_untyped(block, package, "base")
        found.append(
            CommissionPlan(
                rule_id(block, package),
                guard(block, package, "when", "only"),
                block.typed["base"],
                levels,
                mode,
                settle,
                str(block.values["clawback"]),
                cap if isinstance(cap, Cap) else None,
                block.window,
            )
        )
    return tuple(found)


def risks(package: CheckedPackage) -> tuple[RiskPlan, ...]:
    """Every block that has a verdict."""
    return tuple(
        RiskPlan(
            rule_id(block, package),
            cast("tuple[str, ...]", block.values["on"]),
            guard(block, package, "when"),
            verdict,
            str(block.values["missing"]),
            cast("tuple[str, ...]", block.values["affects"]),
            block.window,
        )
        for block in package.blocks
        if isinstance(verdict := block.values.get("verdict"), VerdictOf)
    )


def counters_of(expressions: Iterable[Typed]) -> tuple[Counter, ...]:
    """The counters that any of the expressions reads, each once."""
    names: set[str] = set()
    # Without the sets of `facts_in`: 10,000 rules are walked whenever they are planned.
    left = list(expressions)
    while left:
        node = left.pop()
        if isinstance(node, FactOf):
            if node.record == COUNTERS:
                names.add(node.name)
        elif not isinstance(node, Constant):
            left += children(node)
    return tuple(sorted(Counter.of_name(name) for name in names))


def rule_id(block: CheckedBlock, package: CheckedPackage) -> str:
    """`package/kind/label`."""
    return f"{package.name}/{block.kind}/{block.label}"


def guard(block: CheckedBlock, package: CheckedPackage, *fields: str) -> tuple[Typed, ...]:
    """The conditions of these fields that must all hold. Raises ValueError for one without types."""
    found: list[Typed] = []
    for field in fields:
        if block.values.get(field) is not None:
            _refuse_untyped(block, package, field)
            found += conjuncts(block.typed[field])
    return tuple(found)


def conjuncts(condition: Typed) -> list[Typed]:
    """The conditions that must all hold for it to hold."""
    if isinstance(condition, Logic) and condition.operator == "and":
        return [part for operand in condition.operands for part in conjuncts(operand)]
    return [condition]


def _refuse_untyped(block: CheckedBlock, package: CheckedPackage, field: str) -> None:
    if field not in block.typed:
        name = rule_id(block, package)
        raise ValueError(f"{name}: `{field}` has no types; check it with a vocabulary that has facts")
