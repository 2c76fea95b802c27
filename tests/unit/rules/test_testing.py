"""Tests that merchants write into their rules. Goal: what is wrong is told, and what is right is proved. Method: small packages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.rules.test_cli import EXAMPLES, write
from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY, VOCABULARY
from tuan_rules import SourceFile, check, render_text, standard_vocabulary
from tuan_rules.cli import main
from tuan_rules.pricing.cart import Cart
from tuan_rules.pricing.ruleset import Ruleset
from tuan_rules.testing import TestReport, run_tests

HEAD = 'package "shop" { version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }\n'
RULES = (
    HEAD
    + """
stack "line" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }
stack "order" { phase = order_discount  scope = order  pick = all  base = running }
price "member" { when = buyer.level >= 3  give = pay(9.8折)  stack = stack "line"  priority = 1 }
price "fruit" { on = line.category under "fresh"  give = off(10%)  stack = stack "line"  priority = 2 }
price "minus-5" { when = cart.subtotal >= ¥100  give = off(¥5.01)  stack = stack "order"  budget = ¥90  on_exceed = clip }
"""
)
APPLE = '{ sku: "APPLE", list: ¥50.00, category: "fresh/fruit" }'
STANDARD = standard_vocabulary()


def report_of(*texts: str) -> TestReport:
    """The tests of a package of these files, which checks."""
    files = [SourceFile(f"f{number}.tuan", text) for number, text in enumerate(texts)]
    result = check(files, STANDARD)
    assert result.package is not None, render_text(result.diagnostics, files)
    return run_tests(result.package, STANDARD, files)


def a_test(given: str, expect: str, more: str = "") -> str:
    """A test block."""
    return f'test "t" {{\n  at = 2027-02-11 12:30\n  given = {{ {given} }}\n  expect {{ {expect} }}\n  {more}\n}}\n'


def problems(expect: str, given: str = f"buyer: {{ level: 3 }}, lines: [ {APPLE} ]") -> list[tuple[str, str, str]]:
    """What fails of one expectation: field, expected, found."""
    (case,) = report_of(RULES + a_test(given, expect)).cases
    return [(each.what, each.expected, each.found) for each in case.mismatches]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_pass_and_cover_every_rule(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: what merchants copy is tested whole. Method: the command that CI runs, over each."""
    status = main(["test", "--threshold", "100", str(path)], MARKET_VOCABULARY)
    assert status == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("expect", "found"),
    [
        ("total = ¥45.00", []),
        ("total = ¥49.00", [("total", "¥49.00", "¥45.00")]),
        ("goods = ¥44.00  off = ¥6.00", [("goods", "¥44.00", "¥45.00"), ("off", "¥6.00", "¥5.00")]),
        ("shipping = ¥8.00", [("shipping", "¥8.00", "¥0.00")]),
        ("lines = [¥45.00, ¥1.00]", [("lines", "[¥45.00, ¥1.00]", "[¥45.00]")]),
        ('gifts = { "G1": 1 }', [("gifts", '{ "G1": 1 }', "{ }")]),
        ('applied = [price "fruit"]', []),
        ("applied = []", [("applied", "[]", '[price "fruit"]')]),
        ('rejected = { member: "lower" }', []),
        ('rejected = { "price/member": "lower than fruit" }', []),
        ('rejected = { member: "优惠低于 fruit" }', []),
        ('rejected = { member: "lower than minus-5" }', [('rejected "member"', '"lower than minus-5"', None)]),
        ('rejected = { member: "window" }', [('rejected "member"', '"window"', None)]),
        ('rejected = { fruit: "lower" }', [('rejected "fruit"', '"lower"', "applied")]),
        ('rejected = { "minus-5": "condition" }', []),
    ],
)
def test_every_expectation_is_compared(expect: str, found: list[tuple[str, str, str | None]]) -> None:
    """Goal: each field of `expect` can pass and can fail. Method: one or two at a time, on a price known by hand."""
    told = problems(expect)
    assert [(what, wanted) for what, wanted, _ in told] == [(what, wanted) for what, wanted, _ in found]
    for (_, _, was), (_, _, expected) in zip(told, found, strict=True):
        assert expected is None or was == expected


def test_a_reason_of_the_goods_is_a_condition() -> None:
    """Goal: by what a rule is found is not the merchant's business. Method: a line that no index finds."""
    given = 'buyer: { level: 0 }, lines: [ { sku: "SOAP", list: ¥50.00, category: "bath" } ]'
    assert problems('rejected = { fruit: "condition", member: "condition" }', given) == []
    assert problems('rejected = { fruit: "goods" }', given) == []
    assert [what for what, _, _ in problems('rejected = { member: "goods" }', given)] == ['rejected "member"']


def test_a_fact_that_was_not_given_is_named() -> None:
    """Goal: nobody wonders why a rule does not count. Method: no buyer at all."""
    ((_, _, found),) = problems('rejected = { member: "condition" }', f"lines: [ {APPLE} ]")
    assert found == '"missing" (missing fact buyer.level)'
    assert problems('rejected = { member: "missing fact buyer.level" }', f"lines: [ {APPLE} ]") == []


