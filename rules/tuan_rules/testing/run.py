"""All tests of a package: each case priced and compared, in other orders too where it asks for that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from tuan_rules.checked import CheckedPackage
from tuan_rules.given import names_block
from tuan_rules.plan.build import plan_package
from tuan_rules.plan.model import PackagePlan
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.explain import Explanation, explain
from tuan_rules.pricing.ruleset import Ruleset
from tuan_rules.source import SourceFile
from tuan_rules.testing.cases import Case, cases_of
from tuan_rules.testing.expectations import mismatches
from tuan_rules.testing.permute import other_carts, other_packages, outcome
from tuan_rules.testing.report import CaseResult, Mismatch, TestReport, Uncovered
from tuan_rules.vocabulary import Vocabulary


def run_tests(package: CheckedPackage, vocabulary: Vocabulary, files: Sequence[SourceFile] = ()) -> TestReport:
    """Run every test of a package that checks. Pure CPU; `files` are its sources, for tests that are run in other orders.

    Raises ValueError for a package that was checked with a vocabulary without facts.
    """
    run = _Run(package, vocabulary, files)
    results = [run.case(case) for case in cases_of(package)]
    spans = {(block.kind, block.label): block.head_span or block.span for block in package.blocks}
    uncovered = tuple(
        Uncovered(rule.kind, rule.label, spans[rule.kind, rule.label])
        for rule in run.plan.rules
        if rule.rule_id not in run.covered
    )
    return TestReport(package.name, package.currency, tuple(results), len(run.plan.rules), uncovered)


class _Run:
    def __init__(self, package: CheckedPackage, vocabulary: Vocabulary, files: Sequence[SourceFile]) -> None:
        self._package = package
        self._vocabulary = vocabulary
        self._files = files
        self._others: list[tuple[str, Ruleset]] | None = None
        self.plan: PackagePlan = plan_package(package)
        self.ruleset = Ruleset([self.plan], vocabulary)
        self.covered: set[str] = set()

    def case(self, case: Case) -> CaseResult:
        cart = case.cart()
        left = self._budgets(case.given.budgets)
        explanation = explain(self.ruleset, cart, left)
        found = list(mismatches(case.expected, explanation, self.ruleset))
        self._cover(case, explanation)
        if case.permute:
            found += self._in_other_orders(cart, left, explanation)
        return CaseResult(case.test, case.case, case.span, tuple(found), explanation)

    def _cover(self, case: Case, explanation: Explanation) -> None:
        """A rule that merely did not count anywhere is not covered: nobody said that it should not."""
        self.covered.update(explanation.priced.applied())
        for name in case.expected.get("rejected", ()):
            self.covered.update(r.rule_id for r in self.plan.rules if names_block(name, r.kind, r.label))

    def _budgets(self, given: Mapping[str, int]) -> dict[str, int] | None:
        """What is left of budgets, by their id. None where the test gives none: a quote, which promises no budget."""
        if not given:
            return None
        budgets = {budget.budget_id for rule in self.plan.rules for budget in rule.budgets}
        return {
            budget_id: left
            for name, left in given.items()
            for budget_id in budgets
            if names_block(name, *budget_id.removeprefix(f"{self._package.name}/").split("/", 1))
        }

    def _in_other_orders(self, cart: Cart, left: dict[str, int] | None, explanation: Explanation) -> Iterator[Mismatch]:
        """The first difference of each order that makes one."""
        same, currency = list(range(len(cart.lines))), self._package.currency
        wanted = outcome(explanation.priced, cart, same, currency)
        for name, other, order in other_carts(cart):
            yield from _difference(wanted, outcome(self.ruleset.price(other, left), cart, order, currency), name)
        for name, ruleset in self._other_rulesets():
            yield from _difference(wanted, outcome(ruleset.price(cart, left), cart, same, currency), name)

    def _other_rulesets(self) -> list[tuple[str, Ruleset]]:
        if self._others is None:
            others = other_packages(self._package, self._vocabulary, self._files)
            self._others = [(name, Ruleset([plan_package(other)], self._vocabulary)) for name, other in others]
        return self._others


def _difference(wanted: Mapping[str, str], found: Mapping[str, str], order: str) -> Iterator[Mismatch]:
    for what, value in wanted.items():
        if found[what] != value:
            yield Mismatch(what, value, found[what], order)
            return
