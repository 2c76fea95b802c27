"""The words of a file as they are written, each with the comments beside it.

The formatter moves words and never spells them anew: `3d` stays `3d`, where the tree knows 259,200,000 ms.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from tuan_rules.source import SourceFile
from tuan_rules.syntax.nodes import Comment
from tuan_rules.syntax.parser import block_parser


@dataclass(slots=True)
class Word:
    """A token: its terminal in the grammar, its text, and where it stands.

    `before` are comments on lines of their own between the word before and this one, each with whether a blank line
    stood before it; `after` is the comment behind it on its line. Lines count from 1.
    """

    type: str
    text: str
    offset: int
    line: int
    end_line: int
    before: list[Remark] = field(default_factory=list)
    after: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment on a line of its own."""

    text: str
    line: int


#: Behind the last word of a file, to carry the comments at its end.
END = "$END"


def words_of(source: SourceFile, text: str, offset: int) -> Iterator[Word]:
    """The words of one readable block, of which `text` is the cleaned text at `offset` of the file."""
    for token in block_parser().parse_interactive(text, start="block").iter_parse():
        start = offset + (token.start_pos or 0)
        end = offset + (token.end_pos or 0)
        spelt = " ".join(token.split()) if token.type in ("IS_SET", "ALL_IN") else str(token)
        yield Word(token.type, spelt, start, source.position(start)[0], source.position(end)[0])


def attach(words: Sequence[Word], comments: Iterable[Comment]) -> None:
    """Give each comment to the word before it on its line, else to the word that follows. `words` end with `END`."""
    index = 0
    for comment in comments:
        while words[index].offset < comment.span.offset and words[index].type != END:
            index += 1
        before = words[index - 1] if index else None
        if before is not None and before.end_line == comment.span.line:
            before.after = comment.text.rstrip()
        else:
            words[index].before.append(Remark(comment.text.rstrip(), comment.span.line))


def width(text: str) -> int:
    """Columns in an editor: Chinese characters take two, combining accents none."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
