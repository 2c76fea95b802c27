"""Applying fixes to a text."""

from __future__ import annotations

from collections.abc import Iterable

from tuan_rules.diagnostics.model import Diagnostic
from tuan_rules.source import SourceFile


def apply_fixes(source: SourceFile, diagnostics: Iterable[Diagnostic]) -> tuple[SourceFile, int]:
    """The file with the fixes that concern it, and how many were applied.

    Of fixes that overlap the first one wins; a second round may then apply the other.
    """
    fixes = [d.fix for d in diagnostics if d.fix is not None and d.fix.span.file == source.name]
    pieces: list[str] = []
    end = applied = 0
    for fix in sorted(fixes, key=lambda fix: (fix.span.offset, fix.span.end_offset)):
        if fix.span.offset < end:
            continue
        pieces += (source.text[end : fix.span.offset], fix.replacement)
        end = fix.span.end_offset
        applied += 1
    return SourceFile(source.name, "".join(pieces) + source.text[end:]), applied
