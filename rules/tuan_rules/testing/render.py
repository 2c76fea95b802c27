"""A test report as text for people, in two languages, and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict

from tuan_rules.diagnostics.text import excerpt, visible
from tuan_rules.difference.show import quote
from tuan_rules.pricing.words import explanation_as_data, explanation_in_words
from tuan_rules.source import SourceFile, Span
from tuan_rules.testing.report import CaseResult, TestReport

_WORDS = {
    "en": {
        "ok": "ok", "failed": "FAILED", "why": "why this price", "uncovered": "no test is about:",
        "summary": "tests: {cases}, failed: {failed}, rules covered: {covered} of {rules} ({percent} %)",
        "below": "coverage {percent} % is below the threshold of {threshold} %",
    },
    "zh": {
        "ok": "通过", "failed": "未通过", "why": "价格由来", "uncovered": "没有测试覆盖：",
        "summary": "测试 {cases} 个，未通过 {failed} 个，规则覆盖 {covered}/{rules}（{percent}%）",
        "below": "覆盖率 {percent}% 低于要求的 {threshold}%",
    },
}  # fmt: skip


def render_report(report: TestReport, files: Iterable[SourceFile], language: str = "en", threshold: int = 0) -> str:
    """A line per case that passed; what was expected and found, and why, for those that did not; the coverage."""
    sources = {file.name: file for file in files}
    words = _WORDS["zh" if language == "zh" else "en"]
    lines: list[str] = []
    for case in report.cases:
        lines.append(f"{words['ok' if case.passed else 'failed']}: {visible(case.name)}")
        if not case.passed:
            lines += _failure(case, sources, language, words)
    if report.uncovered:
        lines.append(words["uncovered"])
        lines += [f"  {each.kind} {quote(each.label)}  {_place(each.span)}" for each in report.uncovered]
    percent, covered = report.coverage_percent, report.rules - len(report.uncovered)
    lines.append(
        words["summary"].format(
            cases=len(report.cases), failed=len(report.failures), covered=covered, rules=report.rules, percent=percent
        )
    )
    if percent < threshold:
        lines.append(words["below"].format(percent=percent, threshold=threshold))
    return "\n".join(lines)


def render_report_json(report: TestReport, threshold: int = 0) -> str:
    """`{package, passed, cases: [{test, case, passed, span, mismatches, price}], rules, uncovered, coverage_percent, threshold}`.

    `price` is the whole explanation, of cases that failed alone.
    """
    data = {
        "package": report.package,
        "passed": report.passed and report.coverage_percent >= threshold,
        "cases": [_case(case) for case in report.cases],
        "rules": report.rules,
        "uncovered": [asdict(each) for each in report.uncovered],
        "coverage_percent": report.coverage_percent,
        "threshold": threshold,
    }
    return json.dumps(data, ensure_ascii=False, indent=2, default=str)


def _case(case: CaseResult) -> dict[str, object]:
    return {
        "test": case.test,
        "case": case.case,
        "passed": case.passed,
        "span": asdict(case.span),
        "mismatches": [asdict(each) for each in case.mismatches],
        "price": None if case.passed else explanation_as_data(case.explanation),
    }


def _failure(case: CaseResult, sources: dict[str, SourceFile], language: str, words: dict[str, str]) -> Iterator[str]:
    margin = " " * len(str(case.span.line))
    yield from excerpt(case.span, sources, margin, "^", "")
    yield from (f"{margin} = {visible(each.message(language))}" for each in case.mismatches)
    yield f"{margin} = {words['why']}"
    yield from (f"{margin}     {visible(line)}" for line in explanation_in_words(case.explanation, language))


def _place(span: Span) -> str:
    return f"{span.file}:{span.line}:{span.column}"
