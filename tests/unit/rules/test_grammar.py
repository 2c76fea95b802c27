"""The grammar: strict LALR, the whole sketch of the specification, precedence, reserved words."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from tests.unit.rules.vocabulary_for_tests import VOCABULARY
from tuan_rules import SourceFile, check
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.syntax import nodes
from tuan_rules.syntax.canonical import render
from tuan_rules.syntax.parser import RESERVED_WORDS, block_parser, grammar_text
from tuan_rules.syntax.read import read_block, read_document

SKETCH = Path(__file__).parent / "data" / "full-sketch.tuan"


def value_of(text: str) -> nodes.Expression:
    """The expression of a field, which must be readable without a remark."""
    block, report = read_block(f"b {{ x = {text} }}")
    assert report.sorted() == ()
    assert block is not None
    return block.fields[0].value


def test_grammar_is_strict_lalr() -> None:
    """Goal: no conflict and no two terminals for one text. Method: build it with lark's strict mode, and parse with it."""
    parser = block_parser(strict=True)
    assert parser.parse('b "x" { a = 1 per buyer, 2 per device per 24h }', start="block").data == "block"


def test_the_whole_sketch_parses() -> None:
    """Goal: the grammar is final. Method: read every block of the specification's sketch; nothing is remarked."""
    report = Reporter()
    document = read_document(SourceFile.read(SKETCH), report)
    assert report.sorted() == ()
    assert [block.kind for block in document.blocks] == [
        "package", "define", "campaign", "flash_sale", "group_buy", "stack", "price", "rounding", "commission", "risk",
        "test",
    ]  # fmt: skip
    assert document.broken == ()
    comments = [comment.text for block in document.blocks for comment in block.comments]
    assert comments == ["// half-open, package zone", "// 老带新"]


def test_the_sketch_checks_but_for_blocks_of_later_plugins() -> None:
    """Goal: known blocks of the sketch are typed. Method: with the test vocabulary only unknown names are reported."""
    result = check([SourceFile.read(SKETCH)], VOCABULARY)
    assert {diagnostic.code for diagnostic in result.diagnostics} == {"TR-101", "TR-102"}
    unknown = {d.message_en for d in result.diagnostics if d.code == "TR-101"}
    assert unknown == {"unknown block `group_buy`", "unknown block `price`", "unknown block `risk`"}


@pytest.mark.parametrize(
    ("text", "grouped"),
    [
        ("a or b and c", "a or (b and c)"),
        ("not a and b", "(not a) and b"),
        ("not a == b", "not (a == b)"),
        ("a ?? b < c", "(a ?? b) < c"),
        ("a ?? b + c", "a ?? (b + c)"),
        ("a + b * c - d", "(a + (b * c)) - d"),
        ("60% of a.b * 2", "(60% of a.b) * 2"),
        ("-a + b", "(-a) + b"),
        ("count(j) by d within 10min > 20 or x", "((count(j) by d within 10min) > 20) or x"),
        ("a + b in [c]", "(a + b) in [c]"),
        ("f(a) then g(b) then h(c)", "f(a) then g(b) then h(c)"),
        ("a is not set and b is set", "(a is not set) and (b is set)"),
    ],
)
def test_precedence(text: str, grouped: str) -> None:
    """Goal: one reading for each expression. Method: the same tree as with all parentheses, up to flat chains."""
    left, right = value_of(text), value_of(grouped)
    assert render(left) == render(right).replace("(a + b * c) - d", "a + b * c - d")


@pytest.mark.parametrize("word", RESERVED_WORDS)
def test_reserved_words_are_no_names(word: str) -> None:
    """Goal: a reserved word can stand nowhere as a name. Method: as field, block, path, argument, entry and variable."""
    texts = (
        f"b {{ {word} = 1 }}", f'{word} "x" {{ }}', f"b {{ x = a.{word} }}", f"b {{ x = f({word}: 1) }}",
        f"b {{ x = {{ {word}: 1 }} }}", f"b {{ x = count(each {word} in y) }}",
    )  # fmt: skip
    for text in texts:
        block, report = read_block(text)
        assert block is None
        assert len(report.sorted()) == 1


@pytest.mark.parametrize("word", RESERVED_WORDS)
def test_names_may_begin_with_reserved_words(word: str) -> None:
    """Goal: `android` and `index` are names. Method: extend each reserved word in places where the keyword could stand."""
    for suffix in ("x", "_x", "1", "团"):
        value = value_of(f"(a.b == {word}{suffix} or {word}{suffix})")
        assert isinstance(value, nodes.Operation)
        assert value.operands[1] == nodes.Path(value.span, (f"{word}{suffix}",))


def test_the_list_of_reserved_words_is_that_of_the_grammar() -> None:
    """Goal: messages and grammar agree. Method: find the alternatives in the pattern of NAME."""
    assert f"(?!(?:{'|'.join(RESERVED_WORDS)})" in grammar_text()


def test_words_that_are_no_reserved_words() -> None:
    """Goal: `is`, `set` and `all` stay usable. Method: as fields beside `is set`, `set(...)` and `all in`."""
    block, report = read_block("b { is = a is set  set = set(¥1)  all = x.y all in [1]  pick = all  in_ = all in [1] }")
    assert report.sorted() == ()
    assert block is not None
    assert [field.name for field in block.fields] == ["is", "set", "all", "pick", "in_"]
    assert block.fields[4].value == nodes.Comparison(
        block.span,
        "in",
        nodes.Path(block.span, ("all",)),
        nodes.ListExpression(block.span, (nodes.NumberLiteral(block.span, Fraction(1)),)),
    )


def test_names_are_composed() -> None:
    """Goal: two spellings of an accent are one name (NFC). Method: compare trees of both spellings."""
    assert value_of("cafe\u0301.a") == value_of("caf\u00e9.a")


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("9.8折", ("PercentLiteral", Fraction(98, 100))),
        ("12.5%", ("PercentLiteral", Fraction(1, 8))),
        ("2h 30min", ("DurationLiteral", 9_000_000)),
        ("2h30min", ("DurationLiteral", 9_000_000)),
        ("1.5h", ("DurationLiteral", 5_400_000)),
        ("3d", ("DurationLiteral", 259_200_000)),
        ("500_000", ("NumberLiteral", Fraction(500_000))),
        ("10:30", ("TimeLiteral", 630)),
    ],
)
def test_literals(text: str, node: tuple[str, object]) -> None:
    """Goal: literals are exact. Method: compare the node's value, which is an integer or a fraction."""
    value = value_of(text)
    held = {"PercentLiteral": "ratio", "DurationLiteral": "ms", "NumberLiteral": "value", "TimeLiteral": "minutes"}
    assert (type(value).__name__, getattr(value, held[node[0]])) == node


def test_money_with_sign_or_code() -> None:
    """Goal: both spellings carry their unit. Method: read ￥ typed on a Chinese keyboard, ¥, and an ISO code."""
    money = value_of("KWD 1.250")
    assert isinstance(money, nodes.MoneyLiteral)
    assert (money.unit, money.amount) == ("KWD", Fraction(5, 4))
    block, report = read_block("b { x = ￥29.90 }")
    assert block is not None
    assert block.fields[0].value == value_of("¥29.9")
    assert [diagnostic.code for diagnostic in report.sorted()] == ["TR-002"]
