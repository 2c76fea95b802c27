"""Gates: what refuses an order before it is priced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tuan_rules.facts import FactRecord
from tuan_rules.plan.model import GatePlan
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.conditions import Conditions
from tuan_rules.typing.tree import reads_line
from tuan_rules.values import Text


@dataclass(frozen=True, slots=True)
class GateRefusal:
    """An order that does not go through. `lines`: those it is about, by their place in the cart; none: the order itself.

    `missing`: the fact for want of which it was refused; "" where the gate's conditions hold.
    """

    rule_id: str
    code: str
    message: Text
    lines: tuple[int, ...] = ()
    missing: str = ""


class Gates:
    """The gates of a ruleset, by the id of the rule."""

    def __init__(self, plans: Iterable[GatePlan], records: Mapping[str, FactRecord]) -> None:
        self._conditions = Conditions(records)
        self._gates = [
            (plan, self._conditions.guard(plan.guard), any(reads_line(each) for each in plan.guard))
            for plan in sorted(plans, key=lambda plan: plan.rule_id)
        ]
        self._conditions.finish()

    def refusals(self, cart: Cart) -> list[GateRefusal]:
        """Every gate that refuses the cart; an empty list lets it through."""
        facts = self._conditions.facts(cart, cart.lines)
        found: list[GateRefusal] = []
        for plan, number, by_line in self._gates:
            if plan.window is not None and cart.time_ms not in plan.window:
                continue
            if facts.missing and (missing := facts.missing_of(self._conditions.read_by(number))):
                if plan.missing == "refuse":
                    found.append(GateRefusal(plan.rule_id, plan.code, plan.message, (), missing))
            elif by_line:
                lines = tuple(i for i, line in enumerate(facts.lines) if self._conditions.ask(number, facts.c, line))
                if lines:
                    found.append(GateRefusal(plan.rule_id, plan.code, plan.message, lines))
            elif self._conditions.ask(number, facts.c, ()):
                found.append(GateRefusal(plan.rule_id, plan.code, plan.message))
        return found
