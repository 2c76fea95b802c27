"""Second stage: where each top-level block begins and ends, so that a mistake in one does not hide the others."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from tuan_rules.diagnostics.model import Fix, Secondary
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.source import Span
from tuan_rules.syntax.nodes import BrokenBlock
from tuan_rules.syntax.normalise import CleanText

#: RULES.md, "Index, explain, safety". The tree is walked recursively: this bound also bounds the stack.
NESTING_MAX = 32
#: Each block costs a start of the parser, about 30 µs: 64 KiB of `a{}` would be 21,000 of them.
BLOCKS_MAX = 2000
#: Each lost brace costs a walk to the end of the file: without a bound, 64 KiB of `a{` would cost a minute.
RECOVERIES_MAX = 20

_BRACKETS = re.compile(r"[{}()\[\]]")
_BRACES = re.compile(r"[{}]")
_WORD = re.compile(r"\S")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_HEAD = re.compile(r'\s*([^\W\d]\w*)?(?:[ \t]*(?:"((?:[^"\\\n]|\\.)*)"|(\d+)))?')
#: A line that looks like the head of a block and is not indented: where reading resumes after a lost brace.
_FRESH_START = re.compile(r"^[^\W\d]\w*[^\n={}]*\{", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Segment:
    """The text of one top-level block, from its first word to its closing brace."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Split:
    """Segments to parse, and blocks that are known to be unreadable."""

    segments: tuple[Segment, ...]
    broken: tuple[BrokenBlock, ...]


def split_blocks(clean: CleanText, report: Reporter) -> Split:
    """Split at top-level braces, reporting TR-006, TR-007, TR-008, TR-015 and TR-017: one per unreadable block."""
    return _Splitter(clean, report).run()


class _Splitter:
    def __init__(self, clean: CleanText, report: Reporter) -> None:
        self.clean = clean
        self.report = report
        self.segments: list[Segment] = []
        self.broken: list[BrokenBlock] = []
        self.starts = [match.start() for match in _FRESH_START.finditer(clean.skeleton)]
        self.end = len(clean.skeleton)
        self.recoveries = 0

    def run(self) -> Split:
        position = 0
        while word := _WORD.search(self.clean.skeleton, position):
            start = word.start()
            if len(self.segments) == BLOCKS_MAX:
                self.report.add(
                    "TR-213",
                    self._span(start, self._line_end(start)),
                    what="the file",
                    what_zh="文件",
                    count=f"over {BLOCKS_MAX}",
                    unit="blocks",
                    unit_zh="个块",
                    limit=BLOCKS_MAX,
                )
                self._mark_broken(start, self.end)
                break
            if self.recoveries > RECOVERIES_MAX:
                self.broken.append(BrokenBlock(self.clean.source.span(start, self.end), "", ""))
                break
            position = self._block(start)
        return Split(tuple(self.segments), tuple(self.broken))

    def _block(self, start: int) -> int:
        """Read one block from `start`; return where the next may begin."""
        open_at: list[tuple[str, int]] = []
        deepest = 0
        for match in _BRACKETS.finditer(self.clean.skeleton, start):
            bracket, offset = match.group(), match.start()
            if bracket in _CLOSING:
                if not open_at and (resume := self._fresh_start(start, self.end + 1)) <= offset:
                    return self._outside(start, resume)
                open_at.append((bracket, offset))
                deepest = max(deepest, len(open_at))
            elif not open_at:
                self.recoveries += 1
                self.report.add("TR-007", self._span(offset, offset + 1))
                return offset + 1
            elif open_at[-1][0] != _PAIRS[bracket]:
                return self._mismatch(start, open_at, offset)
            else:
                open_at.pop()
                if not open_at and bracket == "}":
                    return self._finish(start, offset + 1, deepest)
        return self._unclosed(start, open_at) if open_at else self._outside(start, self.end)

    def _outside(self, start: int, resume: int) -> int:
        self.recoveries += 1
        if not self._is_broken(start, resume):
            foreign = next((sign for sign in ("#", "/*") if self.clean.skeleton.startswith(sign, start)), None)
            if foreign:
                hint_en, hint_zh = "; comments begin with `//`", "；注释用 `//`"
                here = self._span(start, start + len(foreign))
                fix = Fix(here, "//") if foreign == "#" else None
                self.report.add("TR-010", here, fix=fix, found=foreign, hint_en=hint_en, hint_zh=hint_zh)
            else:
                self.report.add("TR-015", self._span(start, self._line_end(start)))
        return resume

    def _finish(self, start: int, end: int, deepest: int) -> int:
        if self._is_broken(start, end):
            self._mark_broken(start, end)
        elif deepest > NESTING_MAX:
            self.report.add("TR-006", self._span(start, self._line_end(start)), depth=deepest, limit=NESTING_MAX)
            self._mark_broken(start, end)
        else:
            self.segments.append(Segment(start, end))
        return end

    def _mismatch(self, start: int, open_at: list[tuple[str, int]], offset: int) -> int:
        self.recoveries += 1
        opening, opened = open_at[-1]
        if not self._is_broken(start, offset):
            where = self.clean.source.span(opened, opened + 1)
            self.report.add(
                "TR-017",
                self._span(offset, offset + 1),
                secondary=(Secondary(where, "opened here", "在此打开"),),
                opening=opening,
                closing=self.clean.skeleton[offset],
                expected=_CLOSING[opening],
            )
        end = self._end_by_braces(start, offset, sum(1 for bracket, _ in open_at if bracket == "{"))
        self._mark_broken(start, end)
        return end

    def _unclosed(self, start: int, open_at: list[tuple[str, int]]) -> int:
        self.recoveries += 1
        resume = self._fresh_start(start, self.end)
        if not self._is_broken(start, resume):
            head = _HEAD.match(self.clean.text, start)
            text_end = start + len(self.clean.skeleton[start:resume].rstrip())
            self.report.add(
                "TR-008",
                self._span(open_at[0][1], open_at[0][1] + 1),
                fix=Fix(self.clean.source.span(text_end, text_end), "\n}") if len(open_at) == 1 else None,
                block=head.group().strip() if head else "",
            )
        self._mark_broken(start, resume)
        return resume

    def _end_by_braces(self, start: int, position: int, depth: int) -> int:
        """After a wrong bracket: where braces alone would end the block, else the next fresh start."""
        fresh = self._fresh_start(start, self.end)
        for match in _BRACES.finditer(self.clean.skeleton, position, fresh):
            depth += 1 if match.group() == "{" else -1
            if depth == 0:
                return match.end()
        return fresh

    def _fresh_start(self, start: int, default: int) -> int:
        """Where, after `start`, a line looks like the head of a block; `default` when none does."""
        index = bisect_right(self.starts, start)
        return self.starts[index] if index < len(self.starts) else max(default, start + 1)

    def _is_broken(self, start: int, end: int) -> bool:
        index = bisect_left(self.clean.broken, start)
        return index < len(self.clean.broken) and self.clean.broken[index] < end

    def _mark_broken(self, start: int, end: int) -> None:
        head = _HEAD.match(self.clean.text, start)
        kind, text, number = head.groups() if head else (None, None, None)
        self.broken.append(BrokenBlock(self.clean.source.span(start, end), kind or "", text or number or ""))

    def _line_end(self, start: int) -> int:
        end = self.clean.skeleton.find("\n", start)
        line = self.clean.skeleton[start : self.end if end < 0 else end]
        return start + max(1, len(line.rstrip()))

    def _span(self, start: int, end: int) -> Span:
        return self.clean.source.span(start, end)
