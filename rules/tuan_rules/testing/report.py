"""What a run of tests found: results by case, and the rules that no case is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from tuan_rules.diagnostics.codes import CODES
from tuan_rules.diagnostics.model import Diagnostic
from tuan_rules.pricing.explain import Explanation
from tuan_rules.source import Span


@dataclass(frozen=True, slots=True)
class Mismatch:
    """`what` is a field of `expect`, or a rule in it. `order`: in which other order it was found; "" for the one written."""

    what: str
    expected: str
    found: str
    order: str = ""

    def message(self, language: str = "en") -> str:
        """`total is ¥40.00, expected ¥35.00`."""
        if language == "zh":
            where = f"（{self.order}）" if self.order else ""
            return f"{self.what} 应为 {self.expected}，实为 {self.found}{where}"
        where = f" with {self.order}" if self.order else ""
        return f"{self.what} is {self.found}, expected {self.expected}{where}"


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One case. `span` is the head of its block; `explanation` is that of the price found, in the order as written."""

    test: str
    case: str
    span: Span
    mismatches: tuple[Mismatch, ...]
    explanation: Explanation = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """`test` or `test / case`."""
        return f"{self.test} / {self.case}" if self.case else self.test

    @property
    def passed(self) -> bool:
        return not self.mismatches


@dataclass(frozen=True, slots=True)
class Uncovered:
    """A rule that no test is about, and where it stands."""

    kind: str
    label: str
    span: Span


@dataclass(frozen=True, slots=True)
class TestReport:
    """`rules`: how many rules the package has; one is covered where a case applies it or says why it is rejected."""

    #: pytest takes every class of this name for its own.
    __test__: ClassVar[bool] = False

    package: str
    currency: str
    cases: tuple[CaseResult, ...]
    rules: int
    uncovered: tuple[Uncovered, ...]

    @property
    def failures(self) -> tuple[CaseResult, ...]:
        """The cases that found something else than they expect."""
        return tuple(case for case in self.cases if not case.passed)

    @property
    def passed(self) -> bool:
        """Whether no case failed; coverage is another question."""
        return not self.failures

    @property
    def coverage_percent(self) -> int:
        """Of the rules, rounded down: 100 means every one. A package without rules has 100."""
        return 100 * (self.rules - len(self.uncovered)) // self.rules if self.rules else 100

    def diagnostics(self) -> list[Diagnostic]:
        """Each failing case as a diagnostic, TR-402."""
        return [_diagnostic(case) for case in self.failures]


def _diagnostic(case: CaseResult) -> Diagnostic:
    entry = CODES["TR-402"]
    block = f'`test "{case.name}"`'
    english, chinese = (_problem(case.mismatches, language) for language in ("en", "zh"))
    return Diagnostic(
        "TR-402",
        entry.severity,
        entry.message_en.format(block=block, problem=english),
        entry.message_zh.format(block=block, problem_zh=chinese),
        case.span,
    )


def _problem(mismatches: Sequence[Mismatch], language: str) -> str:
    return ("；" if language == "zh" else "; ").join(each.message(language) for each in mismatches)
