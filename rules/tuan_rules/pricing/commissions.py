"""Commissions of a priced cart, as proposals: who earns how much of which line. Nothing is posted here.

A commission is of what was paid with money, so it is asked about the price that was made. Who buys earns nothing of it, however a
rule is written, and nobody earns where the buyer was sent by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from tuan_rules.exact import ROUNDINGS, allocate
from tuan_rules.facts import FactRecord
from tuan_rules.plan.model import CommissionPlan, LevelPlan
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.conditions import Conditions, Facts
from tuan_rules.pricing.ledger import Priced

#: Who earns at a level: the fact of `referral` that names them.
EARNERS = {1: "user", 2: "upline"}


@dataclass(frozen=True, slots=True)
class CommissionProposal:
    """What one earner gets of one line. `base_minor` and `exact_minor` are exact; `amount_minor` is rounded and within the cap.

    `capped`: the scope of the cap that bit, `line` or `order`; "" where none did.
    """

    rule_id: str
    level: int
    earner: str
    line_index: int
    rate: Fraction
    base_minor: Fraction
    exact_minor: Fraction
    amount_minor: int
    capped: str = ""


class Commissions:
    """The commissions of a ruleset, by the id of the rule."""

    def __init__(self, plans: Iterable[CommissionPlan], records: Mapping[str, FactRecord]) -> None:
        self._conditions = Conditions(records)
        self._plans = [_Numbered(plan, self._conditions) for plan in sorted(plans, key=lambda plan: plan.rule_id)]
        self._conditions.finish()

    def proposals(self, cart: Cart, priced: Priced) -> list[CommissionProposal]:
        """By rule, line and level. A rule that reads a missing fact proposes nothing; one of no amount is left out."""
        earners = self.earners(cart)
        if not earners or not self._plans:
            return []
        lines = [
            replace(line, facts={**line.facts, "paid": paid.total_minor})
            for line, paid in zip(cart.lines, priced.lines, strict=True)
        ]
        facts = self._conditions.facts(cart, lines)
        found: list[CommissionProposal] = []
        for each in self._plans:
            window = each.plan.window
            if (window is None or cart.time_ms in window) and not facts.missing_of(each.read):
                found += self._of_rule(each, facts, earners)
        return found

    @staticmethod
    def earners(cart: Cart) -> dict[int, str]:
        """Who earns at which level; never the buyer, and nobody at two levels."""
        referral, buyer = cart.facts.get("referral", {}), cart.facts.get("buyer", {}).get("id")
        found: dict[int, str] = {}
        for level, fact in EARNERS.items():
            earner = referral.get(fact)
            if earner and earner != buyer and earner not in found.values():
                found[level] = earner
        return found

    def _of_rule(self, rule: _Numbered, facts: Facts, earners: Mapping[int, str]) -> list[CommissionProposal]:
        ask = self._conditions.ask
        found: list[CommissionProposal] = []
        for i, line in enumerate(facts.lines):
            if not ask(rule.guard, facts.c, line):
                continue
            base = Fraction(*ask(rule.base, facts.c, line))
            of_line: list[CommissionProposal] = []
            for level, only in rule.levels:
                if level.level in earners and base > 0 and ask(only, facts.c, line):
                    exact = base * level.rate
                    amount = rule.rounding(exact.numerator, exact.denominator)
                    earner = earners[level.level]
                    of_line.append(
                        CommissionProposal(rule.plan.rule_id, level.level, earner, i, level.rate, base, exact, amount)
                    )
            if rule.cap is not None and rule.cap_per == "line":
                of_line = _within(of_line, ask(rule.cap, facts.c, line), "line")
            found += of_line
        if rule.cap is not None and rule.cap_per == "order":
            found = _within(found, ask(rule.cap, facts.c, ()), "order")
        return [proposal for proposal in found if proposal.amount_minor > 0]


class _Numbered:
    """A plan with the numbers of its compiled parts."""

    def __init__(self, plan: CommissionPlan, conditions: Conditions) -> None:
        self.plan = plan
        self.rounding = ROUNDINGS[plan.mode]
        self.guard = conditions.guard(plan.guard)
        self.base = conditions.amount(plan.base)
        self.levels: list[tuple[LevelPlan, int]] = [(level, conditions.guard(level.only)) for level in plan.levels]
        self.cap = conditions.amount(plan.cap.amount) if plan.cap is not None else None
        self.cap_per = plan.cap.per if plan.cap is not None else ""
        numbers = [self.guard, self.base, *(only for _, only in self.levels), *([] if self.cap is None else [self.cap])]
        self.read = conditions.read_by(*numbers)


def _within(proposals: list[CommissionProposal], cap: tuple[int, int], scope: str) -> list[CommissionProposal]:
    """A cap bounds the total before it is shared out, and goes to levels and lines by largest remainder."""
    most = max(0, cap[0] // cap[1])
    amounts = [proposal.amount_minor for proposal in proposals]
    if sum(amounts) <= most:
        return proposals
    return [
        replace(proposal, amount_minor=part, capped=scope)
        for proposal, part in zip(proposals, allocate(most, amounts), strict=True)
    ]
