"""Slips that leave a file valid: such a file is published, so it has to compile, price its own tests and survive the formatter.

120 mutants by default, a tenth of TUAN_MUTANTS in a campaign; the numbers are those of `test_mutants`.
"""

from __future__ import annotations

import os

from tests.unit.rules.test_mutants import mutant
from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY
from tuan_rules import SourceFile, check
from tuan_rules.format.document import format_source
from tuan_rules.testing.run import run_tests

MUTANTS = max(120, int(os.environ.get("TUAN_MUTANTS", "2000")) // 10)


def test_what_a_check_lets_through_runs() -> None:
    """Goal: no file passes the check and fails behind it. Method: mutants that are valid: compile and price their tests, whatever these
    find; format, and compare the hash."""
    valid = 0
    for number in range(MUTANTS):
        source = SourceFile("mutant.tuan", mutant(number))
        result = check([source], MARKET_VOCABULARY)
        if result.package is None:
            continue
        valid += 1
        report = run_tests(result.package, MARKET_VOCABULARY, [source])
        assert len(report.uncovered) <= report.rules, number
        text = format_source(source).text
        assert text is not None, number
        again = check([SourceFile("mutant.tuan", text)], MARKET_VOCABULARY).package
        assert again is not None, number
        assert again.ruleset_hash == result.package.ruleset_hash, number
    assert valid >= MUTANTS // 100
