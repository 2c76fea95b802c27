"""Why a price is what it is: the traced run of the same rules, with what applied, what limited it, and why others did not count.

"Why not" is a replay: the rules that a cart is found by are always told of; of any other the caller asks by its id.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tuan_rules.pricing.activation import spans
from tuan_rules.pricing.calls import Answer, answers
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.ledger import SHIPPING, Priced, Step
from tuan_rules.pricing.ruleset import Ruleset
from tuan_rules.pricing.trace import Trace
from tuan_rules.reasons import REASONS


@dataclass(frozen=True, slots=True)
class Rejected:
    """A rule that did not count in a line (-1: in the order). `why` is a key of REASONS."""

    rule_id: str
    line_index: int
    why: str
    by: str = ""

    def message(self, language: str = "en") -> str:
        """Why, in words."""
        english, chinese = REASONS[self.why]
        return (chinese if language == "zh" else english).format(by=self.by)


@dataclass(frozen=True, slots=True)
class Explained:
    """One step of the ledger with its arithmetic. `exact_off_minor` is before rounding and every limit, of all that the rule is about.

    `limits`: what bit, of `floor`, `zero`, `cap`, `stack_cap` and `budget`.
    """

    step: Step
    exact_off_minor: Fraction | None
    limits: tuple[str, ...]

    @property
    def after_minor(self) -> int:
        """The line's amount after the step."""
        return self.step.before_minor - self.step.off_minor


class Explanation:
    """A traced pricing. `priced` is the very same as an untraced one; the rest is put into words when it is asked for."""

    def __init__(self, ruleset: Ruleset, cart: Cart, priced: Priced, trace: Trace, order: list[int]) -> None:
        self.priced = priced
        self._ruleset = ruleset
        self._cart = cart
        self._trace = trace
        self._order = order

    @property
    def ruleset(self) -> Ruleset:
        """By which rules it was priced."""
        return self._ruleset

    @property
    def cart(self) -> Cart:
        """What was priced."""
        return self._cart

    def applied(self) -> list[Explained]:
        """Every step, in order."""
        ids, ranks = self._ruleset.compiled.image.ids, self._ruleset.compiled.ranks
        limits: dict[tuple[str, int], dict[str, None]] = {}
        for rank, what, i in self._trace.limits:
            limits.setdefault((ids[rank], self._line(i)), {})[what] = None
        found = []
        for step in self.priced.steps:
            own = {**limits.get((step.rule_id, step.line_index), {}), **limits.get((step.rule_id, SHIPPING), {})}
            rank = ranks.get(step.rule_id, -1)
            exact = self._trace.exact.get((rank, self._place(step.line_index))) or self._trace.exact.get(
                (rank, SHIPPING)
            )
            found.append(Explained(step, Fraction(*exact) if exact is not None else None, tuple(own)))
        return found

    def answers(self) -> list[Answer]:
        """What the predicates in the rules that applied, or were found and did not count, were asked, and what they answered."""
        told = [*(step.rule_id for step in self.priced.steps), *(rule_id for rule_id, _, _ in self.priced.gifts)]
        told += [each.rule_id for each in self.rejected()]
        return answers(self._ruleset, self._cart, list(dict.fromkeys(told)))

    def rejected(self) -> list[Rejected]:
        """Rules that the cart was found by and that did not count, each once per line with its first reason."""
        ids, stacks = self._ruleset.compiled.image.ids, self._ruleset.compiled.stacks
        found: dict[tuple[str, int], Rejected] = {}
        counted = {(step.rule_id, step.line_index) for step in self.priced.steps}
        whole = {rule_id for rule_id, _ in counted} | {rule_id for rule_id, _, _ in self.priced.gifts}
        for rank, _ in self._trace.ask_again():
            rule_id = ids[rank]
            found.setdefault((rule_id, SHIPPING), Rejected(rule_id, SHIPPING, "condition"))
        for rank, i, why, by in self._trace.rejected:
            rule_id, line = ids[rank], self._line(i)
            if (rule_id, line) in counted or (line == SHIPPING and rule_id in whole):
                continue
            words = str(by)
            if why in ("lower", "dearer", "after"):
                words = ids[by]
            elif why == "excluded":
                words = f'"{stacks[by].plan.name}"'
            found.setdefault((rule_id, line), Rejected(rule_id, line, why, words))
        # A limit that bit is no reason where there is another: the rule was compared within its cap, and lost all the same.
        told = {rule_id for rule_id, _ in found}
        for rank, what, i in self._trace.limits:
            rule_id, line = ids[rank], self._line(i)
            if rule_id not in whole and rule_id not in told:
                found.setdefault((rule_id, line), Rejected(rule_id, line, "limited", what))
        return list(found.values())

    def why_not(self, rule_id: str) -> Rejected | None:
        """Why a rule did not count anywhere; None when it did. Raises KeyError for a rule that there is not."""
        compiled, time_ms = self._ruleset.compiled, self._cart.time_ms
        rank = compiled.ranks[rule_id]
        if rule_id in self.priced.applied():
            return None
        for rejected in self.rejected():
            if rejected.rule_id == rule_id:
                return rejected
        if not any(start <= time_ms < end for start, end in spans(compiled, rank, time_ms)):
            return Rejected(rule_id, SHIPPING, "window")
        missing = self._ruleset.scanner.missing_of(self._cart, self._cart.lines).get(rank)
        if missing:
            return Rejected(rule_id, SHIPPING, "missing", missing)
        return Rejected(rule_id, SHIPPING, "goods" if compiled.image.keys[rank] else "condition")

    def record(self) -> dict[str, Any]:
        """What a replay needs: ruleset hashes, time and facts, as plain data."""
        return {
            "rulesets": dict(self._ruleset.hashes),
            "time_ms": self._cart.time_ms,
            "facts": {record: dict(facts) for record, facts in self._cart.facts.items()},
            "lines": [
                {
                    "sku": line.sku, "quantity": line.quantity, "list_minor": line.list_minor, "category": line.category,
                    "facts": dict(line.facts),
                }
                for line in self._cart.lines
            ],
            "shipping_minor": self._cart.shipping_minor,
        }  # fmt: skip

    def _line(self, i: int) -> int:
        return i if i < 0 else self._order[i]

    def _place(self, line_index: int) -> int:
        return line_index if line_index < 0 else self._order.index(line_index)


def explain(ruleset: Ruleset, cart: Cart, left_minor: Mapping[str, int] | None = None) -> Explanation:
    """Price a cart by the traced functions; raises what `Ruleset.price` does."""
    trace = Trace()
    priced = ruleset.price(cart, left_minor, trace=trace)
    return Explanation(ruleset, cart, priced, trace, ruleset.order_of(cart))