def test_budgets_that_are_left() -> None:
    """Goal: what happens at the end of a budget can be tested. Method: ¥3.50 left of it, and a test that gives none."""
    lines = 'buyer: { level: 0 }, lines: [ { sku: "SOAP", list: ¥100.00 } ]'
    assert problems("total = ¥94.99", lines) == []
    assert problems("total = ¥96.50", lines + ', budgets: { "minus-5": ¥3.50 }') == []


TABLE = """
test "table" {
  at = 2027-02-11 12:30
  given = { buyer: { level: 3, id: "b" }, lines: [ APPLE ], shipping: ¥8.00 }
  expect { total = ¥53.00 }
  case "as given" { }
  case "another buyer" { given = { buyer: { level: 0 } } }
  case "two" { given = { lines: [ { sku: "APPLE", qty: 2, list: ¥50.00, category: "fresh" } ] }  expect { total = ¥92.99 } }
  case "nothing to ship" { given = { shipping: ¥0.00 }  expect { total = ¥45.00  applied = [price "fruit"] } }
}
""".replace("APPLE ]", f"{APPLE} ]")


def test_a_table_lays_its_cases_over_the_test() -> None:
    """Goal: a row says only what differs. Method: facts merged one by one, lines and shipping as a whole, expectations by field."""
    report = report_of(RULES + TABLE)
    assert [case.name for case in report.cases] == [
        "table / as given", "table / another buyer", "table / two", "table / nothing to ship"
    ]  # fmt: skip
    assert [case.name for case in report.failures] == []
    wrong = report_of(RULES + TABLE.replace("¥92.99", "¥99.00"))
    assert [(case.name, case.span.line) for case in wrong.failures] == [("table / two", 15)]


def test_coverage_is_of_rules_that_a_test_is_about() -> None:
    """Goal: a rule that merely stayed out is not covered. Method: one applied, one rejected in words, one not mentioned."""
    report = report_of(RULES + a_test(f"buyer: {{ level: 3 }}, lines: [ {APPLE} ]", 'rejected = { member: "lower" }'))
    assert report.passed
    assert (report.rules, report.coverage_percent) == (3, 66)
    assert [(each.kind, each.label, each.span.line) for each in report.uncovered] == [("price", "minus-5", 7)]
    assert report_of(HEAD).coverage_percent == 100


def test_permuting_finds_nothing() -> None:
    """Goal: neither blocks nor files nor lines have a say. Method: lines that share a cent, four and five of them, in two files."""
    lines = ", ".join(f'{{ sku: "S{n}", list: ¥33.3{n}, category: "fresh" }}' for n in range(5))
    first, second = RULES.split('price "fruit"')
    for given in (lines, lines.rsplit(", {", 1)[0]):
        tests = a_test(f"buyer: {{ level: 3 }}, lines: [ {given} ]", 'rejected = { member: "lower" }', "permute = true")
        report = report_of(first, 'price "fruit"' + second + tests)
        assert report.passed, [each.message() for case in report.failures for each in case.mismatches]


def test_a_price_that_depends_on_order_is_told_with_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a difference is a failure that names the order. Method: lines priced in the order in which they come."""

    def as_they_come(_: Ruleset, cart: Cart) -> list[int]:
        return list(range(len(cart.lines)))

    monkeypatch.setattr(Ruleset, "order_of", as_they_come)
    given = 'buyer: { level: 0 }, lines: [ { sku: "A", list: ¥50.00 }, { sku: "B", list: ¥50.00 } ]'
    (case,) = report_of(RULES + a_test(given, "total = ¥94.99", "permute = true")).cases
    (found,) = case.mismatches
    assert (found.what, found.order) == ("lines", "lines in the order 2, 1")
    assert {found.expected, found.found} == {"¥47.49, ¥47.50", "¥47.50, ¥47.49"}
    assert "with lines in the order 2, 1" in found.message()


FAILING = RULES + a_test(f"buyer: {{ level: 3 }}, lines: [ {APPLE} ]", 'total = ¥49.00  applied = [price "member"]')


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """Exit status and output, with what is built in."""
    status = main(arguments, STANDARD)
    captured = capsys.readouterr()
    return status, captured.out + captured.err


TOLD = """\
FAILED: t
 --> {path}:8:1
  |
