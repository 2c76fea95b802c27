"""The shape of a diagnostic: a stable code, two languages, spans, a suggestion and a fix that can be applied."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tuan_rules.source import Span


class Severity(StrEnum):
    """An error stops publication; a warning and a hint do not."""

    ERROR = "error"
    WARNING = "warning"
    HINT = "hint"


@dataclass(frozen=True, slots=True)
class Fix:
    """Replace the text under `span`; applying it must be safe without asking."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Secondary:
    """Another place that matters, for example where the name was first given."""

    span: Span
    message_en: str
    message_zh: str

    def message(self, language: str) -> str:
        return self.message_zh if language == "zh" else self.message_en


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake. `suggestion` is the text that was probably meant, shown as "did you mean"."""

    code: str
    severity: Severity
    message_en: str
    message_zh: str
    span: Span
    secondary: tuple[Secondary, ...] = ()
    suggestion: str | None = None
    fix: Fix | None = None

    def message(self, language: str) -> str:
        """The message in `zh` or, for anything else, in English."""
        return self.message_zh if language == "zh" else self.message_en
