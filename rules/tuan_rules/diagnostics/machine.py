"""Diagnostics for programs: JSON, and SARIF 2.1.0 for code hosts."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tuan_rules.diagnostics.codes import CODES
from tuan_rules.diagnostics.model import Diagnostic, Severity
from tuan_rules.source import Span

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """A JSON list, one object per diagnostic, with both languages; places as in `Span`."""
    return json.dumps([_as_json(diagnostic) for diagnostic in diagnostics], ensure_ascii=False, indent=2)


def render_sarif(diagnostics: Iterable[Diagnostic], language: str = "en") -> str:
    """A SARIF 2.1.0 log with one run (OASIS standard; columns in Unicode code points)."""
    found = list(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in found})
    run = {
        "tool": {"driver": {"name": "tuan-rules", "rules": [_rule(code) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, language, codes) for diagnostic in found],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2)


def _as_json(diagnostic: Diagnostic) -> dict[str, object]:
    fix = diagnostic.fix
    return {
        "code": diagnostic.code,
        "severity": str(diagnostic.severity),
        "message": {"en": diagnostic.message_en, "zh": diagnostic.message_zh},
        "span": _span(diagnostic.span),
        "secondary": [
            {"span": _span(second.span), "message": {"en": second.message_en, "zh": second.message_zh}}
            for second in diagnostic.secondary
        ],
        "suggestion": diagnostic.suggestion,
        "fix": {"span": _span(fix.span), "replacement": fix.replacement} if fix else None,
    }


def _span(span: Span) -> dict[str, object]:
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
        "offset": span.offset,
        "end_offset": span.end_offset,
    }


def _rule(code: str) -> dict[str, object]:
    rule: dict[str, object] = {"id": code}
    if code in CODES:
        rule["helpUri"] = f"docs/diagnostics/{code}.md"
        rule["defaultConfiguration"] = {"level": _LEVELS[CODES[code].severity]}
    return rule


def _result(diagnostic: Diagnostic, language: str, codes: list[str]) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": diagnostic.code,
        "ruleIndex": codes.index(diagnostic.code),
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": diagnostic.message(language)},
        "locations": [{"physicalLocation": _location(diagnostic.span)}],
    }
    if diagnostic.secondary:
        result["relatedLocations"] = [
            {"physicalLocation": _location(second.span), "message": {"text": second.message(language)}}
            for second in diagnostic.secondary
        ]
    if diagnostic.fix:
        replacement = {
            "deletedRegion": _region(diagnostic.fix.span),
            "insertedContent": {"text": diagnostic.fix.replacement},
        }
        change = {"artifactLocation": {"uri": diagnostic.fix.span.file}, "replacements": [replacement]}
        result["fixes"] = [{"artifactChanges": [change]}]
    return result


def _location(span: Span) -> dict[str, object]:
    return {"artifactLocation": {"uri": span.file}, "region": _region(span)}


def _region(span: Span) -> dict[str, object]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