8 | test "t" {{
  | ^^^^^^^^
  = total is ¥45.00, expected ¥49.00
  = applied is [price "fruit"], expected [price "member"]
  = why this price
      list price: ¥50.00, units: 1
      line discount: price "fruit" of "line"
        line 1, APPLE x 1: ¥50.00 - ¥5.00 = ¥45.00
      to pay: ¥45.00 for the goods
      not counted:
        price "minus-5": its conditions do not hold
        price "member": lower than price "fruit" (line 1)
no test is about:
  price "member"  {path}:5:1
  price "minus-5"  {path}:7:1
tests: 1, failed: 1, rules covered: 1 of 3 (33 %)
"""


def test_a_failing_test_is_told_with_its_price(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: expected, found, where, and why. Method: the whole text, in English; the Chinese words; the exit status."""
    path = write(tmp_path, FAILING)
    assert run(capsys, "test", path) == (1, TOLD.format(path=path))
    status, chinese = run(capsys, "test", "--lang", "zh", path)
    assert status == 1
    for words in (
        "未通过: t",
        "total 应为 ¥49.00，实为 ¥45.00",
        "价格由来",
        "单品优惠：price",
        "第 1 行，APPLE × 1：",
        "规则覆盖 1/3（33%）",
    ):
        assert words in chinese, words


def test_threshold(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: CI can ask for coverage. Method: two thirds against 66 and 67 per cent, and what is no percentage."""
    path = write(
        tmp_path, RULES + a_test(f"buyer: {{ level: 3 }}, lines: [ {APPLE} ]", 'rejected = { member: "lower" }')
    )
    assert run(capsys, "test", "--threshold", "66", path)[0] == 0
    status, output = run(capsys, "test", "--threshold", "67", path)
    assert (status, output.splitlines()[-1]) == (1, "coverage 66 % is below the threshold of 67 %")
    assert "覆盖率 66% 低于要求的 67%" in run(capsys, "test", "--threshold", "67", "--lang", "zh", path)[1]
    for wrong in ("101", "-1", "1.5", "all"):
        with pytest.raises(SystemExit) as stopped:
            main(["test", "--threshold", wrong, path], STANDARD)
        assert stopped.value.code == 2


def test_json_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: CI reads it without words. Method: a failing and a passing file."""
    status, output = run(capsys, "test", "--format", "json", write(tmp_path, FAILING))
    data = json.loads(output)
    assert (status, data["passed"], data["coverage_percent"], data["rules"]) == (1, False, 33, 3)
    (case,) = data["cases"]
    assert case["mismatches"][0] == {"what": "total", "expected": "¥49.00", "found": "¥45.00", "order": ""}
    assert case["price"]["payable_minor"] == 4_500
    assert [each["label"] for each in data["uncovered"]] == ["member", "minus-5"]
    path = write(tmp_path, FAILING.replace('total = ¥49.00  applied = [price "member"]', "total = ¥45.00"))
    status, output = run(capsys, "test", "--format", "json", path)
    assert (status, json.loads(output)["cases"][0]["price"]) == (0, None)
    assert json.loads(run(capsys, "test", "--format", "json", "--threshold", "50", path)[1])["passed"] is False


def test_files_with_errors_are_not_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: a misspelt fact is a mistake, not a failing test. Method: `levle` in a test, in both languages."""
    path = write(tmp_path, FAILING.replace("level: 3", "levle: 3"))
    status, output = run(capsys, "test", path)
    assert status == 1
    assert "error[TR-250]: there is no fact `buyer.levle`" in output
    assert "did you mean `level`?" in output
    assert "tests:" not in output
    assert "没有名为 `buyer.levle` 的事实" in run(capsys, "test", "--lang", "zh", path)[1]


def test_failures_as_diagnostics() -> None:
    """Goal: an engine that publishes tells of them as of every mistake. Method: TR-402 of a failing test, in both languages."""
    (found,) = report_of(FAILING).diagnostics()
    assert (found.code, found.span.line, found.severity) == ("TR-402", 8, "error")
    assert found.message("en").startswith('`test "t"` fails: total is ¥45.00, expected ¥49.00; applied is')
    assert found.message("zh").startswith('`test "t"` 未通过：total 应为 ¥49.00，实为 ¥45.00；applied')
    assert report_of(RULES).diagnostics() == []


def test_the_page_of_a_failing_test_shows_one() -> None:
    """Goal: the page tells the truth. Method: run both of its snippets."""
    page = (Path(__file__).parents[3] / "docs" / "diagnostics" / "TR-402.md").read_text(encoding="utf-8")
    example, fixed = (part.split("```")[0] for part in page.split("```tuan\n")[1:])
    assert [found.code for found in report_of(HEAD + example).diagnostics()] == ["TR-402"]
    assert report_of(HEAD + fixed).passed


def test_rules_without_facts_cannot_be_run() -> None:
    """Goal: an author of plugins is told. Method: a package with a condition, checked by a vocabulary without facts."""
    package = check([SourceFile("a", HEAD)], VOCABULARY).package
    assert package is not None
    assert run_tests(package, VOCABULARY).cases == ()


def test_the_failure_on_the_page_is_the_real_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Goal: the page shows what the command prints. Method: its snippet passes; with the total that it calls wrong, the shown text."""
    page = (Path(__file__).parents[3] / "docs" / "rules_language.md").read_text(encoding="utf-8")
    section = page.split("## Testing rules")[1]
    snippet = section.split("```tuan\n")[1].split("```")[0]
    assert run(capsys, "test", "--threshold", "100", write(tmp_path, snippet))[0] == 0
    path = write(tmp_path, snippet.replace("¥203.02", "¥203.00"), "members.tuan")
    shown = section.split("```text\n")[1].split("```")[0]
    status, output = run(capsys, "test", path)
    assert status == 1
    assert shown in output.replace(path, "members.tuan")
