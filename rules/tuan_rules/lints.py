"""Helpers for writing lints: checks over a typed block that a schema brings along."""

from __future__ import annotations

from tuan_rules.checked import CheckedBlock
from tuan_rules.diagnostics.codes import CODES
from tuan_rules.diagnostics.model import Diagnostic, Severity


def problem(
    block: CheckedBlock,
    field: str,
    code: str,
    message_en: str = "",
    message_zh: str = "",
    severity: Severity = Severity.ERROR,
    suggestion: str | None = None,
    **facts: object,
) -> Diagnostic:
    """A diagnostic at the value of a field of `block`, or at its head where the field is not written.

    A plugin's lint brings its own code and messages; for a code of the language the table gives them, and `facts` fill their places.
    """
    if code in CODES:
        entry = CODES[code]
        severity = entry.severity
        message_en = message_en or entry.message_en.format(**facts)
        message_zh = message_zh or entry.message_zh.format(**facts)
    span = block.field_spans.get(field, block.head_span or block.span)
    return Diagnostic(code, severity, message_en, message_zh or message_en, span, suggestion=suggestion)
