"""Collects diagnostics from the stages: a code and facts in, a diagnostic in both languages out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from tuan_rules.diagnostics.codes import CODES
from tuan_rules.diagnostics.model import Diagnostic, Fix, Secondary, Severity
from tuan_rules.naming.spelling import Spelling
from tuan_rules.naming.tables import Table
from tuan_rules.nearest import closest
from tuan_rules.source import Span

#: Longest piece of the merchant's own text that a message repeats.
QUOTED_MAX = 120
#: A file of 64 KiB can hold 60,000 mistakes; nobody reads more than the first ones. Errors and the rest are bounded
#: apart, so that warnings never crowd out the error that stops publication.
DIAGNOSTICS_MAX = 200
#: What "did you mean" may cost in all, in names that are looked at (1 µs each) and searches begun (worth 100 of them): 300 misspelt
#: names beside few candidates, or 27 beside 1,000. A file of nothing but misspelt names would ask for a million.
SUGGESTIONS_COST_MAX, _SEARCH_COST = 30_000, 100


class Reporter:
    """Gathers what the stages find, at most `DIAGNOSTICS_MAX` errors and as many others."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._kept = {True: 0, False: 0}
        self._searched = 0
        self.spellings: dict[str, Spelling] = {}
        """How files spell names, by file; those that use the vocabulary's own have none."""

    def add(
        self,
        code: str,
        span: Span,
        *,
        suggestion: str | None = None,
        fix: Fix | None = None,
        secondary: tuple[Secondary, ...] = (),
        **facts: object,
    ) -> None:
        """Report `code` at `span`; `facts` fill the placeholders of its messages."""
        entry = CODES[code]
        spelling = self.spellings.get(span.file)
        if spelling is not None:
            facts = {name: spelling.fact(code, name, str(value), span) for name, value in facts.items()}
        shown = {name: _shorten(str(value)) for name, value in facts.items()}
        self.append(
            Diagnostic(
                code,
                entry.severity,
                entry.message_en.format_map(shown),
                entry.message_zh.format_map(shown),
                span,
                secondary,
                suggestion,
                fix,
            )
        )

    def closest(self, word: str, candidates: Collection[str], also: Table | Iterable[str] = ()) -> str | None:
        """The candidate that was probably meant; None when none is near, or after so many mistakes that nobody reads on."""
        self._searched += len(candidates) + _SEARCH_COST
        return closest(word, candidates, also) if self._searched <= SUGGESTIONS_COST_MAX else None

    def append(self, diagnostic: Diagnostic) -> None:
        """Keep a finished diagnostic, for example a lint's."""
        spelling = self.spellings.get(diagnostic.span.file)
        if spelling is not None:
            span = diagnostic.span
            diagnostic = replace(
                diagnostic,
                message_en=spelling.prose(diagnostic.message_en, span),
                message_zh=spelling.prose(diagnostic.message_zh, span),
            )
        is_error = diagnostic.severity is Severity.ERROR
        if self._kept[is_error] < DIAGNOSTICS_MAX:
            self._kept[is_error] += 1
            self._found.append(diagnostic)

    @property
    def has_errors(self) -> bool:
        """Whether an error was found."""
        return self._kept[True] > 0

    def sorted(self) -> tuple[Diagnostic, ...]:
        """Everything found, by file, place and code."""
        wrong = {
            (d.span.file, d.span.offset) for d in self._found if d.severity is Severity.ERROR and d.fix is not None
        }
        # `：` for `=` is one slip: the error's fix replaces the sign, whatever its width.
        kept = (d for d in self._found if d.code != "TR-002" or (d.span.file, d.span.offset) not in wrong)
        return tuple(sorted(kept, key=lambda d: (d.span.file, d.span.offset, d.code)))


def _shorten(text: str) -> str:
    return text if len(text) <= QUOTED_MAX else text[: QUOTED_MAX - 1] + "…"
