"""Blocks against their schemas: known names, labels, places, required and duplicate fields."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import cast

from tuan_rules.checked import CheckedBlock
from tuan_rules.checking import describe
from tuan_rules.checking.context import Context, Failed
from tuan_rules.checking.labels import check_label
from tuan_rules.checking.types import convert
from tuan_rules.diagnostics.model import Secondary
from tuan_rules.facts import Base
from tuan_rules.schema import TOP_LEVEL, BlockSchema, Kind
from tuan_rules.source import Span
from tuan_rules.syntax.nodes import BlockNode, Expression, FieldNode, Node
from tuan_rules.typing.tree import Typed

_TYPED = {Kind.PREDICATE: (Base.BOOLEAN,), Kind.AMOUNT_EXPRESSION: (Base.MONEY, Base.AMOUNT)}


def check_blocks(
    blocks: Iterable[BlockNode], parent: BlockSchema | None, context: Context
) -> list[tuple[CheckedBlock, BlockSchema]]:
    """The typed form of sibling blocks. Blocks with a mistake are returned too, but then the check has errors."""
    allowed = context.vocabulary.allowed_in(parent)
    first: dict[tuple[str, str], Span] = {}
    counts: Counter[str] = Counter()
    checked = []
    for block in blocks:
        schema = allowed.get(block.kind)
        if schema is None:
            _unknown_block(block, parent, allowed, context)
            continue
        counts[block.kind] += 1
        if schema.at_most is not None and counts[block.kind] > schema.at_most:
            context.report.add(
                "TR-112", block.head_span, block=block.kind, count=counts[block.kind], limit=schema.at_most
            )
            continue
        check_label(block, schema, context)
        key = (block.kind, block.label)
        if key in first and block.label:
            original = Secondary(first[key], "first given here", "首次出现在这里")
            context.report.add(
                "TR-105", block.labels[0].span, secondary=(original,), block=block.kind, label=block.label
            )
        first.setdefault(key, block.head_span)
        checked.append((_check_block(block, schema, context), schema))
    return checked


def _check_block(block: BlockNode, schema: BlockSchema, context: Context) -> CheckedBlock:
    inside = block.blocks
    values, spans = _check_fields(block, inside, schema, context)
    children = tuple([child for child, _ in check_blocks(inside, schema, context)]) if inside else ()
    typed = _type_expressions(values, schema, context)
    return CheckedBlock(
        block.kind, block.label, values, children, block.span, None, spans, block.head_span, typed, schema.named_in
    )


def _type_expressions(values: dict[str, object], schema: BlockSchema, context: Context) -> dict[str, Typed]:
    """The typed form of each condition and amount, where there are facts to type them by."""
    found: dict[str, Typed] = {}
    for field in schema.fields:
        value = values[field.name]
        if context.typer is None or field.type.kind not in _TYPED or not isinstance(value, Node):
            continue
        # A definition is typed once, and what is wrong with it is reported there, however many use it.
        typed = context.typer.definition(value) if schema.name == "define" else context.typer.expression(
            cast(Expression, value), _TYPED[field.type.kind]
        )  # fmt: skip
        if typed is not None:
            found[field.name] = typed
    return found


def _check_fields(
    block: BlockNode, inside: Iterable[BlockNode], schema: BlockSchema, context: Context
) -> tuple[dict[str, object], dict[str, Span]]:
    written: dict[str, FieldNode] = {}
    values: dict[str, object] = {}
    unknown = False
    for node in block.fields:
        field = schema.field(node.name)
        if field is None:
            # A name with a leading underscore was reported as it was read, TR-111.
            if node.name.startswith("_"):
                continue
            unknown = not _misplaced(node, schema, context) or unknown
        elif node.name in written:
            original = Secondary(written[node.name].name_span, "first given here", "首次出现在这里")
            context.report.add("TR-104", node.name_span, secondary=(original,), name=context.text_at(node.name_span))
        else:
            written[node.name] = node
            value = convert(node.value, field, context)
            values[node.name] = field.default if isinstance(value, Failed) else value
    as_blocks = {child.kind for child in inside}
    for field in schema.fields:
        if field.name in values:
            continue
        absent = field.required and field.name not in written and field.name not in as_blocks
        # A misspelt required field is one mistake, not two: the suggestion already names it.
        if absent and not (unknown and _probably_misspelt(field.name, block, schema, context)):
            context.report.add(
                "TR-103", block.head_span, block=block.kind, name=context.field_name(schema, field.name, block.head_span), doc=field.doc,
                example=describe.example(field, context.currency),
            )  # fmt: skip
        values[field.name] = field.default
    return values, {name: node.value.span for name, node in written.items()}


def _probably_misspelt(name: str, block: BlockNode, schema: BlockSchema, context: Context) -> bool:
    known = {field.name for field in schema.fields}
    return any(node.name not in known and context.report.closest(node.name, known) == name for node in block.fields)


def _misplaced(node: FieldNode, schema: BlockSchema, context: Context) -> bool:
    """Report an unknown field; True when it is the name of a block."""
    if node.name in context.vocabulary.allowed_in(schema):
        context.report.add(
            "TR-116", node.name_span, name=node.name, example=f'{node.name} "name" {{ ... }}',
            is_a="a block", is_a_zh="块", not_a="a field", not_a_zh="字段",
        )  # fmt: skip
        return True
    names = [field.name for field in schema.fields]
    context.report.add(
        "TR-102",
        node.name_span,
        suggestion=context.report.closest(node.name, names, context.vocabulary.naming.fields(schema)),
        block=schema.name,
        name=node.name,
    )
    return False


def _unknown_block(
    block: BlockNode, parent: BlockSchema | None, allowed: Mapping[str, BlockSchema], context: Context
) -> None:
    field = parent.field(block.kind) if parent else None
    if field is not None:
        context.report.add(
            "TR-116", block.kind_span, name=block.kind,
            example=f"{field.name} = {describe.example(field, context.currency)}",
            is_a="a field", is_a_zh="字段", not_a="a block", not_a_zh="块",
        )  # fmt: skip
        return
    if block.kind.startswith("_"):
        return
    homes = context.vocabulary.homes_of(block.kind)
    if not homes:
        other, search = context.vocabulary.naming.blocks, context.report.closest
        near = search(block.kind, allowed, other) or search(block.kind, context.vocabulary.names(), other)
        context.report.add("TR-101", block.kind_span, suggestion=near, name=block.kind)
        return
    inside = [f"`{home}`" for home in homes if home != TOP_LEVEL]
    allowed_en = "in " + " or ".join(inside) if inside else "outside other blocks"
    allowed_zh = " 或 ".join(inside) + " 内" if inside else "最外层"
    context.report.add(
        "TR-108", block.kind_span, block=block.kind, allowed=allowed_en, allowed_zh=allowed_zh,
        place=f"in `{parent.name}`" if parent else "outside other blocks",
        place_zh=f" `{parent.name}` 内" if parent else "最外层",
    )  # fmt: skip
