"""Risk rules: an event and its facts in, one verdict out, with the rules that led to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from tuan_rules.checked import CheckedPackage
from tuan_rules.facts import Counter
from tuan_rules.plan.build import plan_package
from tuan_rules.plan.model import PackagePlan, RiskPlan
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.conditions import Conditions
from tuan_rules.vocabulary import Vocabulary

#: From the mildest to the strictest; of several answers the strictest counts.
STRICTNESS = ("allow", "challenge", "review", "deny")
#: What is worked out of a cart's lines: without a cart it is not zero but unknown.
_OF_A_CART = frozenset(("cart", name) for name in ("subtotal", "units", "lines", "shipping"))


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that answered. `missing`: the fact for want of which it answers so; "" where its conditions hold."""

    rule_id: str
    kind: str
    code: str = ""
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """`kind` is one of STRICTNESS; `code` that of the first rule that is as strict; `reasons` the strictest first, then by id."""

    kind: str = "allow"
    code: str = ""
    reasons: tuple[Reason, ...] = ()


class Verdicts:
    """The risk rules of all packages that are in force together. Immutable, safe to share."""

    def __init__(self, plans: Iterable[PackagePlan], vocabulary: Vocabulary) -> None:
        plans = list(plans)
        self._conditions = Conditions(vocabulary.facts)
        self._by_event: dict[str, list[tuple[RiskPlan, int]]] = {}
        counters: set[Counter] = set()
        for plan in sorted((risk for package in plans for risk in package.risks), key=lambda plan: plan.rule_id):
            number = self._conditions.guard(plan.guard)
            for event in plan.events:
                self._by_event.setdefault(event, []).append((plan, number))
        for package in plans:
            counters.update(package.counters)
        self._conditions.finish()
        #: What to fetch in one batch before judging.
        self.counters = tuple(sorted(counters))

    @classmethod
    def of(cls, packages: Iterable[CheckedPackage], vocabulary: Vocabulary) -> Verdicts:
        """From checked packages; raises what `plan_package` does."""
        return cls([plan_package(package) for package in packages], vocabulary)

    def judge(
        self,
        event: str,
        facts: Mapping[str, Mapping[str, Any]],
        time_ms: int,
        *,
        cart: Cart | None = None,
        affecting: str | None = None,
    ) -> Judgement:
        """The verdict on an event. `facts` by record and name, counters under `COUNTERS`; `cart` where there is one.

        `affecting`: only rules that affect blocks of this kind. A rule that reads a fact which is not there answers what its `missing`
        says. An event that no rule is about is allowed.
        """
        if cart is None:
            asked = Cart([], time_ms, facts)
        elif facts or cart.time_ms != time_ms:
            asked = replace(cart, time_ms=time_ms, facts={**cart.facts, **facts})
        else:
            asked = cart
        prepared = self._conditions.facts(asked, [])
        if cart is None:
            prepared = replace(prepared, missing=prepared.missing | _OF_A_CART)
        reasons: list[Reason] = []
        for plan, number in self._by_event.get(event, ()):
            if plan.window is not None and time_ms not in plan.window:
                continue
            if affecting is not None and plan.affects and affecting not in plan.affects:
                continue
            if prepared.missing and (missing := prepared.missing_of(self._conditions.read_by(number))):
                reasons.append(Reason(plan.rule_id, plan.missing, plan.verdict.code, missing))
            elif self._conditions.ask(number, prepared.c, ()):
                reasons.append(Reason(plan.rule_id, plan.verdict.kind, plan.verdict.code))
        if not reasons:
            return Judgement()
        reasons.sort(key=lambda reason: (-STRICTNESS.index(reason.kind), reason.rule_id))
        return Judgement(reasons[0].kind, reasons[0].code, tuple(reasons))
