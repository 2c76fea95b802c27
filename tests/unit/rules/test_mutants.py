"""Slips of the hand in real files: a diagnostic or a valid file that prices, never an exception, never more than a second.

Half of them are slips of whole words, which leave hardly a file valid; half are small steps in values, most of which do, so that
what they became is compiled and priced too.

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

from tests.unit.rules.pricing_for_tests import check_ledger
from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY
from tuan_rules import CheckedPackage, SourceFile, apply_fixes, check, render_json, render_text
from tuan_rules.format.document import format_source
from tuan_rules.pricing.explain import explain
from tuan_rules.syntax.parser import block_parser
from tuan_rules.testing import run_tests

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
#: Words that can stand where the other stands: the file means something else, and mostly still is a file.
ALIKE = [
    ("<", ">"), ("and", "or"), ("min", "max"), ("over", "under"), ("+", "-"), ("best_for_buyer", "lowest_cost", "first", "all"),
    ("running", "original"), ("clip", "skip"), ("half_up", "half_even", "up", "down"), ("each_step", "each_line"), ("off", "pay"),
    ("line_discount", "order_discount"), ("merchant", "platform"), ("true", "false"), ("level", "orders"), ("qty", "level"),
]  # fmt: skip
KINDS = {word: kind for kind in ALIKE for word in kind}
SPACES = [" ", "   ", "\n", "\n\n", "  // a note\n"]


def mutant(number: int) -> str:
    """A file with one to four slips of whole words, or with one or two small steps in its values."""
    chance = random.Random(number)
    words = list(WORDS[chance.randrange(len(WORDS))])
    change, times = chance.choice([(_slip, 4), (_step, 2)])
    for _ in range(chance.randint(1, times)):
        change(chance, words)
    return "".join(words)


def _step(chance: random.Random, words: list[str]) -> None:
    """A digit for another, a word for one of its kind, a text of the same file for another, or other space."""
    at = chance.choice(
        [at for at, word in enumerate(words) if word in KINDS or word[0] in '" \n' or word[0].isdecimal()]
    )
    word = words[at]
    if word[0].isdecimal():
        place = chance.choice([place for place, letter in enumerate(word) if letter.isdecimal()])
        words[at] = word[:place] + chance.choice("1234567890") + word[place + 1 :]
    elif word[0] == '"':
        words[at] = chance.choice([other for other in words if other[0] == '"'])
    else:
        words[at] = chance.choice(KINDS.get(word, SPACES))


def _slip(chance: random.Random, words: list[str]) -> None:
    """Words left out, doubled, exchanged, borrowed from another file, or a strange one put in."""
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


def price_tests(package: CheckedPackage, source: SourceFile) -> int:
    """Price every case of the package's own tests; returns how many. What they expect may have become wrong; the algebra may not:
    exact books, one price by index, scan and trace, and, where a test says so, in every order."""
    report = run_tests(package, MARKET_VOCABULARY, [source])
    for result in report.cases:
        assert [found for found in result.mismatches if found.order] == [], result.name
        check_ledger(result.explanation.priced, result.explanation.cart)
        ruleset, cart = result.explanation.ruleset, result.explanation.cart
        assert explain(ruleset, cart).priced == ruleset.price(cart) == ruleset.price(cart, scan=True)
    return len(report.cases)


@pytest.mark.parametrize("part", range(PARTS))
def test_mutants(part: int) -> None:
    """Goal: no text that was rules yesterday breaks the tools. Method: seeded mutants of every example; check, render, fix, format
    and price each, by process time."""
    block_parser()
    refused = priced = 0
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
        if result.package:
            priced += price_tests(result.package, source)
    # Were nearly all refused or accepted, the mutants would try one path only; and what is accepted is priced, a case each at least.
    assert MUTANTS < 100 or 0.2 < refused * PARTS / MUTANTS < 0.98
    assert MUTANTS < 100 or priced * PARTS / MUTANTS > 1
