"""A checked package to its plan."""

from __future__ import annotations

from typing import cast

from tuan_rules.checked import CheckedBlock, CheckedPackage
from tuan_rules.facts import BOOLEAN, LIST, TEXT, Per
from tuan_rules.plan.model import BudgetPlan, PackagePlan, RoundingPlan, RulePlan, StackPlan
from tuan_rules.typing.tree import Constant, FactOf, Logic, Member, Typed
from tuan_rules.values import Cap, Daily, Give, Money, Reference

#: How many names a list of names (`cart.coupons`) may have.
NAMES_MAX = 20


def plan_package(package: CheckedPackage) -> PackagePlan:
    """The plan of every block that has a `give` and a `stack`, whichever plugin it is from.

    Raises ValueError for a package whose conditions were not typed: it was checked with a vocabulary without facts.
    """
    rounding = _rounding(package)
    budgets = _budgets(package)
    rules = tuple(
        _rule(block, package, rounding, budgets)
        for block in package.blocks
        if isinstance(block.values.get("give"), Give) and isinstance(block.values.get("stack"), Reference)
    )
    stacks = tuple(_stack(block) for block in package.blocks_of("stack"))
    return PackagePlan(package.name, package.currency, package.ruleset_hash, rules, stacks)


def _stack(block: CheckedBlock) -> StackPlan:
    values = block.values
    cap = values["cap"]
    return StackPlan(
        block.label,
        str(values["phase"]),
        str(values["scope"]),
        str(values["pick"]),
        str(values["base"]),
        cast("int | None", values["limit"]),
        cap.amount_minor if isinstance(cap, Money) else None,
        cast(int, values["priority"]),
        frozenset(reference.label for reference in cast("tuple[Reference, ...]", values["exclusive_with"])),
    )


def _rounding(package: CheckedPackage) -> RoundingPlan:
    for block in package.blocks_of("rounding"):
        unit = block.values["unit"]
        unit_minor = unit.amount_minor if isinstance(unit, Money) else 1
        return RoundingPlan(unit_minor, str(block.values["mode"]), block.values["at"] == "each_step")
    return RoundingPlan()


def _budgets(package: CheckedPackage) -> dict[tuple[str, str], BudgetPlan]:
    """Budgets of campaigns, by the blocks that their plans enable."""
    found: dict[tuple[str, str], BudgetPlan] = {}
    for campaign in package.blocks_of("campaign"):
        budget = campaign.values["budget"]
        if not isinstance(budget, Money):
            continue
        plan = BudgetPlan(
            f"{package.name}/campaign/{campaign.label}", budget.amount_minor, str(campaign.values["on_exceed"])
        )
        for child in campaign.children_of("plan"):
            for reference in cast("tuple[Reference, ...]", child.values["enables"]):
                found[reference.kind, reference.label] = plan
    return found


def _rule(
    block: CheckedBlock,
    package: CheckedPackage,
    rounding: RoundingPlan,
    campaigns: dict[tuple[str, str], BudgetPlan],
) -> RulePlan:
    values = block.values
    rule_id = f"{package.name}/{block.kind}/{block.label}"
    guard: list[Typed] = []
    for field in ("on", "when"):
        if values.get(field) is not None:
            if field not in block.typed:
                raise ValueError(f"{rule_id}: `{field}` has no types; check it with a vocabulary that has facts")
            guard += conjuncts(block.typed[field])
    if block.named_in:
        guard.append(_named(block, rule_id))
    budgets = []
    if isinstance(own := values.get("budget"), Money):
        budgets.append(BudgetPlan(rule_id, own.amount_minor, str(values["on_exceed"])))
    if (block.kind, block.label) in campaigns:
        budgets.append(campaigns[block.kind, block.label])
    schedule = values.get("sessions")
    cap = values.get("cap")
    return RulePlan(
        rule_id,
        package.name,
        block.kind,
        block.label,
        cast(Reference, values["stack"]).label,
        cast(int, values["priority"]),
        tuple(guard),
        cast(Give, values["give"]),
        rounding,
        cap if isinstance(cap, Cap) else None,
        block.typed.get("floor"),
        tuple(budgets),
        block.window,
        schedule if isinstance(schedule, Daily) else None,
        package.zone,
        str(values.get("funded_by") or "merchant"),
    )


def _named(block: CheckedBlock, rule_id: str) -> Typed:
    """That the list of names has the block: by its label, as tests write it, or by its rule's id, as an engine hands it over."""
    record, _, name = block.named_in.partition(".")
    names = FactOf(LIST(TEXT, NAMES_MAX), record, name, Per.CART)
    return Member(BOOLEAN, names, Constant(LIST(TEXT, 2), (block.label, rule_id)))


def conjuncts(condition: Typed) -> list[Typed]:
    """The conditions that must all hold for it to hold."""
    if isinstance(condition, Logic) and condition.operator == "and":
        return [part for operand in condition.operands for part in conjuncts(operand)]
    return [condition]
