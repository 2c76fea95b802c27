"""First stage: keyboard characters. Full-width punctuation becomes ASCII, quotes are paired, comments are found.

Every replacement is one character for one, so offsets into the cleaned text are offsets into the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tuan_rules.diagnostics.model import Fix
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.source import SourceFile
from tuan_rules.syntax.nodes import Comment

#: Full-width forms (U+FF01 to U+FF5E) and the marks that Chinese keyboards produce instead of ASCII ones.
WIDE = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {
    "\u3000": " ", "￥": "¥", "￡": "£", "￦": "₩", "、": ",", "【": "[", "】": "]", "“": '"', "”": '"',
}  # fmt: skip

_PIECES = re.compile(
    r"""(?P<comment>//[^\n]*)
      | (?P<text>"(?:[^"\\\n]|\\.)*")
      | (?P<wide_text>[“”](?:[^"“”\\\n]|\\.)*["“”] | "(?:[^"”\\\n]|\\.)*”)
      | (?P<single>['‘’][^'‘’"\n]*['‘’])
      | (?P<open>["“”'‘’][^\n]*)
      | (?P<wide>[\uff01-\uff5e\u3000￥￡￦、【】]+)""",
    re.VERBOSE,
)
#: Control, zero-width and bidirectional characters: with them a reviewer reads another rule than the engine
#: ("Trojan Source", CVE-2021-42574).
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\uffff\ud800-\udfff\U000e0000-\U000e0fff]+"
    # Alone it ends a line in editors, and none here: what such an editor shows below a comment would be part of the comment.
    r"|(?:\r(?!\n))+"
)


@dataclass(frozen=True, slots=True)
class CleanText:
    """`text` is for the lexer; `skeleton` is the same with texts and comments blanked, for counting brackets.

    `broken` are offsets of mistakes that make the block around them unreadable.
    """

    source: SourceFile
    text: str
    skeleton: str
    comments: tuple[Comment, ...]
    broken: tuple[int, ...]


def normalise(source: SourceFile, report: Reporter) -> CleanText:
    """Clean the text of a file, reporting TR-002 to TR-005."""
    return _Normaliser(source, report).run()


class _Normaliser:
    def __init__(self, source: SourceFile, report: Reporter) -> None:
        self.source = source
        self.report = report
        self.comments: list[Comment] = []
        self.broken: list[int] = []
        self._open_line = 0

    def run(self) -> CleanText:
        visible = _INVISIBLE.sub(self._invisible, self.source.text)
        text: list[str] = []
        skeleton: list[str] = []
        end = 0
        for match in _PIECES.finditer(visible):
            between = visible[end : match.start()]
            clean, structure = self._piece(match)
            text += (between, clean)
            skeleton += (between, structure)
            end = match.end()
        return CleanText(
            self.source,
            "".join(text) + visible[end:],
            "".join(skeleton) + visible[end:],
            tuple(self.comments),
            tuple(sorted(self.broken)),
        )

    def _invisible(self, match: re.Match[str]) -> str:
        # A byte-order mark at the very start is what Windows editors write; it means nothing.
        if not (match.start() == 0 and match.group() == "\ufeff"):
            span = self.source.span(match.start(), match.end())
            fix = Fix(span, " " if match.group()[0] == "\r" else "")
            self.report.add("TR-003", span, fix=fix, found=f"U+{ord(match.group()[0]):04X}")
            around = (
                self.source.text[max(0, match.start() - 1) : match.start()]
                + self.source.text[match.end() : match.end() + 1]
            )
            # A blank in its place would tear a word in two: reading on would report a second mistake.
            if not any(char.isspace() for char in around):
                self.broken.append(match.start())
        return " " * len(match.group())

    def _piece(self, match: re.Match[str]) -> tuple[str, str]:
        piece = match.group()
        blank = " " * len(piece)
        if match.lastgroup == "text":
            return piece, blank
        span = self.source.span(match.start(), match.end())
        match match.lastgroup:
            case "comment":
                self.comments.append(Comment(span, piece.rstrip("\r")))
                return blank, blank
            case "wide_text":
                fixed = f'"{piece[1:-1]}"'
                self.report.add("TR-002", span, fix=Fix(span, fixed), found=piece[0] + piece[-1], replacement='""')
                return fixed, blank
            case "single":
                fixed = f'"{piece[1:-1]}"'
                self.report.add("TR-005", span, fix=Fix(span, fixed), text=piece[1:-1])
                return fixed, blank
            case "open":
                # A text over two lines has its other quotation mark at the end of the next: one mistake.
                ends_one = span.line == self._open_line + 1 and not piece[1:].strip()
                if not ends_one:
                    self.report.add("TR-004", self.source.span(match.start(), match.start() + 1))
                self._open_line = 0 if ends_one else span.line
                self.broken.append(match.start())
                return blank, blank
        fixed = "".join(WIDE[char] for char in piece)
        self.report.add("TR-002", span, fix=Fix(span, fixed), found=piece, replacement=fixed)
        return fixed, fixed
