"""What stands around the cursor, found from brackets and words alone: a text that is being typed can rarely be parsed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tuan_rules.diagnostics.report import Reporter
from tuan_rules.schema import BlockSchema, Field
from tuan_rules.source import SourceFile
from tuan_rules.syntax.normalise import CleanText, normalise
from tuan_rules.syntax.parser import RESERVED_WORDS
from tuan_rules.vocabulary import Vocabulary

_BRACKETS = re.compile(r"[{}()\[\]]")
_HEAD = re.compile(r'([^\W\d]\w*)(?:\s*"(?:[^"\\\n]|\\.)*"|\s+\d+)*\s*\Z')
_FIELD = re.compile(r"(?<![=<>!.\w])([^\W\d]\w*)\s*=(?![=>])")
_ENTRY = re.compile(r"([^\W\d]\w*)\s*:\s*\Z")
_WORD = re.compile(r"[^\W\d][\w.]*\Z")
_REST = re.compile(r"\w*")
#: An unfinished value: what follows it is no new field.
_UNFINISHED = re.compile(
    r"(?:[=+\-*/<>,:(\[.]|\?\?|(?<!\w)(?:and|or|not|in|under|of|from|until|then|by|within|per|where|each))\Z"
)
_IN_TEXT = re.compile(r'(?:([^\W\d]\w*)\s+)?"((?:[^"\\\n]|\\.)*)\Z')
#: Characters before a brace in which its block's head is looked for.
_HEAD_MAX = 300


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a text.

    `kinds` are the blocks around it, outermost first; `field` is the field whose value it stands in, "" between fields;
    `word` is what is written up to it. In a text (`"...`), `text_of` is the word before it: the kind of a reference.
    `written` are the fields that its block has already. `records` are the brackets inside the field, each by the entry whose value it is
    ("" for none); `entry` is the entry whose value comes next, "" where an entry may begin.
    """

    offset: int
    kinds: tuple[str, ...]
    field: str
    word: str
    text_of: str | None
    written: frozenset[str]
    records: tuple[str, ...] = ()
    entry: str = ""

    def schema(self, vocabulary: Vocabulary) -> BlockSchema | None:
        """The schema of the innermost block; None at the top level or in an unknown block."""
        found: BlockSchema | None = None
        for depth, kind in enumerate(self.kinds):
            name = vocabulary.naming.blocks.of(kind)
            found = vocabulary.allowed_in(found).get(name) if depth == 0 or found else None
        return found

    def field_schema(self, vocabulary: Vocabulary) -> Field | None:
        """The field whose value the cursor stands in."""
        schema = self.schema(vocabulary)
        return schema.field(vocabulary.naming.fields(schema).of(self.field)) if schema and self.field else None


@dataclass(frozen=True, slots=True)
class _Open:
    kind: str | None
    offset: int


def cursor_at(source: SourceFile, offset: int) -> Cursor:
    """Look around `offset`."""
    clean = normalise(source, Reporter())
    stack, since = _stack(clean, offset)
    blocks = [opening for opening in stack if opening.kind is not None]
    line = source.text[source.text.rfind("\n", 0, offset) + 1 : offset]
    in_text = _IN_TEXT.search(line) if line.replace('\\"', "").count('"') % 2 else None
    word = _WORD.search(line)
    before = clean.skeleton[since : offset - (len(word[0]) if word else 0)]
    return Cursor(
        offset,
        tuple(opening.kind or "" for opening in blocks),
        _field(before, is_inside=bool(stack) and stack[-1].kind is None) if blocks else "",
        word[0] if word and not in_text else "",
        (in_text[1] or "") if in_text else None,
        _written(clean, blocks[-1].offset) if blocks else frozenset(),
        tuple(_entry_before(clean, opening.offset) for opening in stack[len(stack) - _trailing(stack) :]),
        _entry_before(clean, offset - (len(word[0]) if word else 0)),
    )


def _trailing(stack: list[_Open]) -> int:
    """How many of the open brackets are inside a field of the innermost block."""
    return next((depth for depth, opening in enumerate(reversed(stack)) if opening.kind is not None), len(stack))


def _entry_before(clean: CleanText, offset: int) -> str:
    """`lines` where `lines:` stands before the offset."""
    entry = _ENTRY.search(clean.text[max(0, offset - _HEAD_MAX) : offset])
    return entry[1] if entry else ""


def _stack(clean: CleanText, offset: int) -> tuple[list[_Open], int]:
    """The open brackets before the offset, and where the current row of fields begins."""
    stack: list[_Open] = []
    since = [0]
    for match in _BRACKETS.finditer(clean.skeleton, 0, offset):
        if match.group() in "({[":
            kind = _kind_before(clean, match.start()) if match.group() == "{" else None
            stack.append(_Open(kind, match.start()))
            if kind is not None:
                since.append(match.end())
        elif stack and stack.pop().kind is not None:
            since.pop()
            since[-1] = match.end()
    return stack, since[-1]


def _kind_before(clean: CleanText, offset: int) -> str | None:
    """The kind of the block that a `{` opens; None for a record."""
    head = _HEAD.search(clean.text[max(0, offset - _HEAD_MAX) : offset])
    return head[1] if head and head[1] not in RESERVED_WORDS else None


def _field(before: str, *, is_inside: bool) -> str:
    """The field whose value comes next; "" where a field or a block may begin."""
    fields = list(_FIELD.finditer(before))
    if not fields:
        return ""
    value = before[fields[-1].end() :]
    written = value.strip()
    starts_afresh = value.rstrip(" \t")[-1:] == "\n" or value.endswith("  ")
    if written and starts_afresh and not is_inside and not _UNFINISHED.search(written):
        return ""
    return fields[-1][1]


def _written(clean: CleanText, opened: int) -> frozenset[str]:
    """The fields of the block that opens at `opened`, before and behind the cursor."""
    depth = 0
    names: set[str] = set()
    end = opened + 1
    for match in _BRACKETS.finditer(clean.skeleton, opened + 1):
        if depth == 0:
            names |= {found[1] for found in _FIELD.finditer(clean.skeleton, end, match.start())}
        depth += 1 if match.group() in "({[" else -1
        end = match.end()
        if depth < 0:
            break
    else:
        names |= {found[1] for found in _FIELD.finditer(clean.skeleton, end)} if depth == 0 else set()
    return frozenset(names)


def word_at(source: SourceFile, offset: int) -> tuple[str, int, int]:
    """The word under the cursor, a path with its dots as one, and where it stands."""
    line_start = source.text.rfind("\n", 0, offset) + 1
    before = _WORD.search(source.text[line_start:offset])
    rest = _REST.match(source.text, offset)
    start = offset - (len(before[0]) if before else 0)
    end = rest.end() if rest else offset
    return source.text[start:end], start, end
