"""The formatter: idempotent, the same tree, no comment lost, nothing but the layout."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.unit.rules.campaign import examples
from tests.unit.rules.test_canonical import BLOCKS
from tests.unit.rules.test_golden import CASES
from tuan_rules import Severity, SourceFile
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.format import document
from tuan_rules.format.document import format_source
from tuan_rules.format.tokens import width
from tuan_rules.format.values import LINE_MAX
from tuan_rules.syntax import nodes
from tuan_rules.syntax.canonical import render_block
from tuan_rules.syntax.parser import block_parser
from tuan_rules.syntax.read import read_document

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "rules" / "examples").glob("*.tuan"))
SKETCH = Path(__file__).parent / "data" / "full-sketch.tuan"


def formatted(text: str) -> str:
    """The text in its layout; it must be readable."""
    found = format_source(SourceFile("t.tuan", text))
    assert found.text is not None, found.diagnostics
    return found.text


def read(text: str) -> nodes.Document:
    """The tree of a text."""
    return read_document(SourceFile("t.tuan", text), Reporter())


def comments_of(tree: nodes.Document) -> list[str]:
    """The comments of a file, in order."""
    found = [comment for block in tree.blocks for comment in block.comments] + list(tree.comments)
    return [comment.text.rstrip() for comment in found]


def holds(text: str) -> None:
    """The three promises, for a readable text."""
    once = formatted(text)
    before, after = read(text), read(once)
    assert after == before
    assert comments_of(after) == comments_of(before)
    assert formatted(once) == once
    assert not any(line != line.rstrip() for line in once.splitlines())


GAPS = st.sampled_from(
    [" ", " ", " ", "   ", "\n", "\n\n\n", " // one\n", "\n// two（全角）\n", "\n\n  // three \n\n", "\n//\n//}\n"]
)


@st.composite
def files(draw: st.DrawFn) -> str:
    """Blocks of every kind of node, their words pulled apart by blanks, line ends and comments at random."""
    text = draw(GAPS)
    for block in draw(st.lists(BLOCKS, min_size=1, max_size=3)):
        plain = render_block(block)
        if draw(st.booleans()):
            text += plain.replace("\n", draw(st.sampled_from([" ", "\n", "\n\n"]))) + draw(GAPS)
            continue
        end = 0
        for token in block_parser().parse_interactive(plain, start="block").iter_parse():
            between = plain[end : token.start_pos]
            rare = draw(st.integers(0, 5)) == 0
            # Without a gap in the plain text there is none to be put in everywhere: `¥` and its amount are one word.
            text += (draw(GAPS) if rare else between or " ") + str(token)
            end = token.end_pos or 0
        text += draw(GAPS)
    return text


@settings(max_examples=examples(100, 20_000), deadline=None)
@given(files())
def test_generated_files(text: str) -> None:
    """Goal: idempotent, the same tree, no comment lost. Method: Hypothesis scatters words and comments of random trees."""
    report = Reporter()
    tree = read_document(SourceFile("t.tuan", text), report)
    # A line end can join two fields into another reading (`x = is` before `set = 1`): such a text is no case.
    assume(not tree.broken and not report.has_errors)
    holds(text)


@settings(max_examples=examples(60, 20_000), deadline=None)
@given(BLOCKS)
def test_formatting_a_rendered_tree(block: nodes.BlockNode) -> None:
    """Goal: parse(fmt(tree)) == tree. Method: Hypothesis builds trees of every kind of node."""
    assert read(formatted(render_block(block))).blocks == (block,)


@pytest.mark.parametrize("path", [*EXAMPLES, *CASES, SKETCH], ids=lambda path: path.stem)
def test_files_of_the_repository(path: Path) -> None:
    """Goal: the promises hold for real files, and what cannot be read is not touched. Method: every rule file here."""
    source = SourceFile.read(path)
    found = format_source(source)
    if found.text is None:
        assert any(diagnostic.severity is Severity.ERROR for diagnostic in found.diagnostics)
    else:
        holds(source.text)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_are_formatted(path: Path) -> None:
    """Goal: merchants copy the one layout, and it is no wider than a screen. Method: format each and find no difference."""
    text = SourceFile.read(path).text
    assert formatted(text) == text
    assert max(width(re.sub(r"(^|  )//.*", "", line)) for line in text.splitlines()) <= LINE_MAX


def test_the_layout() -> None:
    """Goal: the layout is the documented one. Method: a crooked file and the straight one, compared as text."""
    crooked = """
