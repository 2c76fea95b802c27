"""Tests in the rules of what is no price. Goal: gates, commissions and risk rules can be tested and are counted. Method: one package."""

from __future__ import annotations

import pytest

from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY
from tuan_rules import SourceFile, check, render_text
from tuan_rules.testing import TestReport, run_tests

RULES = """
package "shop" { version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }
gate "nowhere" { when = (buyer.region ?? "") == "moon"  message = "not there"  code = "G-1" }
gate "strangers" { when = device.buyers > 3  message = "too many"  code = "G-2"  missing = pass }
commission "share" {
  when = referral.age is set and referral.age <= 30d   base = line.paid
  level 1 { rate = 8% }   level 2 { rate = 3% }
  settle = monthly(day: 10, after: 7d)
}
risk "bot" {
  on = [flash_sale.join, group_buy.open]   when = count(join) by device within 10min > 20 or buyer.level < 0
  verdict = deny(code: "R-1")   missing = review
}
""".replace("device.buyers > 3", "(device.buyers ?? 0) > 3")
GIVEN = (
    'buyer: { id: "b", level: 1 }, referral: { user: "d1", upline: "d2", age: 3d }, lines: [ { sku: "A", list: ¥100.00 } ], '
    'counts: { "count(join) by device within 10min": 3 }'
)


def report_of(expect: str, given: str = GIVEN, more: str = "") -> TestReport:
    """The tests of the package with one test more."""
    test = f'test "t" {{ at = 2027-02-11  given = {{ {given} }}  expect {{ {expect} }}  {more} }}\n'
    files = [SourceFile("f.tuan", RULES + test)]
    result = check(files, MARKET_VOCABULARY)
    assert result.package is not None, render_text(result.diagnostics, files)
    return run_tests(result.package, MARKET_VOCABULARY)


def found(expect: str, given: str = GIVEN) -> list[tuple[str, str, str]]:
    """What fails: field, expected, found."""
    (case,) = report_of(expect, given).cases
    return [(each.what, each.expected, each.found) for each in case.mismatches]


@pytest.mark.parametrize(
    ("expect", "given", "wrong"),
    [
        ("commissions = { share: ¥11.00 }", GIVEN, []),
        ("commissions = { share: ¥8.00 }", GIVEN, [('commissions "share"', "¥8.00", "¥11.00")]),
        ("commissions = { share: ¥0.00 }", GIVEN.replace("3d", "31d"), []),
        ("commissions = { share: ¥3.00 }", GIVEN.replace('"d1"', '"b"'), []),
        ('verdicts = { "risk/bot": allow }', GIVEN, []),
        ("verdicts = { bot: deny }", GIVEN, [('verdicts "bot"', "deny", "allow, at flash_sale.join")]),
        ("verdicts = { bot: deny }", GIVEN.replace(": 3 }", ": 21 }"), []),
        (
            "verdicts = { bot: allow }",
            GIVEN.replace("level: 1", 'region: "moon2"'),
            [('verdicts "bot"', "allow", "review (missing fact buyer.level), at flash_sale.join")],
        ),
        ("refused = []", GIVEN, []),
        ('refused = [gate "nowhere"]', GIVEN.replace("level: 1", 'level: 1, region: "moon"'), []),
        ('refused = [gate "nowhere"]', GIVEN, [("refused", '[gate "nowhere"]', "[]")]),
        ("total = ¥100.00", GIVEN.replace("level: 1", 'region: "moon"'), [("refused", "[]", '[gate "nowhere"]')]),
    ],
)
def test_what_is_beside_the_price(expect: str, given: str, wrong: list[tuple[str, str, str]]) -> None:
    """Goal: each can pass and fail, and an order that is refused unawares fails. Method: one expectation each."""
    assert found(expect, given) == wrong


def test_they_count_for_coverage() -> None:
    """Goal: 100 per cent means these rules too. Method: a test about one, and cases about all."""
    report = report_of("commissions = { share: ¥11.00 }")
    assert (report.rules, report.coverage_percent) == (4, 25)
    assert [each.label for each in report.uncovered] == ["nowhere", "strangers", "bot"]
    cases = (
        'case "a" { expect { verdicts = { bot: allow } } }\n'
        'case "b" { given = { buyer: { region: "moon" }, device: { buyers: 4 } }\n'
        '           expect { refused = [gate "strangers", gate "nowhere"] } }'
    )
    report = report_of("commissions = { share: ¥11.00 }", more=cases)
    assert report.passed, [each.message() for case in report.failures for each in case.mismatches]
    assert report.coverage_percent == 100


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ('counts: { "count(jion) by device within 10min": 3 }', "TR-250"),
        ('counts: { "join": 3 }', "TR-250"),
        ('counts: { "count(join) } } gate": 3 }', "TR-250"),
        ('counts: { "count(join) by device within 10min": "3" }', "TR-251"),
        ("counts: 3", "TR-251"),
        ('lines: [ { sku: "A", list: ¥1.00, paid: ¥1.00 } ]', "TR-252"),
    ],
)
def test_counters_and_facts_of_the_price(given: str, code: str) -> None:
    """Goal: a misspelt counter is a mistake, and what the price says is not given. Method: one each."""
    text = RULES + f'test "t" {{ at = 2027-02-11  given = {{ {given} }}  expect {{ total = ¥0.00 }} }}\n'
    assert [each.code for each in check([SourceFile("f", text)], MARKET_VOCABULARY).errors] == [code]


def test_names_of_commissions_and_risks_are_checked() -> None:
    """Goal: a misspelt rule is a mistake, not a rule that earns nothing. Method: one in each field, and a wrong answer."""
    for expect, code in (
        ("commissions = { shrae: ¥1.00 }", "TR-255"),
        ("verdicts = { bto: deny }", "TR-255"),
        ("verdicts = { bot: forbid }", "TR-115"),
    ):
        text = RULES + f'test "t" {{ at = 2027-02-11  given = {{ {GIVEN} }}  expect {{ {expect} }} }}\n'
        assert [each.code for each in check([SourceFile("f", text)], MARKET_VOCABULARY).errors] == [code]
