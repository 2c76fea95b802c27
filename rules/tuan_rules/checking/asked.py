"""What an expression asks for, against what there is to ask where its block is evaluated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tuan_rules.checked import CheckedBlock
from tuan_rules.checking.context import Context
from tuan_rules.schema import BlockSchema, Kind
from tuan_rules.source import Span
from tuan_rules.typing.tree import FactOf, Typed, children
from tuan_rules.values import Cap, Computed

#: Record and name.
Fact = tuple[str, str]


def check_asked(pairs: Iterable[tuple[CheckedBlock, BlockSchema]], context: Context) -> None:
    """Facts of the price before there is one (TR-243); facts of a line where nobody asks line by line (TR-240)."""
    if context.typer is None:
        return
    records = context.vocabulary.facts.values()
    priced = {(record.name, fact.name) for record in records for fact in record.facts if fact.priced}
    asked = _Asked(priced)
    kinds_of: dict[int, set[Kind]] = {}
    for block, schema in pairs:
        if block.kind == "define":
            continue
        kinds = kinds_of.get(id(schema))
        if kinds is None:
            kinds = kinds_of[id(schema)] = {field.type.kind for field in schema.fields}
        after_price = Kind.SETTLEMENT in kinds
        for field, typed in _expressions(block):
            early = None if after_price else asked.of(typed)
            if early is not None:
                context.report.add("TR-243", _place(block, field), name=".".join(early))
        if Kind.VERDICT in kinds and "when" in block.typed:
            _refuse_lines(block, "when", block.typed["when"], context)
        cap = block.values.get("cap")
        if after_price and isinstance(cap, Cap) and cap.per == "order":
            _refuse_lines(block, "cap", cap.amount, context)


class _Asked:
    """The first fact of a set that a tree reads. Definitions share their trees, so that each node is looked at once."""

    def __init__(self, facts: set[Fact]) -> None:
        self._facts = facts
        self._known: dict[int, tuple[Typed, Fact | None]] = {}

    def of(self, node: Typed) -> Fact | None:
        known = self._known.get(id(node))
        if known is None:
            first: Fact | None = None
            if isinstance(node, FactOf):
                own = (node.record, node.name)
                first = own if own in self._facts else None
            else:
                for child in children(node):
                    first = self.of(child)
                    if first is not None:
                        break
            known = self._known[id(node)] = (node, first)
        return known[1]


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
    if context.typer is not None and context.typer.costs.reads_line(typed):
        span = _place(block, field)
        context.report.add("TR-240", span, name=context.text_at(span))


def _place(block: CheckedBlock, field: str) -> Span:
    return block.field_spans.get(field, block.head_span or block.span)
