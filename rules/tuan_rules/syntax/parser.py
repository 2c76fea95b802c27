"""Third stage: one block of text to a tree, by LALR(1).

What tree a block has depends on the terminals of its words alone, never on their text, and the rules of a merchant have few shapes. So
Lark parses each shape once; the next block of that shape has the same tree, in which words are numbers.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from lark import Lark, Token, Tree, UnexpectedInput

from tuan_rules.syntax.words import Words, words_of

RESERVED_WORDS = (
    "and", "or", "not", "in", "under", "within", "by", "per", "of", "from", "until", "then", "each", "where", "true",
    "false", "if", "else", "null",
)  # fmt: skip

#: Shapes that are remembered, of blocks of at most so many words: some 4 KB each, so that all of them are a few MB.
SHAPES_MAX = 1024
SHAPE_WORDS_MAX = 250


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of a tree: the name of its rule, and its children, of which the words are numbers.

    `branches`: the children that are no words. `first`, `last`: the words where it begins and ends.
    """

    data: str
    children: tuple[Any, ...]
    branches: tuple[Branch, ...]
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """A tree, and the words that it is about."""

    tree: Branch
    words: Words


def grammar_text() -> str:
    """The grammar as shipped in `grammar.lark`."""
    return resources.files("tuan_rules.syntax").joinpath("grammar.lark").read_text(encoding="utf-8")


@lru_cache(maxsize=2)
def block_parser(*, strict: bool = False) -> Lark:
    """The parser of one block or one expression; `strict` (needs lark[interegular]) proves it without conflicts."""
    return Lark(
        grammar_text(),
        parser="lalr",
        start=["block", "expression"],
        maybe_placeholders=False,
        strict=strict,
    )


def parse_block(text: str) -> Parsed:
    """Parse the text of one block. Raises lark.UnexpectedInput."""
    words = words_of(text, block_parser())
    if words is not None and len(words.types) <= SHAPE_WORDS_MAX:
        tree = _shape(words.types)
        if tree is not None:
            return Parsed(tree, words)
    return _parsed(block_parser().parse(text, start="block"))


@lru_cache(maxsize=SHAPES_MAX)
def _shape(types: tuple[str, ...]) -> Branch | None:
    """The tree of words of these terminals; None where there is none, or where a word means something else by its place."""
    parser = block_parser().parse_interactive(start="block")
    try:
        for number, terminal in enumerate(types):
            parser.feed_token(Token(terminal, "", start_pos=number))
        tree: Tree[Token] = parser.feed_eof()  # type: ignore[no-untyped-call]
    except UnexpectedInput:
        return None
    return _branch(tree, {number: number for number in range(len(types))})


def _parsed(tree: Tree[Token]) -> Parsed:
    """A tree of Lark's, its words numbered as they come."""
    tokens = list(tree.scan_values(lambda value: isinstance(value, Token)))
    starts = [token.start_pos or 0 for token in tokens]
    words = Words(
        tuple(token.type for token in tokens), [str(token) for token in tokens], starts,
        [token.end_pos or 0 for token in tokens],
    )  # fmt: skip
    return Parsed(_branch(tree, {start: number for number, start in enumerate(starts)}), words)


def _branch(tree: Tree[Token], numbers: Mapping[int, int]) -> Branch:
    """`numbers`: of the words, by where they begin."""
    children = tuple(
        [
            _branch(child, numbers) if isinstance(child, Tree) else numbers[child.start_pos or 0]
            for child in tree.children
        ]
    )
    first, last = children[0], children[-1]
    return Branch(
        sys.intern(str(tree.data)),
        children,
        tuple([child for child in children if isinstance(child, Branch)]),
        first.first if isinstance(first, Branch) else first,
        last.last if isinstance(last, Branch) else last,
    )
