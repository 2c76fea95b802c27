"""The layout of blocks: an item per line, `=` under `=`; a block that was written on one line stays there if it fits."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tuan_rules.format.tokens import Remark, Word, width
from tuan_rules.format.values import LINE_MAX, STEP, Page, Part, first_word, flat, parse, write
from tuan_rules.syntax.nodes import BlockNode, FieldNode


@dataclass(slots=True)
class FieldLayout:
    """`name = value`, as words."""

    name: Word
    equals: Word
    value: list[Part]
    last: Word

    @property
    def first(self) -> Word:
        return self.name


@dataclass(slots=True)
class BlockLayout:
    """`kind "label" { ... }`, as words."""

    head: list[Word]
    opening: Word
    closing: Word
    items: list[FieldLayout | BlockLayout] = field(default_factory=list)

    @property
    def first(self) -> Word:
        return self.head[0]

    @property
    def last(self) -> Word:
        return self.closing


Item = FieldLayout | BlockLayout


def layout_of(block: BlockNode, words: Sequence[Word]) -> BlockLayout:
    """Sort the words of a block to its fields and blocks, by the places that the tree gives."""
    opening = next(index for index, word in enumerate(words) if word.type == "LBRACE")
    found = BlockLayout(list(words[:opening]), words[opening], words[-1])
    index = opening + 1
    for item in block.items:
        start = index
        while words[index].offset < item.span.end_offset:
            index += 1
        mine = words[start:index]
        if isinstance(item, FieldNode):
            found.items.append(FieldLayout(mine[0], mine[1], parse(mine[2:]), mine[-1]))
        else:
            found.items.append(layout_of(item, mine))
    return found


def write_items(page: Page, items: Sequence[Item], closing: Word, indent: int) -> None:
    """Write items and the comments around them, a line each at least; `closing` carries the comments at the end."""
    end_line: int | None = None
    for run in _runs(items):
        pads = _pads(run, indent)
        for item, pad in zip(run, pads, strict=True):
            end_line = _remarks(page, item.first.before, end_line, indent)
            apart = _is_apart(item.first.line, end_line) or (
                indent == 0 and end_line is not None and _needs_room(page, item)
            )
            _start(page, indent, apart=apart)
            if isinstance(item, FieldLayout):
                _write_field(page, item, pad, indent)
            else:
                _write_block(page, item, pad, indent)
            if item.last.after:
                page.remark(item.last.after)
            end_line = item.last.end_line
    _remarks(page, closing.before, end_line, indent)


def _remarks(page: Page, remarks: Sequence[Remark], end_line: int | None, indent: int) -> int | None:
    for remark in remarks:
        _start(page, indent, apart=_is_apart(remark.line, end_line))
        page.put(remark.text)
        end_line = remark.line
    return end_line


def _is_apart(line: int, end_line: int | None) -> bool:
    """Whether a blank line stood before this line; several become one, and those at the start of a block none."""
    return end_line is not None and line > end_line + 1


def _needs_room(page: Page, item: Item) -> bool:
    """At the top level a block of several lines has a blank line before and behind it."""
    page.end()
    if page.lines[-1].startswith("//"):
        return False
    return page.lines[-1].startswith("}") or (isinstance(item, BlockLayout) and one_line(item, 0) is None)


def _start(page: Page, indent: int, *, apart: bool) -> None:
    page.start(indent)
    if apart:
        page.lines.append("")


def _runs(items: Sequence[Item]) -> Iterator[list[Item]]:
    """Neighbours of one form without a blank line between them: these are aligned."""
    run: list[Item] = []
    for item in items:
        begins = item.first.before[0].line if item.first.before else item.first.line
        if run and (type(item) is not type(run[-1]) or begins > run[-1].last.end_line + 1):
            yield run
            run = []
        run.append(item)
    if run:
        yield run


def _pads(run: Sequence[Item], indent: int) -> list[int]:
    """Blanks behind each name, so that the signs that follow stand under each other."""
    heads = [width(item.name.text if isinstance(item, FieldLayout) else _head(item) or "") for item in run]
    if isinstance(run[0], FieldLayout):
        return [max(heads) - head for head in heads]
    lines = [one_line(item, indent) for item in run if isinstance(item, BlockLayout)]
    longest = max(heads)
    # Blocks of several lines have nothing to be compared with; and a pad must not push a line over the margin.
    fits = all(line is not None and indent + width(line) + longest - head <= LINE_MAX
               for line, head in zip(lines, heads, strict=True))  # fmt: skip
    return [longest - head if fits and len(run) > 1 and indent else 0 for head in heads]


def _head(block: BlockLayout) -> str | None:
    """Kind and labels; None when a comment stands among them."""
    if any(word.before for word in block.head[1:]) or any(word.after for word in block.head):
        return None
    return None if block.opening.before else " ".join(word.text for word in block.head)


def one_line(block: BlockLayout, indent: int) -> str | None:
    """The block on one line; None when it was not written so, has comments or does not fit."""
    if block.items and block.first.line != block.closing.end_line:
        return None
    head = _head(block)
    items = [_one_line_item(item) for item in block.items]
    if head is None or block.opening.after or block.closing.before or any(item is None for item in items):
        return None
    inside = "  ".join(item for item in items if item is not None)
    text = f"{head} {{ {inside} }}" if inside else f"{head} {{}}"
    return text if indent + width(text) <= LINE_MAX else None


def _one_line_item(item: Item) -> str | None:
    if item.first.before or item.last.after:
        return None
    if isinstance(item, BlockLayout):
        return one_line(item, 0)
    if item.name.after or item.equals.before or item.equals.after:
        return None
    value = flat(item.value)
    return None if value is None else f"{item.name.text} = {value}"


def _write_block(page: Page, block: BlockLayout, pad: int, indent: int) -> None:
    line = one_line(block, indent)
    if line is not None:
        head = _head(block) or ""
        page.put(head + " " * pad + line[len(head) :])
        return
    for number, word in enumerate([*block.head, block.opening]):
        if number:
            page.remarks(word.before)
        page.put(word.text, " ")
        if word.after:
            page.remark(word.after)
    if not block.items and not block.closing.before and not block.opening.after:
        page.put(block.closing.text)
        return
    write_items(page, block.items, block.closing, indent + STEP)
    page.start(indent)
    page.put(block.closing.text)


def _write_field(page: Page, item: FieldLayout, pad: int, indent: int) -> None:
    page.put(item.name.text)
    page.indent = indent
    for word in (item.name, item.equals):
        if word is item.equals:
            page.remarks(word.before)
            page.put(word.text, " " * pad + " ")
        if word.after:
            page.remark(word.after)
    page.remarks(first_word(item.value).before)
    write(page, item.value, " ", indent)
