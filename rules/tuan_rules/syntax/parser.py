"""Third stage: one block of text to a Lark tree, by LALR(1)."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from lark import Lark, Token, Tree

RESERVED_WORDS = (
    "and", "or", "not", "in", "under", "within", "by", "per", "of", "from", "until", "then", "each", "where", "true",
    "false", "if", "else", "null",
)  # fmt: skip


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


def parse_block(text: str) -> Tree[Token]:
    """Parse the text of one block. Raises lark.UnexpectedInput."""
    return block_parser().parse(text, start="block")
