"""Rules as the resolver reads them: by rank, with their functions beside them, each made when it is first found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from tuan_rules.compiling.modules import Functions, Guard
from tuan_rules.compiling.plain import from_plain
from tuan_rules.compiling.slots import Slots
from tuan_rules.exact import ROUNDINGS
from tuan_rules.facts import FactRecord, Per
from tuan_rules.plan.model import BudgetPlan, RulePlan, StackPlan
from tuan_rules.predicates import Predicate
from tuan_rules.pricing.amounts import Amount, Quick, amount_of, quick_of
from tuan_rules.pricing.image import Image, RulesConflict
from tuan_rules.pricing.index import describe
from tuan_rules.values import BuyGet, Gift

__all__ = ["Compiled", "Rule", "RulesConflict", "Stack"]


@dataclass(slots=True)
class Stack:
    """A stack and its place in the order of application. `alone`: its lines can be priced one by one."""

    number: int
    plan: StackPlan
    name: str
    phase: str
    by_line: bool
    pick: str
    original: bool
    limit: int
    cap_minor: int | None
    exclusive: frozenset[int] = frozenset()
    alone: bool = True

    @property
    def usual(self) -> bool:
        """The best rule alone counts, line by line or for the order, and nothing is excluded: what most stacks say, in a way of its own."""
        best = self.pick == "best_for_buyer" and not self.exclusive
        return best and (self.alone if self.by_line else self.limit == 1 and self.phase != "shipping")


@dataclass(slots=True)
class Rule:
    """One rule, ready to run. `order_cap` and `line_cap` give whole minor units, `floor` an exact amount for one unit.

    `rounding`, `unit_minor`: how amounts are rounded.
    """

    rank: int
    rule_id: str
    stack: Stack
    amount: Amount
    unit_minor: int
    rounding: Callable[[Any, int], int]
    each_step: bool
    funded_by: str
    budgets: tuple[BudgetPlan, ...]
    buy_get: BuyGet | None = None
    gift: Gift | None = None
    order_cap: Callable[..., tuple[Any, int]] | None = None
    line_cap: Callable[..., tuple[Any, int]] | None = None
    floor: Callable[..., tuple[Any, int]] | None = None
    quick: Quick | None = None
    """What is off, rounded: for rules that are rounded half up to one minor unit at each step and bounded by nothing but zero."""
    bounded: bool = True
    """A cap, a stack's cap or a budget may let less through than the rule takes off."""
    changes_more: bool = True
    """A step does more than lower a line: it excludes others, uses up units, or leaves an exact amount behind."""


class Made(dict[int, Rule]):
    """Rules by rank. A look-up costs what one in a list does, and of 10,000 rules a shop's day sees some hundreds."""

    def __init__(self, make: Callable[[int], Rule]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, rank: int) -> Rule:
        rule = self[rank] = self._make(rank)
        return rule


class Compiled:
    """All rules of a ruleset. `plans`: gives the plans by rank; explanations read them, prices never do."""

    def __init__(
        self,
        image: Image,
        records: Mapping[str, FactRecord],
        plans: Callable[[], Sequence[RulePlan]],
        predicates: Mapping[str, Predicate],
    ) -> None:
        self.image = image
        cart, line, called = image.slots
        self.slots = Slots(records, cart, line, [predicates[name] for name in called])
        self.stacks = _stacks(image)
        self.made = Made(self._rule)
        self.functions = Functions(image.modules, self.slots.calls)
        self._plans = plans

    @cached_property
    def plans(self) -> Sequence[RulePlan]:
        """By rank."""
        return self._plans()

    @cached_property
    def rules(self) -> list[Rule]:
        """All of them, by rank: for tools. Prices make of them what they find."""
        return [self.made[rank] for rank in range(len(self.image.ids))]

    @cached_property
    def ranks(self) -> dict[str, int]:
        """By rule id."""
        return {rule_id: rank for rank, rule_id in enumerate(self.image.ids)}

    def cart_guard(self, rank: int) -> Guard | None:
        """What is left to ask of the cart; None: nothing."""
        return self._function(self.image.cart_guards[rank])

    def line_guard(self, rank: int) -> Guard | None:
        """What is left to ask of a line; None: nothing."""
        return self._function(self.image.line_guards[rank])

    def found_by(self, rank: int) -> str:
        """By what a rule is found, or why it is asked in every cart."""
        *_, left, why_not = self.image.rows[rank]
        return describe(self.image.keys[rank], left, why_not)

    @cached_property
    def reads(self) -> list[frozenset[tuple[str, str]]]:
        """Every fact that a rule reads, indexed ones included; by rank."""
        known: dict[tuple[tuple[str, str], ...], frozenset[tuple[str, str]]] = {}
        return [known.setdefault(facts, frozenset(facts)) for facts in self.image.reads]

    def _function(self, number: int) -> Callable[..., Any] | None:
        return self.functions[number] if number >= 0 else None

    def _rule(self, rank: int) -> Rule:
        image = self.image
        give, rounding, funded_by, budgets, computed, *bounds, _, _ = image.rows[rank]
        give, rounding = from_plain(give), from_plain(rounding)
        order_cap, line_cap, floor = map(self._function, bounds)
        stack = self.stacks[image.stack_of[rank]]
        amount = amount_of(give, stack.by_line, self._function(computed))
        buy_get = give if isinstance(give, BuyGet) else None
        gift = give if isinstance(give, Gift) else None
        rule = Rule(
            rank, image.ids[rank], stack, amount, rounding.unit_minor, ROUNDINGS[rounding.mode], rounding.each_step, funded_by,
            from_plain(budgets), buy_get, gift, order_cap, line_cap, floor,
        )  # fmt: skip
        half_up = rounding.each_step and rounding.unit_minor == 1 and rounding.mode == "half_up"
        bounded = (floor, line_cap) if stack.by_line else (order_cap, gift)
        if half_up and buy_get is None and not any(bounded):
            rule.quick = quick_of(give, stack.by_line, amount)
        rule.bounded = bool(order_cap or budgets[1:] or stack.cap_minor is not None)
        rule.changes_more = bool(stack.exclusive) or not rounding.each_step or (buy_get is not None and stack.by_line)
        return rule


def _stacks(image: Image) -> list[Stack]:
    plans: list[tuple[StackPlan, bool]] = [(from_plain(plan), alone) for plan, alone in image.stacks]
    numbers = {plan.name: number for number, (plan, _) in enumerate(plans)}
    found: list[Stack] = []
    for number, (plan, alone) in enumerate(plans):
        limit = plan.limit if plan.limit is not None else (10**9 if plan.pick == "all" else 1)
        exclusive = frozenset(numbers[name] for name in plan.exclusive_with if name in numbers)
        found.append(
            Stack(
                number, plan, plan.name, plan.phase, plan.scope == "line", plan.pick, plan.base == "original", limit,
                plan.cap_minor, exclusive, alone,
            )
        )  # fmt: skip
    return found


def cart_slots(slots: Slots) -> dict[tuple[str, str], int]:
    """Where the facts of the cart stand in its tuple."""
    return {(record, name): number for number, (record, name, path) in enumerate(slots.of(Per.CART)) if not path}
