"""Labels and the references to them, over all files of a package."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tuan_rules.checking.labels import LABEL_MAX
from tuan_rules.checking.types import walk
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.naming.canonical import in_own_names
from tuan_rules.source import SourceFile, Span
from tuan_rules.syntax.nodes import BlockNode, FieldNode, ReferenceExpression
from tuan_rules.syntax.read import read_document
from tuan_rules.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A label, where a block is given it or where a reference names it; `span` is the label without its quotes."""

    kind: str
    label: str
    span: Span
    is_definition: bool


def occurrences(files: Sequence[SourceFile], vocabulary: Vocabulary) -> list[Occurrence]:
    """Every label of a top-level block and every reference, in the order of the files; kinds as the vocabulary names them."""
    found: list[Occurrence] = []
    documents, _ = in_own_names([read_document(file, Reporter()) for file in files], files, vocabulary)
    for file, document in zip(files, documents, strict=True):
        for block in document.blocks:
            if block.labels:
                span = _inside(file, block.labels[0].span)
                found.append(Occurrence(block.kind, block.label, span, True))
            for node in _references(block):
                # The label is the last word of a reference, and its quotes are as wide as themselves.
                text = file.text[node.span.offset : node.span.end_offset]
                start = node.span.offset + min(at for at in map(text.find, '"“”') if at >= 0)
                span = _inside(file, file.span(start, node.span.end_offset))
                found.append(Occurrence(node.kind, node.label, span, False))
    return found


def at(found: Sequence[Occurrence], file: str, offset: int) -> Occurrence | None:
    """The occurrence under the cursor, its quotes included."""
    return next(
        (o for o in found if o.span.file == file and o.span.offset - 1 <= offset <= o.span.end_offset + 1), None
    )


def refusal(new: str, occurrence: Occurrence, found: Sequence[Occurrence]) -> str | None:
    """Why a label cannot be renamed to `new`; None when it can."""
    if not new.strip() or len(new) > LABEL_MAX:
        return f"a label has 1 to {LABEL_MAX} characters"
    if any(char in new for char in '"“”\\\n\r\t'):
        return "a label holds no quotation marks, backslashes and line ends"
    if any(o.is_definition and (o.kind, o.label) == (occurrence.kind, new) for o in found):
        return f'{occurrence.kind} "{new}" exists already'
    return None


def _references(block: BlockNode) -> Iterator[ReferenceExpression]:
    for item in block.items:
        if isinstance(item, FieldNode):
            yield from (node for node in walk(item.value) if isinstance(node, ReferenceExpression))
        else:
            yield from _references(item)


def _inside(file: SourceFile, span: Span) -> Span:
    quoted = file.text[span.offset : span.offset + 1] in ('"', "“", "”", "'", "‘", "’")
    return file.span(span.offset + 1, span.end_offset - 1) if quoted else span
