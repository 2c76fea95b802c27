"""What predicates were asked and what they answered, for explanations: `is_weekend(2027-02-13 12:00) = true`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tuan_rules.currencies import shown_money
from tuan_rules.difference.show import duration, moment, percent, quote
from tuan_rules.facts import Base, Type
from tuan_rules.plan.model import RulePlan
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.conditions import Conditions, Facts
from tuan_rules.pricing.ledger import SHIPPING
from tuan_rules.pricing.ruleset import Ruleset
from tuan_rules.typing.tree import Aggregate, Called, ItemOf, Typed, children, reads_line
from tuan_rules.values import Computed


@dataclass(frozen=True, slots=True)
class Answer:
    """A call in the conditions or amounts of a rule; `line_index` -1: it is the same for all lines. `value` is "missing" for none."""

    rule_id: str
    line_index: int
    call: str
    value: str


def answers(ruleset: Ruleset, cart: Cart, rule_ids: Sequence[str]) -> list[Answer]:
    """Every call in these rules, asked anew: predicates are pure. Those about an item of a list have no one answer and are left out."""
    if not ruleset.vocabulary.predicates:
        return []
    wanted = [plan for plan in ruleset.compiled.plans if plan.rule_id in rule_ids]
    asked = [(plan, node) for plan in wanted for node in dict.fromkeys(_calls(plan))]
    if not asked:
        return []
    conditions = Conditions(ruleset.vocabulary.facts)
    numbers = [[conditions.amount(each) for each in (*node.arguments, node)] for _, node in asked]
    conditions.finish()
    facts = conditions.facts(cart, cart.lines)
    found: list[Answer] = []
    for (plan, node), own in zip(asked, numbers, strict=True):
        lines = range(len(facts.lines)) if reads_line(node) or any(map(reads_line, node.arguments)) else [SHIPPING]
        for i in lines:
            types = [each.type for each in (*node.arguments, node)]
            *arguments, value = [
                _shown(_value(conditions, number, facts, i), type_, ruleset.currency, plan.zone)
                for number, type_ in zip(own, types, strict=True)
            ]
            found.append(Answer(plan.rule_id, i, f"{node.predicate.name}({', '.join(arguments)})", value))
    return found


def _calls(plan: RulePlan) -> Iterator[Called]:
    expressions = [*plan.guard, plan.floor, plan.cap.amount if plan.cap else None]
    if isinstance(plan.give, Computed):
        expressions.append(plan.give.amount)
    left = [each for each in expressions if each is not None]
    while left:
        node = left.pop(0)
        if isinstance(node, Called) and not _of_item(node):
            yield node
        # A call in the meaning of another is that plugin's affair.
        left[:0] = [] if isinstance(node, Called) else children(node)


def _of_item(node: Typed) -> bool:
    """Whether it asks about the item of a loop around it."""
    if isinstance(node, ItemOf):
        return True
    parts = (*node.arguments, *children(node)) if isinstance(node, Called) else children(node)
    return not isinstance(node, Aggregate) and any(_of_item(each) for each in parts)


def _value(conditions: Conditions, number: int, facts: Facts, i: int) -> Any:
    if facts.missing_of(conditions.read_by(number)):
        return None
    value, over = conditions.ask(number, facts.c, facts.lines[i] if i >= 0 else ())
    return Fraction(value, over) if over != 1 else value


def _shown(value: Any, type_: Type, currency: str, zone: str) -> str:
    """A value as rules write it."""
    if value is None:
        return "missing"
    if isinstance(value, tuple | frozenset) and type_.item is not None:
        return f"[{', '.join(_shown(each, type_.item, currency, zone) for each in value)}]"
    match type_.base:
        case Base.BOOLEAN:
            return "true" if value else "false"
        case Base.MONEY | Base.AMOUNT if Fraction(value).denominator == 1:
            return shown_money(int(value), type_.currency or currency)
        case Base.DURATION:
            return duration(value)
        case Base.INSTANT:
            return moment(value, zone)
        case Base.PERCENT:
            # 1/3 is no decimal.
            return percent(Fraction(value)) if _is_decimal(Fraction(value)) else str(value)
        case Base.TEXT | Base.CATEGORY:
            return quote(value)
    return str(value)


def _is_decimal(value: Fraction) -> bool:
    rest = value.denominator
    for factor in (2, 5):
        while rest % factor == 0:
            rest //= factor
    return rest == 1
