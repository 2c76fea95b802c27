"""The layout of a value: on one line where it fits, else broken at its loosest operators or in its brackets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tuan_rules.format.tokens import Remark, Word, width

#: Columns of a line; only a comment, a text or a name that is longer itself goes beyond.
LINE_MAX = 100
STEP = 2
#: Lines that go on a value are indented twice, so that they are not taken for the next field.
GO_ON = 2 * STEP

_OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "LBRACE": "RBRACE"}
_CLOSING = frozenset(_OPENING.values())
#: Where a value without brackets is broken, loosest first.
_BREAKS = ("COMMA", "THEN", "OR", "AND", "COALESCE", "PLUS", "MINUS")
_OPERANDS = frozenset(
    (
        "NAME",
        "NUMBER",
        "STRING",
        "MONEY",
        "PERCENT",
        "QUANTITY",
        "INSTANT",
        "TIME",
        "TRUE",
        "FALSE",
        "IS_SET",
        *_CLOSING,
    )
)


@dataclass(slots=True)
class Group:
    """A bracket with what is in it, separated by commas; `is_call` has a name before it, without a blank."""

    opening: Word
    closing: Word
    elements: list[Element] = field(default_factory=list)
    is_call: bool = False

    @property
    def may_end_with_comma(self) -> bool:
        """Lists, calls and records; parentheses around an expression hold no comma."""
        return self.opening.type != "LPAR" or self.is_call


@dataclass(slots=True)
class Element:
    """One element of a bracket, and the comma behind it if there is one."""

    parts: list[Part]
    comma: Word | None = None


Part = Word | Group


def parse(words: Sequence[Word]) -> list[Part]:
    """The words of a value with its brackets matched, as the grammar has made sure that they are."""
    found, _ = _parse(words, 0)
    return found


def _parse(words: Sequence[Word], start: int) -> tuple[list[Part], int]:
    parts: list[Part] = []
    index = start
    while index < len(words) and words[index].type not in _CLOSING:
        word = words[index]
        if word.type not in _OPENING:
            if word.type == "COMMA" and start:
                break
            parts.append(word)
            index += 1
            continue
        before = parts[-1] if parts else None
        is_call = word.type == "LPAR" and isinstance(before, Word) and before.type == "NAME"
        elements: list[Element] = []
        while words[index].type != _OPENING[word.type]:
            inner, index = _parse(words, index + 1)
            comma = words[index] if words[index].type == "COMMA" else None
            if inner:
                elements.append(Element(inner, comma))
        parts.append(Group(word, words[index], elements, is_call))
        index += 1
    return parts, index


def flat(parts: Sequence[Part]) -> str | None:
    """The value on one line; None when a comment stands in it, at its two ends aside."""
    text = ""
    previous: Part | None = None
    for position, part in enumerate(parts):
        piece = _flat_part(part, is_first=position == 0, is_last=position == len(parts) - 1)
        if piece is None:
            return None
        text += _gap(previous, part, parts[position - 2] if position > 1 else None) + piece
        previous = part
    return text


def _flat_part(part: Part, *, is_first: bool, is_last: bool) -> str | None:
    if isinstance(part, Word):
        return None if (part.before and not is_first) or (part.after and not is_last) else part.text
    opening, closing = part.opening, part.closing
    if (opening.before and not is_first) or opening.after or closing.before or (closing.after and not is_last):
        return None
    pieces = []
    for element in part.elements:
        if element.comma is not None and (element.comma.before or element.comma.after):
            return None
        if first_word(element.parts).before or last_word(element.parts).after:
            return None
        piece = flat(element.parts)
        if piece is None:
            return None
        pieces.append(piece)
    blank = " " if opening.type == "LBRACE" and pieces else ""
    return f"{opening.text}{blank}{', '.join(pieces)}{blank}{closing.text}"


def _gap(before: Part | None, part: Part, earlier: Part | None) -> str:
    """What stands between two neighbours on a line."""
    if before is None:
        return ""
    left = before.type if isinstance(before, Word) else before.closing.type
    right = part.type if isinstance(part, Word) else part.opening.type
    if isinstance(part, Group) and part.is_call:
        return ""
    if right in ("COMMA", "COLON", "DOT") or left == "DOT":
        return ""
    if left == "MINUS":
        ends = (
            earlier is not None and (earlier.closing.type if isinstance(earlier, Group) else earlier.type) in _OPERANDS
        )
        return " " if ends else ""
    return " "


def first_word(parts: Sequence[Part]) -> Word:
    """Where a value begins."""
    return parts[0] if isinstance(parts[0], Word) else parts[0].opening


def last_word(parts: Sequence[Part]) -> Word:
    """Where a value ends."""
    return parts[-1] if isinstance(parts[-1], Word) else parts[-1].closing


class Page:
    """Lines that grow; a comment ends its line, so what follows one goes to the next."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.current = ""
        self.indent = 0
        self._is_closed = False
        self._is_going_on = False

    def start(self, indent: int) -> None:
        """Begin a line, unless nothing stands on the current one."""
        self.end()
        self.indent = indent

    def end(self) -> None:
        """End the current line."""
        if self.current:
            self.lines.append(self.current)
        self.current = ""
        self._is_closed = self._is_going_on = False

    def put(self, text: str, gap: str = "") -> None:
        """Write on the current line, or on the next one where a comment closed it."""
        if self._is_closed:
            indent = self._next_indent
            self.end()
            self.current = " " * indent + text
        else:
            self.current = f"{self.current}{gap}{text}" if self.current else " " * self.indent + text

    def remark(self, text: str) -> None:
        """A comment behind what stands on the line."""
        self.put(text, "  ")
        self._is_closed = self._is_going_on = True

    def remarks(self, found: Sequence[Remark]) -> None:
        """Comments on lines of their own, at the indentation of what follows."""
        for remark in found:
            self.end()
            self.put(remark.text)
            self._is_closed = True

    @property
    def room(self) -> int:
        """Columns that are left on the line."""
        return LINE_MAX - (width(self.current) if self.current and not self._is_closed else self._next_indent)

    @property
    def _next_indent(self) -> int:
        return self.indent + (GO_ON if self._is_going_on else 0)


