"""What a diagnostic code is."""

from __future__ import annotations

from dataclasses import dataclass

from tuan_rules.diagnostics.model import Severity


@dataclass(frozen=True, slots=True)
class Code:
    """The messages are templates; the placeholders are the facts that `Reporter.add` is given."""

    severity: Severity
    message_en: str
    message_zh: str


def error(message_en: str, message_zh: str) -> Code:
    """It forbids publication."""
    return Code(Severity.ERROR, message_en, message_zh)


def warning(message_en: str, message_zh: str) -> Code:
    """It is probably not meant so."""
    return Code(Severity.WARNING, message_en, message_zh)


def hint(message_en: str, message_zh: str) -> Code:
    """A suggestion."""
    return Code(Severity.HINT, message_en, message_zh)
