"""The page about the language tells the truth: snippets check, the reference is the vocabulary, limits are the code's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY, SCHEMAS, VOCABULARY
from tuan_rules import SourceFile, Vocabulary, check, render_text, schema, standard_vocabulary
from tuan_rules.checking import prices, scalars
from tuan_rules.diagnostics import report
from tuan_rules.pricing import Cart, CartLine, Ruleset
from tuan_rules.reference import markdown_facts, markdown_names, markdown_reference
from tuan_rules.syntax import blocks, build, literals, read
from tuan_rules.syntax.parser import RESERVED_WORDS

PAGE = (Path(__file__).parents[3] / "docs" / "rules_language.md").read_text(encoding="utf-8")
SNIPPETS = re.findall(r"^```tuan(?: wrong (TR-\d+))?\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
PACKAGE = 'package "a" { version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }\n'


@pytest.mark.parametrize(("code", "snippet"), SNIPPETS)
def test_snippets_check(code: str, snippet: str) -> None:
    """Goal: what the page shows works, and what it calls wrong has that code. Method: check each snippet."""
    text = snippet if "package" in snippet else snippet + PACKAGE
    found = {diagnostic.code for diagnostic in check([SourceFile("page.tuan", text)], MARKET_VOCABULARY).diagnostics}
    assert found - {"FS-001"} == ({code} if code else set())


def test_the_page_has_snippets_of_both_kinds() -> None:
    """Goal: the pattern above still finds them. Method: count."""
    assert sum(1 for code, _ in SNIPPETS if code) >= 2
    assert sum(1 for code, _ in SNIPPETS if not code) >= 3


def test_the_shown_diagnostic_is_the_real_one() -> None:
    """Goal: the message on the page is what the command prints. Method: render the snippet before it."""
    snippet = next(text for code, text in SNIPPETS if code == "TR-102")
    source = SourceFile("evening.tuan", snippet + PACKAGE)
    shown = re.search(r"```text\n(.*?)```", PAGE.split("## Mistakes")[1], re.DOTALL)
    assert shown is not None
    found = [diagnostic for diagnostic in check([source], MARKET_VOCABULARY).diagnostics if diagnostic.code == "TR-102"]
    assert render_text(found, [source]) == shown[1]


def test_written_values_parse_as_their_type() -> None:
    """Goal: the table of values is right. Method: put each example into a field of a type that takes it."""
    rows = re.findall(
        r"^\| (\w[\w ]*) \| (`.*?) \|", PAGE.split("## Values")[1].split("## Conditions")[0], re.MULTILINE
    )
    assert len(rows) >= 17
    for name, written in rows:
        for example in re.findall(r"`([^`]+)`", written):
            if example not in ("$5", "£1.95", "KWD 1.250", "half_up", '"..."'):
                text = PACKAGE + f'test "t" {{ at = 2027-02-10  given = {{ x: {example.split(", 2 per")[0]} }} }}'
                assert check([SourceFile("t", text)], VOCABULARY).errors == (), (name, example)


def test_reference_is_the_vocabulary() -> None:
    """Goal: the reference of blocks, facts and events is complete. Method: it is what the program generates."""
    assert PAGE.endswith(markdown_reference(MARKET_VOCABULARY) + "\n")
    assert f"\n\n{markdown_facts(MARKET_VOCABULARY)}\n\n" in PAGE


def test_names_in_chinese_are_listed() -> None:
    """Goal: every Chinese name can be looked up. Method: it is what the program generates."""
    assert f"\n\n{markdown_names(MARKET_VOCABULARY, 'zh')}\n\n" in PAGE


def test_reserved_words_and_types_are_listed() -> None:
    """Goal: no reserved word and no type is missing. Method: look each up on the page."""
    assert ", ".join(f"`{word}`" for word in RESERVED_WORDS) in PAGE
    types = PAGE.split("## Writing a vocabulary")[1].split("## Grammar")[0]
    for kind in schema.Kind:
        assert kind.name in types, kind


def test_limits_are_those_of_the_code() -> None:
    """Goal: the numbers on the page are the constants. Method: compare one by one."""
    limits = PAGE.split("## Limits")[1].split("## Facts and events")[0].replace(",", "")
    assert f"{read.FILE_BYTES_MAX // 1024} KiB {read.TOKENS_MAX} words and signs {blocks.BLOCKS_MAX} blocks" in limits
    for row in (
        f"| brackets inside each other | {blocks.NESTING_MAX} |",
        f"| digits of a number | {literals.DIGITS_MAX} |",
        f"| a text | {scalars.TEXT_MAX} characters; a label 100 |",
        f"| words in a path | {build.PATH_MAX} |",
        f"goods {prices.GOODS_MAX} |",
        f"| {report.DIAGNOSTICS_MAX} errors and {report.DIAGNOSTICS_MAX} others |",
    ):
        assert row in limits, row


def _run_python(number: int) -> dict[str, object]:
    code = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[number]
    names: dict[str, object] = {}
    exec(compile(code, "page", "exec"), names)
    return names


def test_the_python_example_runs() -> None:
    """Goal: an author can copy the block. Method: execute the snippet and check a rule with its vocabulary."""
    half_price = _run_python(0)["HALF_PRICE"]
    assert isinstance(half_price, schema.BlockSchema)
    text = PACKAGE + 'second_at_half_price "s" { on = line.sku in ["S1"]  rate = 60% }'
    found = check([SourceFile("t", text)], Vocabulary((*SCHEMAS, half_price))).diagnostics
    assert [diagnostic.code for diagnostic in found] == ["HP-001"]


def test_the_example_of_predicates_runs() -> None:
    """Goal: an author can copy predicates and actions. Method: execute the snippet; use both predicates, one by its Chinese name."""
    words = _run_python(1)["VOCABULARY"]
    assert isinstance(words, list)
    vocabulary = standard_vocabulary(words)
    assert sorted(vocabulary.actions) == ["raffle_ticket"]
    stack = 'stack "s" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }\n'
    rule = (
        'price "p" { when = 是熟客(2, 3) and (is_holiday("2027-05-01") ?? false)  give = off(10%)  stack = stack "s" }'
    )
    result = check([SourceFile("t", PACKAGE + stack + rule)], vocabulary)
    assert result.package is not None, result.diagnostics
    for units, total in ((3, 27_00), (2, 20_00)):
        cart = Cart([CartLine("S1", units, 10_00)], 0, {"buyer": {"level": 2}})
        assert Ruleset.of([result.package], vocabulary).price(cart).total_minor == total
