"""Words and trees by shape: the same as Lark's own lexer and parser find. Method: compare both over all examples and the broken corpus."""

from __future__ import annotations

from pathlib import Path

import pytest
from lark import Token, Tree, UnexpectedInput

from tuan_rules import SourceFile
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.syntax.blocks import split_blocks
from tuan_rules.syntax.normalise import normalise
from tuan_rules.syntax.parser import Branch, Parsed, _shape, block_parser, parse_block
from tuan_rules.syntax.words import words_of

RULES = Path(__file__).parents[3] / "rules"
FILES = sorted([*RULES.glob("examples/*.tuan"), *RULES.glob("corpus/bad/**/*.tuan")])


def blocks() -> list[str]:
    """The text of every block of these files that can be told apart."""
    found: list[str] = []
    for file in FILES:
        clean = normalise(SourceFile(file.name, file.read_bytes().decode(errors="replace")), Reporter())
        found += [clean.text[segment.start : segment.end] for segment in split_blocks(clean, Reporter()).segments]
    return found


def shown(tree: Tree[Token]) -> object:
    """Lark's tree as rules, terminals, texts and places."""
    return (
        str(tree.data),
        [shown(c) if isinstance(c, Tree) else (c.type, str(c), c.start_pos, c.end_pos) for c in tree.children],
    )


def ours(parsed: Parsed, node: Branch | int) -> object:
    """The same of ours."""
    words = parsed.words
    if isinstance(node, int):
        return (words.types[node], words.texts[node], words.starts[node], words.ends[node])
    return (node.data, [ours(parsed, child) for child in node.children])


def test_every_block_has_the_tree_that_lark_gives_it() -> None:
    """Goal: shapes change nothing. Method: what Lark reads gives its tree, twice, and what it refuses is refused."""
    read = refused = 0
    for text in blocks():
        try:
            expected = shown(block_parser().parse(text, start="block"))
        except UnexpectedInput:
            refused += 1
            with pytest.raises(UnexpectedInput):
                parse_block(text)
            continue
        read += 1
        for _ in range(2):
            parsed = parse_block(text)
            assert ours(parsed, parsed.tree) == expected
    assert read > 300
    assert refused > 30


def test_blocks_of_one_shape_are_parsed_once() -> None:
    """Goal: 10,000 rules are not parsed 10,000 times. Method: count the shapes that are made for blocks that differ in texts alone."""
    _shape.cache_clear()
    for number in range(50):
        parse_block(f'price "r{number}" {{ when = cart.subtotal >= ¥{number}.50  give = off({number}%) }}')
    assert _shape.cache_info().misses == 1


def test_what_has_no_shape_is_left_to_lark() -> None:
    """Goal: shapes never make up a block, and Lark alone says what is wrong. Method: words that fit no tree, and a text that is no word."""
    text = "b { is set = 1 }"
    words = words_of(text, block_parser())
    assert words is not None and "IS_SET" in words.types
    with pytest.raises(UnexpectedInput):
        parse_block(text)
    assert words_of("b { x = \\ }", block_parser()) is None
