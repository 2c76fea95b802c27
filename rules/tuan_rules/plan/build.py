"""A checked package to its plan."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from tuan_rules.checked import CheckedBlock, CheckedPackage
from tuan_rules.facts import BOOLEAN, LIST, TEXT, Per
from tuan_rules.plan import beside
from tuan_rules.plan.expressions import expressions_of
from tuan_rules.plan.model import BudgetPlan, PackagePlan, RoundingPlan, RulePlan, StackPlan
from tuan_rules.sources import SOURCES, PriceSource
from tuan_rules.typing.tree import Constant, FactOf, Member, Typed, facts_in
from tuan_rules.values import Cap, Computed, Give, Money, Reference, Schedule
from tuan_rules.vocabulary import Vocabulary

#: What promotions become compares by price alone; the list price is always among what is compared.
_SOURCES_STACK = StackPlan(SOURCES, "price_source", "line", "best_for_buyer", "original")

#: How many names a list of names (`cart.coupons`) may have.
NAMES_MAX = 20


def plan_package(
    package: CheckedPackage, vocabulary: Vocabulary | None = None, *, sources: bool = False
) -> PackagePlan:
    """The plan of every block that has a `give` and a `stack`, whichever plugin it is from.

    `sources`: also of the blocks whose schema in `vocabulary` says what they become (`tuan_rules.sources`), for pricing without
    an engine; they stand in a stack of their own. Raises ValueError for a package whose conditions were not typed (it was
    checked with a vocabulary without facts), and for sources without a vocabulary that has the facts they read.
    """
    rounding = _rounding(package)
    budgets = _budgets(package)
    rules = tuple(
        _rule(block, package, rounding, budgets)
        for block in package.blocks
        if isinstance(block.values.get("give"), Give) and isinstance(block.values.get("stack"), Reference)
    )
    stacks = tuple(_stack(block) for block in package.blocks_of("stack"))
    if sources:
        if vocabulary is None:
            raise ValueError("price sources are planned with the vocabulary that the package was checked with")
        rules += _sources(package, vocabulary, rounding, budgets)
        stacks += (_SOURCES_STACK,)
    found = PackagePlan(
        package.name,
        package.currency,
        package.ruleset_hash,
        rules,
        stacks,
        beside.gates(package),
        beside.commissions(package, rounding.mode),
        beside.risks(package),
    )
    return replace(found, counters=beside.counters_of(expressions_of(found)))


def _sources(
    package: CheckedPackage,
    vocabulary: Vocabulary,
    rounding: RoundingPlan,
    campaigns: dict[tuple[str, str], BudgetPlan],
) -> tuple[RulePlan, ...]:
    found: list[RulePlan] = []
    for block in package.blocks:
        schema = vocabulary.get(block.kind)
        source = schema.becomes(block) if schema is not None and schema.becomes is not None else None
        if source is None:
            continue
        _refuse_unknown_facts(source, block, vocabulary)
        budget = campaigns.get((block.kind, block.label))
        schedule = block.values.get("sessions")
        found.append(
            RulePlan(
                beside.rule_id(block, package),
                package.name,
                block.kind,
                block.label,
                SOURCES,
                0,
                tuple(part for condition in source.guard for part in beside.conjuncts(condition)),
                source.give,
                rounding,
                budgets=() if budget is None else (budget,),
                window=block.window,
                schedule=schedule if isinstance(schedule, Schedule) else None,
                zone=package.zone,
            )
        )
    return tuple(found)


def _refuse_unknown_facts(source: PriceSource, block: CheckedBlock, vocabulary: Vocabulary) -> None:
    read = [*source.guard, *([source.give.amount] if isinstance(source.give, Computed) else [])]
    for record, name in sorted(frozenset().union(*(facts_in(each) for each in read))):
        known = vocabulary.facts.get(record)
        if known is None or known.fact(name) is None:
            raise ValueError(f"the price of `{block.kind}` reads {record}.{name}, which the vocabulary does not have")


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
    rule_id = beside.rule_id(block, package)
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
        (*beside.guard(block, package, "on", "when"), *([_named(block, rule_id)] if block.named_in else ())),
        cast(Give, values["give"]),
        rounding,
        cap if isinstance(cap, Cap) else None,
        block.typed.get("floor"),
        tuple(budgets),
        block.window,
        schedule if isinstance(schedule, Schedule) else None,
        package.zone,
        str(values.get("funded_by") or "merchant"),
    )


def _named(block: CheckedBlock, rule_id: str) -> Typed:
    """That the list of names has the block: by its label, as tests write it, or by its rule's id, as an engine hands it over."""
    record, _, name = block.named_in.partition(".")
    names = FactOf(LIST(TEXT, NAMES_MAX), record, name, Per.CART)
    return Member(BOOLEAN, names, Constant(LIST(TEXT, 2), (block.label, rule_id)))