def write(page: Page, parts: Sequence[Part], gap: str, indent: int, tail: int = 0) -> None:
    """Write a value from where the page stands; `indent` is that of its field, `tail` columns follow on the line.

    Comments before its first word and behind its last one are the caller's.
    """
    text = flat(parts)
    if text is not None and width(text) + len(gap) + tail <= page.room:
        page.put(text, gap)
        return
    at = _break_at(parts)
    if at:
        _write_chain(page, parts, at, gap, indent, tail)
        return
    previous: Part | None = None
    # The bracket that holds most is opened, so that the line is short after that.
    largest = max((part for part in parts if isinstance(part, Group)), key=_size, default=None)
    for position, part in enumerate(parts):
        before = gap if position == 0 else _gap(previous, part, parts[position - 2] if position > 1 else None)
        is_last = position == len(parts) - 1
        if isinstance(part, Word):
            _put_word(page, part, before, is_first=position == 0, is_last=is_last)
        else:
            piece = _flat_part(part, is_first=position == 0, is_last=is_last)
            if piece is not None and part is not largest:
                page.put(piece, before)
            else:
                _write_group(page, part, before, indent, is_first=position == 0, is_last=is_last)
        previous = part


def _size(group: Group) -> int:
    return len(flat([group]) or "") or LINE_MAX * 10


def _break_at(parts: Sequence[Part]) -> list[int]:
    """Positions of the loosest operators between operands."""
    for operator in _BREAKS:
        found = [
            index
            for index, part in enumerate(parts)
            if isinstance(part, Word) and part.type == operator and index > 0 and _ends_operand(parts[index - 1])
        ]
        if found:
            return found
    return []


