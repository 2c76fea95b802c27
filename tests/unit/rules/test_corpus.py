"""The corpus of mistakes: enough of them, every code, and no more diagnostics than mistakes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.rules.regenerate_golden import BAD
from tests.unit.rules.test_diagnostic_pages import AT_PUBLICATION
from tests.unit.rules.test_golden import BROKEN
from tests.unit.rules.vocabulary_for_tests import vocabulary_of
from tuan_rules import Diagnostic, SourceFile, check
from tuan_rules.diagnostics.codes import CODES

HEAD = re.compile(r"// Mistakes: (\d+)\. \S.*[.]\n")


def found_in(case: Path) -> tuple[Diagnostic, ...]:
    """The diagnostics of a file of the corpus."""
    return check([SourceFile.read(case)], vocabulary_of(case.stem)).diagnostics


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.stem)
def test_a_diagnostic_per_mistake(case: Path) -> None:
    """Goal: none is hidden, and none is told twice. Method: the number in the first line of the file."""
    head = HEAD.match(SourceFile.read(case).text)
    assert head is not None, "the first line says `// Mistakes: 1. What they are.`"
    assert len(found_in(case)) == int(head[1])


def test_the_corpus_is_large_and_paired() -> None:
    """Goal: what merchants do is in it. Method: count the files, and look for each one's expected diagnostics."""
    assert len(BROKEN) >= 150
    assert {path.stem for path in BAD.iterdir()} == {case.stem for case in BROKEN}
    for case in BROKEN:
        assert case.with_suffix(".txt").exists(), case.stem


def test_every_code_is_reached() -> None:
    """Goal: no message that nobody has seen. Method: the codes of all files against the table."""
    assert {found.code for case in BROKEN for found in found_in(case)} & set(CODES) == set(CODES) - AT_PUBLICATION


def test_both_languages_are_shown() -> None:
    """Goal: a Chinese message beside each English one. Method: every expected file holds both heads as often."""
    for case in BROKEN:
        text = case.with_suffix(".txt").read_text(encoding="utf-8")
        english = re.findall(r"^(?:error|warning|hint)\[", text, re.MULTILINE)
        chinese = re.findall(r"^(?:错误|警告|提示)\[", text, re.MULTILINE)
        assert len(english) == len(chinese) > 0, case.stem
