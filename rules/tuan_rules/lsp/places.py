"""Offsets in a file to positions of the protocol and back: lines from 0, columns in the units that both sides agreed on."""

from __future__ import annotations

from bisect import bisect_right

from lsprotocol import types

from tuan_rules.source import SourceFile, Span


class Places:
    """Positions of one text. `encoding` is utf-16 (what most editors count), utf-8 or utf-32."""

    def __init__(self, source: SourceFile, encoding: str) -> None:
        self.source = source
        self._encoding = f"{encoding}-le" if encoding != "utf-8" else encoding
        self._unit = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]

    def position(self, offset: int) -> types.Position:
        """Where an offset stands."""
        starts = self.source.line_starts
        line = bisect_right(starts, offset) - 1
        before = self.source.text[starts[line] : offset]
        return types.Position(line, len(before.encode(self._encoding, "surrogatepass")) // self._unit)

    def offset(self, position: types.Position) -> int:
        """The offset of a position; the nearest one where the position lies outside."""
        starts = self.source.line_starts
        if position.line >= len(starts):
            return len(self.source.text)
        text = self.source.line(position.line + 1).encode(self._encoding, "surrogatepass")
        before = text[: position.character * self._unit].decode(self._encoding, "ignore")
        return starts[position.line] + len(before)

    def range(self, span: Span) -> types.Range:
        """The range of a span."""
        return self.between(span.offset, span.end_offset)

    def between(self, start: int, end: int) -> types.Range:
        """The range of two offsets."""
        return types.Range(self.position(start), self.position(end))

    @property
    def whole(self) -> types.Range:
        """The range of the whole text."""
        return self.between(0, len(self.source.text))