// head


package  “a”  { version="1.0.0"   zone = "UTC" currency="CNY" }
sale "one" {

  on = line.sku in [ "S1","S2", ]   price=set( ￥1.00 )  // bargain
    // why
  limit = 1 per buyer,2 per device per 24h


  level 1 { rate = 8% }
  level "second" { rate=3%  }
  given = { a : 1 , b : [ ] , c : - x } empty { } } // end
other "x" {}
// tail"""
    assert formatted(crooked) == (
        """\
// head

package "a" { version = "1.0.0"  zone = "UTC"  currency = "CNY" }

sale "one" {
  on    = line.sku in ["S1", "S2"]
  price = set(¥1.00)  // bargain
  // why
  limit = 1 per buyer, 2 per device per 24h

  level 1        { rate = 8% }
  level "second" { rate = 3% }
  given = { a: 1, b: [], c: -x }
  empty {}
}  // end

other "x" {}
// tail
"""
    )


def test_long_values_are_broken() -> None:
    """Goal: no line beyond 100 columns where one can be broken. Method: long lists, chains, records and nested calls."""
    goods = ", ".join(f'"S{number:04}"' for number in range(40))
    text = f"""
sale "long" {{
  on = line.sku in [{goods}]
  when = buyer.level >= 3 and referral.user != buyer.id and (buyer.credit ?? 0) >= 40 and cart.subtotal >= ¥200.00
  pay = refund(route: original, note: "a text of some length, to fill the line") then grant(coupon "care-5", count: 3)
  limit = 1 per buyer per 24h, 2 per device per 24h, 3 per address per 24h, 4 per buyer per 7d, 5 per device per 7d
}}
"""
    expected = """\
sale "long" {
  on    = line.sku in [
    "S0000", "S0001", "S0002", "S0003", "S0004", "S0005", "S0006", "S0007", "S0008", "S0009",
    "S0010", "S0011", "S0012", "S0013", "S0014", "S0015", "S0016", "S0017", "S0018", "S0019",
    "S0020", "S0021", "S0022", "S0023", "S0024", "S0025", "S0026", "S0027", "S0028", "S0029",
    "S0030", "S0031", "S0032", "S0033", "S0034", "S0035", "S0036", "S0037", "S0038", "S0039",
  ]
  when  = buyer.level >= 3
      and referral.user != buyer.id
      and (buyer.credit ?? 0) >= 40
      and cart.subtotal >= ¥200.00
  pay   = refund(route: original, note: "a text of some length, to fill the line")
      then grant(coupon "care-5", count: 3)
  limit = 1 per buyer per 24h,
      2 per device per 24h,
      3 per address per 24h,
      4 per buyer per 7d,
      5 per device per 7d
}
"""
    assert formatted(text) == expected
    holds(text)


def test_line_ends_are_kept() -> None:
    """Goal: a file from Windows stays one. Method: format the same rules with both line ends and a byte-order mark."""
    text = 'a "x" {\n  b = 1 // c\n\n}\n'
    assert formatted(text) == 'a "x" {\n  b = 1  // c\n}\n'
    assert formatted("\ufeff" + text.replace("\n", "\r\n")) == 'a "x" {\r\n  b = 1  // c\r\n}\r\n'


def test_an_unreadable_file_is_not_touched() -> None:
    """Goal: no guess at what is meant. Method: a lost brace, a foreign quotation mark, and only a wrong name."""
    assert format_source(SourceFile("t", 'a "x" { b = 1')).text is None
    assert [d.code for d in format_source(SourceFile("t", "a 'x' { b = 1 }")).diagnostics] == ["TR-005"]
    assert formatted('nonsense "x" { b =  1 }') == 'nonsense "x" { b = 1 }\n'


def test_a_fault_of_the_formatter_is_not_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: rules never change by formatting, whatever fault is in it. Method: a layout that drops what it has."""
    monkeypatch.setattr(document, "write_items", lambda *_: None)
    with pytest.raises(RuntimeError, match="would change the rules"):
        format_source(SourceFile("t.tuan", "a { b = 1 }"))
