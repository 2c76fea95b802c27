"""The `test` blocks of a package: the rules and the reasons that they name, and whether they can fail at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from tuan_rules.checking.context import Context
from tuan_rules.core_blocks import CORE_BLOCKS
from tuan_rules.currencies import money_example
from tuan_rules.given import names_block
from tuan_rules.reasons import REASONS, is_reason
from tuan_rules.syntax import nodes
from tuan_rules.syntax.nodes import BlockNode, Document, Entry

#: Kind and label.
Block = tuple[str, str]
#: Blocks that are never applied by themselves.
_NO_RULES = {schema.name for schema in CORE_BLOCKS}


def check_tests(documents: Sequence[Document], context: Context) -> None:
    """Reports TR-254 to TR-256."""
    blocks = [block for document in documents for block in document.blocks]
    broken = [block for document in documents for block in document.broken]
    unreadable = {(block.kind, block.label) for block in broken}
    rules = {(block.kind, block.label) for block in blocks if block.kind not in _NO_RULES}
    budgets = {(block.kind, block.label) for block in blocks if any(field.name == "budget" for field in block.fields)}
    for test in (block for block in blocks if block.kind == "test"):
        places = [test, *(block for block in test.blocks if block.kind == "case")]
        _check_expectation(test, context)
        # Where a block could not be read, a name may well mean that one.
        for entry in _entries_of(places, "given", "budgets"):
            _check_name(entry, budgets, unreadable, ("blocks with a budget", "有预算的块"), context)
        expected = [inner for place in places for inner in place.blocks]
        for field in ("rejected", "commissions", "verdicts"):
            for entry in _entries_of(expected, field):
                _check_name(entry, rules, unreadable, ("rules", "规则"), context)
        for entry in _entries_of(expected, "rejected"):
            if isinstance(entry.value, nodes.TextLiteral) and not is_reason(entry.value.value):
                context.report.add(
                    "TR-254", entry.value.span, suggestion=context.report.closest(entry.value.value, REASONS), found=entry.value.value,
                    expected=", ".join(REASONS),
                )  # fmt: skip


def _check_expectation(test: BlockNode, context: Context) -> None:
    cases = [block for block in test.blocks if block.kind == "case"]
    if _expects(test):
        return
    silent = [case for case in cases if not _expects(case)] if cases else [test]
    for block in silent:
        context.report.add(
            "TR-256", block.head_span, block=f'`{block.kind} "{block.label}"`', example=money_example(context.currency)
        )


def _expects(block: BlockNode) -> bool:
    return any(inner.kind == "expect" and inner.fields for inner in block.blocks)


def _entries_of(blocks: Iterable[BlockNode], field: str, *path: str) -> Iterator[Entry]:
    """Entries of the record in a field, or of the one that stands in it under the name in `path`."""
    for block in blocks:
        for node in block.fields:
            if node.name != field or not isinstance(node.value, nodes.RecordExpression):
                continue
            entries = node.value.entries
            for name in path:
                inner = [entry.value for entry in entries if entry.key == name]
                entries = tuple(
                    each for node in inner if isinstance(node, nodes.RecordExpression) for each in node.entries
                )
            yield from entries


def _check_name(
    entry: Entry, known: set[Block], unreadable: set[Block], what: tuple[str, str], context: Context
) -> None:
    if ("", "") in unreadable or any(names_block(entry.key, *block) for block in unreadable):
        return
    found = sorted(block for block in known if names_block(entry.key, *block))
    if len(found) == 1:
        return
    near = context.report.closest(entry.key, [label for _, label in known])
    meant = found or sorted(block for block in known if block[1].lower() == near)
    kind, label = meant[0] if meant else ("price", "name")
    context.report.add(
        "TR-255", entry.key_span, suggestion=f'"{kind}/{label}"' if meant else None, label=entry.key, count=len(found),
        what=what[0], what_zh=what[1], example=f'"{kind}/{label}"',
    )  # fmt: skip