def _ends_operand(part: Part) -> bool:
    return isinstance(part, Group) or part.type in _OPERANDS


def _write_chain(page: Page, parts: Sequence[Part], at: Sequence[int], gap: str, indent: int, tail: int) -> None:
    """A line per operand; the operator leads its line, a comma ends it."""
    ends = [index + (_is_comma(parts[index])) for index in at]
    starts = [0, *ends]
    for number, (start, end) in enumerate(zip(starts, [*ends, len(parts)], strict=True)):
        piece = parts[start:end]
        if number:
            page.start(indent + GO_ON)
            gap = ""
            page.remarks(first_word(piece).before)
        word = piece[0]
        if number and isinstance(word, Word) and word.type in _BREAKS:
            page.put(word.text)
            if word.after:
                page.remark(word.after)
            piece, gap = piece[1:], " "
            page.remarks(first_word(piece).before)
        is_end = end == len(parts)
        comma = piece[-1] if _is_comma(piece[-1]) and isinstance(piece[-1], Word) else None
        _write_operand(page, piece[:-1] if comma else piece, comma, gap, indent + GO_ON, tail if is_end else 0, is_end)


def _write_operand(
    page: Page, parts: Sequence[Part], comma: Word | None, gap: str, indent: int, tail: int, is_end: bool
) -> None:
    write(page, parts, gap, indent, tail + (comma is not None))
    if is_end:
        return
    _end_with(page, parts, comma, "," if comma else "", indent)


def _end_with(page: Page, parts: Sequence[Part], comma: Word | None, sign: str, indent: int) -> None:
    """The comma, then the comments that stood before and behind it: one on its line, more on lines of their own."""
    if sign:
        page.put(sign)
    found = [last_word(parts).after]
    if comma is not None:
        found += [remark.text for remark in comma.before] + [comma.after]
    found = [text for text in found if text]
    if found:
        page.remark(found[0])
    if len(found) > 1:
        page.start(indent)
        page.remarks([Remark(text, 0) for text in found[1:]])


def _is_comma(part: Part) -> bool:
    return isinstance(part, Word) and part.type == "COMMA"


def _put_word(page: Page, word: Word, gap: str, *, is_first: bool, is_last: bool) -> None:
    if not is_first and word.before:
        page.remarks(word.before)
    page.put(word.text, gap)
    if word.after and not is_last:
        page.remark(word.after)


def _write_group(page: Page, group: Group, gap: str, indent: int, *, is_first: bool, is_last: bool) -> None:
    """An element per line; short ones without comments share lines."""
    if not is_first:
        page.remarks(group.opening.before)
    page.put(group.opening.text, gap)
    if group.opening.after:
        page.remark(group.opening.after)
    inside = indent + STEP
    comma = "," if group.may_end_with_comma else ""
    words = [
        element.parts[0].text
        for element in group.elements
        if len(element.parts) == 1 and isinstance(element.parts[0], Word) and not _has_remarks(element)
    ]
    if len(words) == len(group.elements) and len(words) > 1 and comma:
        page.start(inside)
        for word in words:
            if page.current and width(word) + 2 > page.room:
                page.start(inside)
            page.put(word + ",", " ")
    else:
        for element in group.elements:
            page.start(inside)
            page.remarks(first_word(element.parts).before)
            write(page, element.parts, "", inside, 1)
            _end_with(page, element.parts, element.comma, comma, inside)
    page.start(inside if group.closing.before else indent)
    page.remarks(group.closing.before)
    page.start(indent)
    page.put(group.closing.text)
    if group.closing.after and not is_last:
        page.remark(group.closing.after)


def _has_remarks(element: Element) -> bool:
    word = first_word(element.parts)
    comma = element.comma
    return bool(word.before or word.after or (comma is not None and (comma.before or comma.after)))
