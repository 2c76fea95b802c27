"""Source files and spans: where in which file a thing stands."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path


@dataclass(slots=True, unsafe_hash=True)
class Span:
    """A half-open range of characters. Lines and columns count from 1, offsets from 0, all in characters.

    Never changed once made. It is not declared frozen because that makes a new one cost three times as much, and a check makes some
    thirty for each block.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    offset: int
    end_offset: int

    def contains(self, other: Span) -> bool:
        """Whether the other span lies in this one."""
        return self.file == other.file and self.offset <= other.offset and other.end_offset <= self.end_offset

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of the other one (same file)."""
        return Span(self.file, self.line, self.column, other.end_line, other.end_column, self.offset, other.end_offset)


@dataclass(frozen=True)
class SourceFile:
    """A rule file: `name` as diagnostics show it, and its whole text."""

    name: str
    text: str

    @classmethod
    def read(cls, path: Path | str) -> SourceFile:
        """Read a UTF-8 file without translating its line ends. Raises OSError, or ValueError that names the file."""
        raw = Path(path).read_bytes()
        try:
            return cls(str(path), raw.decode("utf-8"))
        except UnicodeDecodeError as error:
            # Editors on Chinese Windows save as GBK unless told otherwise.
            line = raw.count(b"\n", 0, error.start) + 1
            raise ValueError(f"{path}:{line}: not UTF-8; save the file as UTF-8 (请另存为 UTF-8 编码)") from None

    @cached_property
    def line_starts(self) -> list[int]:
        """Offset of the first character of each line; only a line feed ends a line."""
        return [0] + [offset + 1 for offset, char in enumerate(self.text) if char == "\n"]

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset, both from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def span(self, offset: int, end_offset: int) -> Span:
        """The span of `text[offset:end_offset]`, clipped to the file."""
        end_offset = min(max(end_offset, 0), len(self.text))
        offset = min(max(offset, 0), end_offset)
        starts = self.line_starts
        line = end_line = bisect_right(starts, offset)
        # Nearly everything ends on the line where it begins, and a check asks for some thirty spans a block.
        if line < len(starts) and end_offset >= starts[line]:
            end_line = bisect_right(starts, end_offset)
        return Span(
            self.name, line, offset - starts[line - 1] + 1, end_line, end_offset - starts[end_line - 1] + 1, offset, end_offset
        )  # fmt: skip

    def line(self, number: int) -> str:
        """The text of a line, without its line end."""
        start = self.line_starts[number - 1]
        end = self.text.find("\n", start)
        return self.text[start : len(self.text) if end < 0 else end].rstrip("\r")
