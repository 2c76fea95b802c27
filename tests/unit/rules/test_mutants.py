"""Slips of the hand in real files: a diagnostic or a valid file, never an exception, never more than a second.

2,000 mutants by default; `TUAN_MUTANTS=100000` asks for more. A failure names its number, and the same number makes the same
mutant again.
"""

from __future__ import annotations

import os
import random
import re
import time
from pathlib import Path

import pytest

from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY
from tuan_rules import SourceFile, apply_fixes, check, render_json, render_text
from tuan_rules.format.document import format_source
from tuan_rules.syntax.parser import block_parser

ROOT = Path(__file__).parents[3]
FILES = [*sorted((ROOT / "rules" / "examples").glob("*.tuan")), Path(__file__).parent / "data" / "full-sketch.tuan"]
TEXTS = [SourceFile.read(path).text for path in FILES]
MUTANTS = int(os.environ.get("TUAN_MUTANTS", "2000"))
#: In as many tests, so that xdist can share them.
PARTS = 8
WORDS = [re.findall(r'"[^"\n]*"|\w+|\s+|[^\w\s]', text) for text in TEXTS]
STRANGE = [
    "", "{", "}", "(", ")", "[", "]", '"', "“", "=", "==", ":", "，", ",", ";", ".", "//", "\n", " ", "\u200b", "\x00", "𝟙", "９",
    "折", "%", "¥", "-", "each", "not", "true", "null", "__class__", "99999999999999999999", "2027-13-45", "¥0.001",
]  # fmt: skip


def mutant(number: int) -> str:
    """One to four slips: words left out, doubled, exchanged, borrowed from another file, or a strange one put in."""
    chance = random.Random(number)
    words = list(WORDS[chance.randrange(len(WORDS))])
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(words))
        match chance.randrange(6):
            case 0:
                del words[at : at + chance.randint(1, 5)]
            case 1:
                words[at:at] = words[at : at + chance.randint(1, 8)]
            case 2:
                other = chance.randrange(len(words))
                words[at], words[other] = words[other], words[at]
            case 3:
                source = WORDS[chance.randrange(len(WORDS))]
                start = chance.randrange(len(source))
                words[at:at] = source[start : start + chance.randint(1, 10)]
            case 4:
                words[at] = chance.choice(STRANGE)
            case _:
                word = words[at]
                place = chance.randint(0, len(word))
                words[at] = word[:place] + chance.choice(STRANGE) + word[place + chance.randint(0, 1) :]
        if not words:
            words = [" "]
    return "".join(words)


@pytest.mark.parametrize("part", range(PARTS))
def test_mutants(part: int) -> None:
    """Goal: no text that was rules yesterday breaks the tools. Method: seeded mutants of every example; check, render, fix and
    format each, by process time."""
    block_parser()
    refused = 0
    for number in range(part, MUTANTS, PARTS):
        source = SourceFile("mutant.tuan", mutant(number))
        begin = time.process_time()
        result = check([source], MARKET_VOCABULARY)
        assert time.process_time() - begin < 1.0, number
        assert (result.package is None) == bool(result.errors), number
        refused += result.package is None
        assert render_text(result.diagnostics, [source], "zh") or not result.diagnostics, number
        render_json(result.diagnostics)
        apply_fixes(source, result.diagnostics)
        if number // PARTS % 4 == 0:  # the formatter reads a file twice and checks itself: a fourth of them is enough
            found = format_source(source)
            assert found.text is not None or found.diagnostics, number
    # Were nearly all refused or accepted, the mutants would try one path only.
    assert MUTANTS < 100 or 0.2 < refused * PARTS / MUTANTS < 0.99
