"""A whole file in the one layout."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tuan_rules.diagnostics.model import Diagnostic, Severity
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.format.blocks import BlockLayout, layout_of, write_items
from tuan_rules.format.tokens import END, Word, attach, words_of
from tuan_rules.format.values import Page
from tuan_rules.source import SourceFile
from tuan_rules.syntax.nodes import Comment, Document
from tuan_rules.syntax.normalise import normalise
from tuan_rules.syntax.read import read_document


@dataclass(frozen=True, slots=True)
class Formatted:
    """`text` is None when the file cannot be read; `diagnostics` then say why."""

    text: str | None
    diagnostics: tuple[Diagnostic, ...] = ()


def format_source(source: SourceFile) -> Formatted:
    """Lay the rules of a file out anew: the same tree, the same comments, line ends as they were.

    A file with a syntax error is not touched, for where its words belong is then a guess. Full-width punctuation becomes
    half-width. Raises RuntimeError if the outcome should read differently, which is a fault of the formatter.
    """
    report = Reporter()
    document = read_document(source, report)
    wrong = tuple(d for d in report.sorted() if d.severity is Severity.ERROR and d.code.startswith("TR-0"))
    if wrong or document.broken:
        return Formatted(None, wrong or report.sorted())
    text = _lay_out(source, document)
    after = read_document(SourceFile(source.name, text), Reporter())
    if after != document or _texts(after) != _texts(document):
        raise RuntimeError(f"{source.name}: formatting would change the rules; please report this file")
    return Formatted(text.replace("\n", "\r\n") if "\r\n" in source.text else text)


def _lay_out(source: SourceFile, document: Document) -> str:
    clean = normalise(source, Reporter()).text
    words: list[Word] = []
    parts: list[tuple[int, int]] = []
    for block in document.blocks:
        start = len(words)
        words += words_of(source, clean[block.span.offset : block.span.end_offset], block.span.offset)
        parts.append((start, len(words)))
    end = Word(END, "", len(source.text) + 1, len(source.line_starts) + 1, len(source.line_starts) + 1)
    attach([*words, end], _comments(document))
    blocks: Sequence[BlockLayout] = [
        layout_of(block, words[first:last]) for block, (first, last) in zip(document.blocks, parts, strict=True)
    ]
    page = Page()
    write_items(page, blocks, end, 0)
    page.end()
    return "".join(f"{line}\n" for line in page.lines)


def _comments(document: Document) -> list[Comment]:
    return [comment for block in document.blocks for comment in block.comments] + list(document.comments)


def _texts(document: Document) -> list[str]:
    return [comment.text.rstrip() for comment in _comments(document)]
