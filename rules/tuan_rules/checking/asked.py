"""What an expression asks for, against what there is to ask where its block is evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tuan_rules.checked import CheckedBlock
from tuan_rules.checking.context import Context
from tuan_rules.schema import BlockSchema, Kind
from tuan_rules.source import Span
from tuan_rules.typing.tree import Typed, facts_in, reads_line
from tuan_rules.values import Cap, Computed


def check_asked(pairs: Iterable[tuple[CheckedBlock, BlockSchema]], context: Context) -> None:
    """Facts of the price before there is one (TR-243); facts of a line where nobody asks line by line (TR-240)."""
    records = context.vocabulary.facts.values()
    priced = {(record.name, fact.name) for record in records for fact in record.facts if fact.priced}
    for block, schema in pairs:
        if block.kind == "define":
            continue
        kinds = {field.type.kind for field in schema.fields}
        after_price = Kind.SETTLEMENT in kinds
        for field, typed in _expressions(block):
            early = sorted(facts_in(typed) & priced)
            if early and not after_price:
                context.report.add("TR-243", _place(block, field), name=".".join(early[0]))
        if Kind.VERDICT in kinds and "when" in block.typed:
            _refuse_lines(block, "when", block.typed["when"], context)
        cap = block.values.get("cap")
        if after_price and isinstance(cap, Cap) and cap.per == "order":
            _refuse_lines(block, "cap", cap.amount, context)


def _expressions(block: CheckedBlock) -> Iterator[tuple[str, Typed]]:
    yield from block.typed.items()
    cap, give = block.values.get("cap"), block.values.get("give")
    if isinstance(cap, Cap):
        yield "cap", cap.amount
    if isinstance(give, Computed):
        yield "give", give.amount
    for child in block.children:
        yield from ((f"{child.kind}.{name}", typed) for name, typed in child.typed.items())


def _refuse_lines(block: CheckedBlock, field: str, typed: Typed, context: Context) -> None:
    if reads_line(typed):
        span = _place(block, field)
        context.report.add("TR-240", span, name=context.text_at(span))


def _place(block: CheckedBlock, field: str) -> Span:
    return block.field_spans.get(field, block.head_span or block.span)
