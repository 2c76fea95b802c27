"""Hostile and random input: a diagnostic or a valid file, never an exception, never more than a second."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.rules.test_golden import CASES
from tests.unit.rules.vocabulary_for_tests import VOCABULARY
from tuan_rules import SourceFile, apply_fixes, check, render_json, render_sarif, render_text
from tuan_rules.syntax.parser import block_parser
from tuan_rules.syntax.read import FILE_BYTES_MAX

FULL = FILE_BYTES_MAX

# The grammar is loaded once per process; where lark's strict mode is installed that takes a second by itself.
block_parser()


def survive(text: str) -> None:
    """Check a text, render what was found and apply the fixes, within a second of CPU for the check."""
    source = SourceFile("hostile.tuan", text)
    begin = time.process_time()
    result = check([source], VOCABULARY)
    assert time.process_time() - begin < 1.0
    assert (result.package is None) == bool(result.errors)
    for language in ("en", "zh"):
        render_text(result.diagnostics, [source], language)
    render_json(result.diagnostics)
    render_sarif(result.diagnostics)
    apply_fixes(source, result.diagnostics)


def _filled(unit: str, head: str = "", tail: str = "") -> str:
    """`head`, as many of `unit` as the size allows, `tail`."""
    return head + unit * ((FULL - len((head + tail).encode())) // len(unit.encode())) + tail


HOSTILE = {
    "open braces": _filled("{"),
    "closed braces": _filled("}"),
    "open parentheses": _filled("(", "a { x = ", " }"),
    "heads": _filled("a{\n"),
    "heads in a row": _filled("a{"),
    "tiny blocks": _filled("a{}"),
    "tiny blocks on lines": _filled("a{}\n"),
    "stray braces on lines": _filled("a}\n"),
    "wrong brackets": _filled("a{(}\n"),
    "sums": _filled("1+", "a { x = ", "1 }"),
    "words": _filled("aaaa+", "a { x = ", "a }"),
    "nots": _filled("not ", "a { x = ", "a }"),
    "minuses": _filled("-", "a { x = ", "a }"),
    "coalesces": _filled("a??", "a { x = ", "a }"),
    "thens": _filled("a then ", "a { x = ", "a }"),
    "dots": _filled("a.", "a { x = ", "a }"),
    "fields": _filled("a=1 ", "package { ", "}"),
    "unknown fields": _filled("zzzz=1\n", "package { ", "}"),
    "unknown blocks": _filled("zzzzzzzzzzzzzzzzzzzzzzzzzz{}\n"),
    "quotes": _filled('"'),
    "wide quotes": _filled("“"),
    "quotes on lines": _filled('"\n'),
    "apostrophes": _filled("'"),
    "backslashes": _filled("\\", 'a { x = "'),
    "escaped quotes": _filled('\\"', 'a { x = "', '" }'),
    "slashes": _filled("/"),
    "comment of quotes": _filled('"', "// "),
    "digits": _filled("9", "a { x = ", " }"),
    "units": _filled("9h", "a { x = ", " }"),
    "spaced units": _filled("9h ", "a { x = ", " }"),
    "underscores": _filled("_", "a { x = 1", " }"),
    "decimal places": _filled("9", "a { x = ¥0.", " }"),
    "colons": _filled("1:", "a { x = ", " }"),
    "dates": _filled("2027-01-", "a { x = ", " }"),
    "wide characters": _filled("（", "a { x = ", " }"),
    "alternating wide": _filled("（a", "a { x = ", " }"),
    "invisible": _filled("\u200b"),
    "alternating invisible": _filled("a\u200b", "a { x = ", " }"),
    "combining accents": _filled("\u0301", "a { x = e", " }"),
    "nulls": "\x00" * FULL,
    "surrogates": "\ud800" * 1000,
    "blank": " " * FULL,
    "line feeds": "\n" * FULL,
    "carriage returns": "\r" * FULL,
    "goods": _filled('"A1",', 'flash_sale "e" { on = line.sku in [', "] }"),
    "limits": _filled("1 per a,", "a { x = ", "1 per a }"),
    "record entries": _filled("a:1,", "a { x = {", "} }"),
    "labels": _filled('"a"', "a ", " { }"),
    "numeric labels": _filled("1 ", "a ", " { }"),
    "references": _filled('a "b",', "a { x = [", "] }"),
    "nested to the bound": "a { x = " + "[" * 31 + "]" * 31 + " }",
    "nested blocks": _filled("a{", "", "") + "}",
    "too long": " " * (FULL + 1),
    "much too long": "a" * 5_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text(name: str) -> None:
    """Goal: no text blows up. Method: 64 KiB of what is dear in a splitter, a lexer, a parser or a recursive walk."""
    survive(HOSTILE[name])


TOKENS = st.sampled_from(
    """package campaign flash_sale plan stack test define rounding "a" "晚场" “ ” ' { } ( ) [ ] = == => < , : ; . ?? + - * /
    % 1 2h 30min 9.8折 88折 ¥1.50 ￥ ¥35.005 KWD $5 90% 10:00 2027-02-10 2027-2-3 Asia/Shanghai +08:00 from until per of by
    within each in where under and or not is set all then true on price active sessions stock limit daily at for line.sku
    line.category buyer a.b __class__ # // && （ ） ，\u200b \\ \x00""".split()
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(TOKENS, max_size=60), st.sampled_from([" ", "", "\n"]))
def test_random_tokens(tokens: list[str], between: str) -> None:
    """Goal: nothing that looks like rules raises. Method: random sequences of the language's own pieces."""
    survive(between.join(tokens))


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300))
def test_random_text(text: str) -> None:
    """Goal: no text raises. Method: random Unicode, surrogates and control characters included."""
    survive(text)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_mutated_files(data: st.DataObject) -> None:
    """Goal: a slip of the hand is a diagnostic. Method: delete, double, swap or insert in real files."""
    text = data.draw(st.sampled_from(CASES)).read_bytes().decode()
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 12)))
        inserted = data.draw(
            st.sampled_from(["", text[start:end] * 2, "}", "{", '"', ")", "=", ",", "，", "9", " ", "\n"])
        )
        text = text[:start] + inserted + text[end:]
    survive(text)
