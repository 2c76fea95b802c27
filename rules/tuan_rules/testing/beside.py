"""What is expected beside the price: gates that refuse, what commissions come to, and what risk rules answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tuan_rules.currencies import shown_money
from tuan_rules.difference.show import quote
from tuan_rules.given import names_block
from tuan_rules.plan.model import PackagePlan
from tuan_rules.pricing.explain import Explanation
from tuan_rules.pricing.ruleset import Ruleset
from tuan_rules.testing.cases import Case
from tuan_rules.testing.report import Mismatch
from tuan_rules.values import Reference
from tuan_rules.verdicts import Verdicts
from tuan_rules.vocabulary import Vocabulary


class Beside:
    """Gates, commissions and risk rules of one package."""

    def __init__(self, plan: PackagePlan, ruleset: Ruleset, vocabulary: Vocabulary) -> None:
        self._plan = plan
        self._ruleset = ruleset
        self._verdicts = Verdicts([plan], vocabulary)
        rule_ids = [gate.rule_id for gate in plan.gates]
        rule_ids += [commission.rule_id for commission in plan.commissions]
        rule_ids += [risk.rule_id for risk in plan.risks]
        self._blocks = {rule_id: self._block(rule_id) for rule_id in rule_ids}

    @property
    def blocks(self) -> dict[str, Reference]:
        """Every rule of these kinds, by its id."""
        return self._blocks

    def mismatches(self, case: Case, explanation: Explanation) -> Iterator[Mismatch]:
        """What a case does not find as it expects; an order that is refused must be expected to be."""
        yield from self._refused(case.expected.get("refused", ()), explanation)
        yield from self._commissions(case.expected.get("commissions", {}), explanation)
        yield from self._answers(case)

    def covered(self, case: Case, explanation: Explanation) -> set[str]:
        """The rules that a case is about: the gates that refuse, and what it says of commissions and risk rules."""
        named = [*case.expected.get("commissions", ()), *case.expected.get("verdicts", ())]
        found = {rule_id for rule_id, block in self._blocks.items() for name in named if _is(name, block)}
        return found | {refusal.rule_id for refusal in self._ruleset.gates(explanation.cart)}

    def _refused(self, wanted: tuple[Reference, ...], explanation: Explanation) -> Iterator[Mismatch]:
        refusals = self._ruleset.gates(explanation.cart)
        found = [self._blocks[refusal.rule_id] for refusal in refusals]
        if set(wanted) != set(found):
            missing = "".join(f" (missing fact {refusal.missing})" for refusal in refusals if refusal.missing)
            yield Mismatch("refused", references(wanted), references(found) + missing)

    def _commissions(self, wanted: Mapping[str, Any], explanation: Explanation) -> Iterator[Mismatch]:
        currency = self._plan.currency
        proposals = self._ruleset.commissions(explanation.cart, explanation.priced) if wanted else []
        for name, value in wanted.items():
            earned = sum(each.amount_minor for each in proposals if _is(name, self._blocks[each.rule_id]))
            if value.amount_minor != earned:
                expected, found = (shown_money(amount, currency) for amount in (value.amount_minor, earned))
                yield Mismatch(f"commissions {quote(name)}", expected, found)

    def _answers(self, case: Case) -> Iterator[Mismatch]:
        cart = case.cart()
        for name, wanted in case.expected.get("verdicts", {}).items():
            for risk in self._plan.risks:
                if not _is(name, self._blocks[risk.rule_id]):
                    continue
                for event in risk.events:
                    asked = cart if cart.lines else None
                    judgement = self._verdicts.judge(event, cart.facts, case.time_ms, cart=asked)
                    found = next((each for each in judgement.reasons if each.rule_id == risk.rule_id), None)
                    answer = found.kind if found else "allow"
                    if answer != wanted:
                        missing = f" (missing fact {found.missing})" if found and found.missing else ""
                        yield Mismatch(f"verdicts {quote(name)}", wanted, f"{answer}{missing}, at {event}")
                        break

    def _block(self, rule_id: str) -> Reference:
        kind, _, label = rule_id.removeprefix(f"{self._plan.package}/").partition("/")
        return Reference(kind, label)


def references(found: tuple[Reference, ...] | list[Reference]) -> str:
    """`[price "a", gate "b"]`."""
    return f"[{', '.join(f'{each.kind} {quote(each.label)}' for each in found)}]"


def _is(name: str, block: Reference) -> bool:
    return names_block(name, block.kind, block.label)
