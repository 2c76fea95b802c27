"""What a merchant sees: pairs of a rule file and the exact diagnostics, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.rules.regenerate_golden import BAD, GOLDEN, rendered
from tests.unit.rules.vocabulary_for_tests import vocabulary_of
from tuan_rules import SourceFile, apply_fixes, check

FINE = sorted(GOLDEN.glob("*.tuan"))
BROKEN = sorted(BAD.glob("*.tuan"))
CASES = [*FINE, *BROKEN]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_diagnostics_are_as_written(case: Path) -> None:
    """Goal: no message changes by accident. Method: compare with the file that was read and approved."""
    assert rendered(case) == case.with_suffix(".txt").read_text(encoding="utf-8")


def test_what_is_right_has_no_remark() -> None:
    """Goal: nobody is told off for what is right. Method: the verdict alone, for files of every form that is allowed."""
    assert len(FINE) >= 14
    for case in FINE:
        assert re.fullmatch(r"ok: \d+ blocks\n", rendered(case)), case.stem


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_carets_stand_under_their_text(case: Path) -> None:
    """Goal: line, column and offset agree. Method: recompute each from the text by counting line feeds."""
    source = SourceFile.read(case)
    for diagnostic in check([source], vocabulary_of(case.stem)).diagnostics:
        for span in (diagnostic.span, *(second.span for second in diagnostic.secondary)):
            before = source.text[: span.offset]
            assert (span.line, span.column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))
            before = source.text[: span.end_offset]
            assert (span.end_line, span.end_column) == (before.count("\n") + 1, len(before) - before.rfind("\n"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_fixes_remove_what_they_fix(case: Path) -> None:
    """Goal: a fix is safe to apply. Method: apply all of a file; none of the fixed diagnostics remains at its place,
    and the number of errors does not grow unless a block became readable for the first time."""
    source = SourceFile.read(case)
    before = check([source], vocabulary_of(case.stem))
    fixed, applied = apply_fixes(source, before.diagnostics)
    after = check([fixed], vocabulary_of(case.stem))
    offered = [diagnostic for diagnostic in before.diagnostics if diagnostic.fix is not None]
    assert bool(applied) == bool(offered)
    if applied == len(before.diagnostics) and applied:
        unreadable = any(re.match(r"TR-0", diagnostic.code) for diagnostic in offered)
        assert unreadable or after.package is not None
    for diagnostic in offered:
        assert not any(d.code == diagnostic.code and d.span == diagnostic.span and d.fix == diagnostic.fix
                       for d in after.diagnostics)  # fmt: skip
