"""Rules of earlier versions that stay beside those in force, for what buyers hold of them: a coupon keeps the terms it was collected under.

Such a rule has the name of its rule and its version. It counts only in carts that bring that name, so no other cart's price changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from tuan_rules.facts import BOOLEAN, LIST, TEXT
from tuan_rules.plan.beside import counters_of
from tuan_rules.plan.expressions import expressions_of
from tuan_rules.plan.model import BudgetPlan, PackagePlan, RulePlan, StackPlan
from tuan_rules.typing.tree import Constant, Member, Typed

#: As many digits of a version's hash as tell one from another in a package, and fit on a screen.
HASH_DIGITS = 12


@dataclass(frozen=True, slots=True)
class EarlierRule:
    """A rule as the version `ruleset_hash` of its package had it, and the stack it stood in there."""

    ruleset_hash: str
    rule: RulePlan
    stack: StackPlan

    @property
    def name(self) -> str:
        """Its rule id among the rules in force."""
        return f"{self.rule.rule_id}@{self.ruleset_hash[:HASH_DIGITS]}"


def earlier_rules(plan: PackagePlan, ruleset_hash: str) -> dict[str, EarlierRule]:
    """By rule id, the rules of a version that carts have to name: others say nothing about what anybody holds."""
    stacks = {stack.name: stack for stack in plan.stacks}
    return {
        rule.rule_id: EarlierRule(ruleset_hash, rule, stacks[rule.stack])
        for rule in plan.rules
        if any(_names(test, rule) for test in rule.guard)
    }


def names_of(earlier: Iterable[EarlierRule], current: Iterable[PackagePlan]) -> dict[tuple[str, str], str]:
    """By (rule id, ruleset hash), under which name each is among the rules in force.

    One that says what the rule in force says goes by its name, and of several that say the same one stands for all.
    """
    same: dict[str, list[tuple[RulePlan, str]]] = {}
    for plan in current:
        for rule in plan.rules:
            same[rule.rule_id] = [(rule, rule.rule_id)]
    names: dict[tuple[str, str], str] = {}
    for each in sorted(earlier, key=lambda each: each.ruleset_hash):
        known = same.setdefault(each.rule.rule_id, [])
        name = next((name for rule, name in known if rule == each.rule), None)
        if name is None:
            name = each.name
            known.append((each.rule, name))
        names[each.rule.rule_id, each.ruleset_hash] = name
    return names


def plan_earlier(
    package: str, currency: str, earlier: Sequence[EarlierRule], current: Sequence[PackagePlan]
) -> PackagePlan:
    """A package of earlier rules, to price beside those in force.

    How they combine is said by the rules in force: a rule joins their stack of its stack's name where that is of the same phase and
    scope, and brings its own where there is none. So is what may be spent: a budget that is in force has the amount in force.
    """
    stacks = {stack.name: stack for plan in current for stack in plan.stacks}
    budgets = _budgets(earlier, current)
    rules: list[RulePlan] = []
    own: dict[str, StackPlan] = {}
    for each in sorted(earlier, key=lambda each: each.name):
        stack = each.stack
        there = stacks.get(stack.name)
        if there is None or (there.phase, there.scope) != (stack.phase, stack.scope):
            stack = replace(stack, name=f"{stack.name}@{each.ruleset_hash[:HASH_DIGITS]}")
            own[stack.name] = stack
        rules.append(
            replace(
                each.rule,
                rule_id=each.name,
                stack=stack.name,
                guard=tuple(_renamed(test, each) for test in each.rule.guard),
                budgets=tuple(budgets[budget.budget_id] for budget in each.rule.budgets),
                earlier=True,
            )
        )
    plan = PackagePlan(package, currency, "", tuple(rules), tuple(own.values()))
    return replace(plan, counters=counters_of(expressions_of(plan)))


def _budgets(earlier: Sequence[EarlierRule], current: Sequence[PackagePlan]) -> dict[str, BudgetPlan]:
    """By id. Of one that is not in force any more the smallest amount that any version had."""
    in_force = {budget.budget_id: budget for plan in current for rule in plan.rules for budget in rule.budgets}
    gone = [budget for each in earlier for budget in each.rule.budgets if budget.budget_id not in in_force]
    return {**{each.budget_id: each for each in sorted(gone, key=lambda each: -each.amount_minor)}, **in_force}


def _names(test: Typed, rule: RulePlan) -> bool:
    """The test that a cart names the rule, as `plan.build` makes it."""
    return isinstance(test, Member) and test.right == Constant(LIST(TEXT, 2), (rule.label, rule.rule_id))


def _renamed(test: Typed, earlier: EarlierRule) -> Typed:
    if isinstance(test, Member) and _names(test, earlier.rule):
        return Member(BOOLEAN, test.left, Constant(LIST(TEXT, 1), (earlier.name,)))
    return test
