"""Rules as the resolver reads them: numbered in the order in which they are applied, with their functions beside them.

The number of a rule, its rank, is its place by phase, stack and priority, the last tie broken by its id: sorting ranks is sorting
rules, and neither files nor load order can have a say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tuan_rules.compiling.modules import Guard, Modules
from tuan_rules.compiling.slots import Slots
from tuan_rules.exact import ROUNDINGS
from tuan_rules.facts import Per
from tuan_rules.plan.model import PHASES, BudgetPlan, PackagePlan, RulePlan, StackPlan
from tuan_rules.pricing.amounts import Amount, amount_of
from tuan_rules.pricing.index import Placing, place
from tuan_rules.sources import SOURCES
from tuan_rules.typing.tree import Typed, facts_in, reads_line
from tuan_rules.values import BuyGet, Computed, Gift


class RulesConflict(ValueError):
    """Packages that cannot be in force together: their stacks of one name differ, or two priorities in one are the same.

    `stack`: the one that it is about; `rules`: the ids of the two rules with one priority. Both empty where it is about currencies.
    """

    def __init__(self, english: str, chinese: str = "", stack: str = "", rules: tuple[str, ...] = ()) -> None:
        super().__init__(english)
        self.english = english
        self.chinese = chinese or english
        self.stack = stack
        self.rules = rules


@dataclass(slots=True)
class Stack:
    """A stack and its place in the order of application. `alone`: its lines can be priced one by one."""

    number: int
    plan: StackPlan
    phase: str
    by_line: bool
    pick: str
    original: bool
    limit: int
    cap_minor: int | None
    exclusive: frozenset[int] = frozenset()
    alone: bool = True


@dataclass(slots=True)
class Rule:
    """One rule, ready to run. `order_cap` and `line_cap` give whole minor units, `floor` an exact amount for one unit.

    `denominator`, `mode`: how amounts are rounded. `tests`: its conditions in the order of `residual`, for explanations.
    """

    rank: int
    rule_id: str
    plan: RulePlan
    stack: Stack
    amount: Amount
    unit_minor: int
    rounding: Callable[[Any, int], int]
    each_step: bool
    placing: Placing
    funded_by: str
    budgets: tuple[BudgetPlan, ...]
    buy_get: BuyGet | None = None
    gift: Gift | None = None
    order_cap: Callable[..., tuple[Any, int]] | None = None
    line_cap: Callable[..., tuple[Any, int]] | None = None
    floor: Callable[..., tuple[Any, int]] | None = None
    cart_tests: tuple[Typed, ...] = ()
    line_tests: tuple[Typed, ...] = ()
    plain: bool = False
    """In a line: rounded half up to one minor unit at each step, and bounded by nothing but zero."""
    plain_order: bool = False
    """The same over the order, where there is neither a cap nor a gift."""


@dataclass(slots=True)
class Compiled:
    """All rules of a ruleset with their functions, by rank. None: nothing is left to ask."""

    rules: list[Rule]
    stacks: list[Stack]
    cart_guards: list[Guard | None]
    line_guards: list[Guard | None]
    slots: Slots

    def facts_of(self, rule: Rule) -> frozenset[tuple[str, str]]:
        """Every fact that a rule reads, indexed ones included."""
        own: list[Typed] = list(rule.plan.guard)
        own += [each for each in (rule.plan.floor, rule.plan.cap.amount if rule.plan.cap else None) if each is not None]
        if isinstance(rule.plan.give, Computed):
            own.append(rule.plan.give.amount)
        return frozenset().union(*(facts_in(each) for each in own)) if own else frozenset()


def compile_rules(packages: Sequence[PackagePlan], slots: Slots) -> Compiled:
    """Raises RulesConflict where packages do not go together."""
    stacks = _stacks(packages)
    plans = sorted(
        (rule for package in packages for rule in package.rules),
        key=lambda rule: (stacks[rule.stack].number, -rule.priority, rule.rule_id),
    )
    _refuse_ties(plans)
    modules = Modules(slots)
    wanted: list[tuple[Rule, dict[str, int]]] = []
    for rank, plan in enumerate(plans):
        wanted.append(_rule(rank, plan, stacks[plan.stack], modules))
        _number_keys(wanted[-1][0].placing, slots)
    functions = modules.finish()
    rules, cart_guards, line_guards = [], [], []
    for rule, numbers in wanted:
        found = {name: functions[number] for name, number in numbers.items()}
        rule.order_cap, rule.line_cap, rule.floor = (found.get(name) for name in ("order_cap", "line_cap", "floor"))
        rule.amount = amount_of(rule.plan.give, rule.stack.by_line, found.get("computed"))
        cart_guards.append(found.get("cart"))
        line_guards.append(found.get("line"))
        rules.append(rule)
    _mark_alone(rules)
    return Compiled(rules, sorted(stacks.values(), key=lambda stack: stack.number), cart_guards, line_guards, slots)


def _stacks(packages: Iterable[PackagePlan]) -> dict[str, Stack]:
    plans: dict[str, tuple[StackPlan, str]] = {}
    for package in packages:
        for plan in package.stacks:
            known, other = plans.setdefault(plan.name, (plan, package.package))
            if known != plan:
                raise RulesConflict(
                    f'stack "{plan.name}" is not the same in {other} and {package.package}; packages that share a stack '
                    "write it alike, others choose another name",
                    f"叠加组 “{plan.name}” 在 {other} 与 {package.package} 中不一致；共用叠加组的包须写成一样，否则请换一个名字",
                    stack=plan.name,
                )
    ordered = sorted((plan for plan, _ in plans.values()), key=lambda p: (PHASES.index(p.phase), -p.priority, p.name))
    numbers = {plan.name: number for number, plan in enumerate(ordered)}
    found: dict[str, Stack] = {}
    for plan in ordered:
        limit = plan.limit if plan.limit is not None else (10**9 if plan.pick == "all" else 1)
        exclusive = frozenset(numbers[name] for name in plan.exclusive_with if name in numbers)
        found[plan.name] = Stack(
            numbers[plan.name], plan, plan.phase, plan.scope == "line", plan.pick, plan.base == "original", limit,
            plan.cap_minor, exclusive,
        )  # fmt: skip
    return found


def _refuse_ties(plans: Sequence[RulePlan]) -> None:
    for one, other in pairwise(plans):
        # Price sources have no priorities: of two that cost the same it is the id that decides.
        if one.stack != SOURCES and (one.stack, one.priority) == (other.stack, other.priority):
            raise RulesConflict(
                f'{one.rule_id} and {other.rule_id} have priority {one.priority} in stack "{one.stack}"; give each its own',
                f"{one.rule_id} 与 {other.rule_id} 在叠加组 “{one.stack}” 中的优先级同为 {one.priority}；请各用各的",
                stack=one.stack,
                rules=(one.rule_id, other.rule_id),
            )


def _rule(rank: int, plan: RulePlan, stack: Stack, modules: Modules) -> tuple[Rule, dict[str, int]]:
    placing = place(plan.guard)
    numbers: dict[str, int] = {}
    by_line = placing.keys is not None and placing.keys.of_line
    # What is found by its goods is asked once, in the line; the others once per cart as far as that goes.
    cart_tests = () if by_line else tuple(test for test in placing.residual if not reads_line(test))
    line_tests = placing.residual if by_line else tuple(test for test in placing.residual if reads_line(test))
    if cart_tests:
        numbers["cart"] = modules.guard(cart_tests)
    if line_tests:
        numbers["line"] = modules.guard(line_tests)
    if plan.cap is not None:
        numbers[f"{plan.cap.per}_cap"] = modules.amount(plan.cap.amount)
    if plan.floor is not None:
        numbers["floor"] = modules.amount(plan.floor)
    if isinstance(plan.give, Computed):
        numbers["computed"] = modules.amount(plan.give.amount)
    rounding = plan.rounding
    rule = Rule(
        rank,
        plan.rule_id,
        plan,
        stack,
        _unset,
        rounding.unit_minor,
        ROUNDINGS[rounding.mode],
        rounding.each_step,
        placing,
        plan.funded_by,
        plan.budgets,
        plan.give if isinstance(plan.give, BuyGet) else None,
        plan.give if isinstance(plan.give, Gift) else None,
        cart_tests=cart_tests,
        line_tests=line_tests,
    )
    return rule, numbers


def _number_keys(placing: Placing, slots: Slots) -> None:
    """What finds a rule is looked up in the cart's tuple, even where nothing else reads it."""
    if placing.keys is not None and not placing.keys.of_line:
        for name in {fact for fact, _ in placing.keys.values}:
            record, _, fact = name.partition(".")
            slots.number(record, fact, Per.CART)


def _unset(units: int, running: Any, base: Any, c: Any, l: Any) -> tuple[Any, int]:  # noqa: E741
    raise AssertionError(f"amount of a rule that was not linked ({units}, {running}, {base}, {c}, {l})")


def _mark_alone(rules: Iterable[Rule]) -> None:
    """A stack whose rules are bounded over the whole order cannot be worked out line by line."""
    for rule in rules:
        stack = rule.stack
        half_up = rule.each_step and rule.unit_minor == 1 and rule.rounding is ROUNDINGS["half_up"]
        rule.plain_order = half_up and rule.order_cap is None and rule.buy_get is None and rule.gift is None
        rule.plain = half_up and rule.floor is None and rule.line_cap is None and rule.buy_get is None
        if rule.order_cap or rule.budgets or rule.buy_get or rule.gift or stack.cap_minor is not None:
            stack.alone = False
        if stack.exclusive or not stack.by_line or not rule.each_step:
            stack.alone = False
