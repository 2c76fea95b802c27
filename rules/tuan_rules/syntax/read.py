"""The first four stages together: a source file to a document, block by block."""

from __future__ import annotations

import re
from dataclasses import replace

from lark import UnexpectedInput

from tuan_rules.diagnostics.report import Reporter
from tuan_rules.source import SourceFile
from tuan_rules.syntax.blocks import split_blocks
from tuan_rules.syntax.build import Builder
from tuan_rules.syntax.mistakes import report_mistake
from tuan_rules.syntax.nodes import BlockNode, BrokenBlock, Comment, Document
from tuan_rules.syntax.normalise import normalise
from tuan_rules.syntax.parser import parse_block

#: RULES.md, "Index, explain, safety"; at 0.5 MB/s this bounds a parse to an eighth of a second.
FILE_BYTES_MAX = 64 * 1024
#: Words and signs of one file. As people write there is one per four or five bytes; 64 KiB of `1+1+1` has 65,000, which
#: would take over a second on a busy machine (30,000 per second measured there).
TOKENS_MAX = 16_000

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|\w+|[^\w\s]')


def read_document(source: SourceFile, report: Reporter) -> Document:
    """Read one file. What cannot be read is reported and left out; the rest is returned."""
    size = len(source.text.encode("utf-8", "surrogatepass"))
    if size > FILE_BYTES_MAX:
        report.add("TR-001", source.span(0, 0), size=size, limit=FILE_BYTES_MAX)
        return Document((), (BrokenBlock(source.span(0, 0), "", ""),))
    clean = normalise(source, report)
    tokens = len(_TOKEN.findall(clean.text))
    if tokens > TOKENS_MAX:
        report.add(
            "TR-213", source.span(0, 0), what="the file", what_zh="文件", count=tokens, unit="words and signs",
            unit_zh="个词和符号", limit=TOKENS_MAX,
        )  # fmt: skip
        return Document((), (BrokenBlock(source.span(0, 0), "", ""),))
    split = split_blocks(clean, report)
    blocks, broken = [], list(split.broken)
    comments = list(clean.comments)
    builder = Builder(source, report)
    for segment in split.segments:
        text = clean.text[segment.start : segment.end]
        try:
            parsed = parse_block(text)
        except UnexpectedInput as error:
            report_mistake(error, source, text, segment.start, report)
            broken.append(_broken(source, segment.start, segment.end, text))
            continue
        block = builder.top_level(parsed, segment.start)
        mine = _take_before(comments, segment.end)
        blocks.append(replace(block, comments=mine) if mine else block)
    return Document(tuple(blocks), tuple(broken), tuple(comments))


def _take_before(comments: list[Comment], offset: int) -> tuple[Comment, ...]:
    count = sum(1 for comment in comments if comment.span.offset < offset)
    taken = tuple(comments[:count])
    del comments[:count]
    return taken


def _broken(source: SourceFile, start: int, end: int, text: str) -> BrokenBlock:
    head, _, _ = text.partition("{")
    words = head.split(maxsplit=1)
    label = words[1].strip().strip('"') if len(words) > 1 else ""
    return BrokenBlock(source.span(start, end), words[0] if words else "", label)


def read_block(text: str, name: str = "rule") -> tuple[BlockNode | None, Reporter]:
    """Read a text that should hold one block; for tests and tools."""
    report = Reporter()
    document = read_document(SourceFile(name, text), report)
    return (document.blocks[0] if len(document.blocks) == 1 else None), report
