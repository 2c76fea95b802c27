"""What a merchant sees: pairs of a rule file and the exact diagnostics, in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.rules.regenerate_golden import GOLDEN, rendered
from tests.unit.rules.vocabulary_for_tests import VOCABULARY
from tuan_rules import SourceFile, apply_fixes, check

CASES = sorted(GOLDEN.glob("*.tuan"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_diagnostics_are_as_written(case: Path) -> None:
    """Goal: no message changes by accident. Method: compare with the file that was read and approved."""
    assert rendered(case) == case.with_suffix(".txt").read_text(encoding="utf-8")


def test_at_least_half_of_the_cases_are_broken() -> None:
    """Goal: the corpus is about mistakes. Method: count verdicts; `ok-` cases have no diagnostic at all."""
    verdicts = {case.stem: case.with_suffix(".txt").read_text(encoding="utf-8").splitlines()[-1] for case in CASES}
    broken = [stem for stem, verdict in verdicts.items() if not verdict.startswith("ok")]
    assert len(CASES) >= 80
    assert len(broken) * 2 > len(CASES)
    for stem in verdicts:
        if stem.startswith("ok-"):
            assert rendered(GOLDEN / f"{stem}.tuan") == verdicts[stem] + "\n"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_carets_stand_under_their_text(case: Path) -> None:
    """Goal: line, column and offset agree. Method: recompute each from the text by counting line feeds."""
    source = SourceFile.read(case)
    for diagnostic in check([source], VOCABULARY).diagnostics:
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
    before = check([source], VOCABULARY)
    fixed, applied = apply_fixes(source, before.diagnostics)
    after = check([fixed], VOCABULARY)
    offered = [diagnostic for diagnostic in before.diagnostics if diagnostic.fix is not None]
    assert bool(applied) == bool(offered)
    if applied == len(before.diagnostics) and applied:
        unreadable = any(re.match(r"TR-0", diagnostic.code) for diagnostic in offered)
        assert unreadable or after.package is not None
    for diagnostic in offered:
        assert not any(d.code == diagnostic.code and d.span == diagnostic.span and d.fix == diagnostic.fix
                       for d in after.diagnostics)  # fmt: skip
