"""One field's expression to the value of its type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import Any

from tuan_rules.checking import actions, describe, gives, prices, scalars, schedules
from tuan_rules.checking.context import FAILED, Context, Failed, Seen
from tuan_rules.checking.given import given
from tuan_rules.currencies import sign_of
from tuan_rules.diagnostics.model import Fix
from tuan_rules.schema import LADDER_OF, MONEY, Field, FieldType, Kind
from tuan_rules.syntax import nodes
from tuan_rules.values import Reference

_WITH_UNIT = {Kind.MONEY, Kind.PERCENT, Kind.DURATION, Kind.PRICE_ACTION, Kind.SHARE_OF}
#: What can never be a condition; the rest is typed when expressions are compiled.
_NO_CONDITION = (
    nodes.MoneyLiteral, nodes.PercentLiteral, nodes.DurationLiteral, nodes.NumberLiteral, nodes.TextLiteral,
    nodes.TimeLiteral, nodes.InstantLiteral, nodes.ListExpression, nodes.RecordExpression, nodes.Per, nodes.LimitList,
    nodes.WindowExpression, nodes.Arithmetic, nodes.Negative, nodes.ShareExpression, nodes.ReferenceExpression,
    nodes.Counter,
)  # fmt: skip
_NO_AMOUNT = (
    nodes.PercentLiteral, nodes.DurationLiteral, nodes.NumberLiteral, nodes.TextLiteral, nodes.BooleanLiteral,
    nodes.TimeLiteral, nodes.InstantLiteral, nodes.ListExpression, nodes.RecordExpression, nodes.LimitList,
    nodes.WindowExpression, nodes.Comparison, nodes.IsSet, nodes.Not, nodes.ReferenceExpression,
)  # fmt: skip


#: What fields of nodes are declared as that hold none.
_PLAIN_FIELDS = ("Span", "str", "bool", "int", "Fraction", "datetime", "tuple[str, ...]")


def convert(node: nodes.Expression, field: Field, context: Context) -> object:
    """The typed value of `node` for `field`, or `FAILED` after reporting why not."""
    return _convert(node, field.type, field, context)


def _convert(node: nodes.Expression, field_type: FieldType, field: Field, context: Context) -> object:
    if isinstance(node, nodes.Bad):
        return FAILED
    value = _value(node, field_type, field, context)
    if value is None:
        _wrong_type(node, field_type, field, context)
        return FAILED
    return value


def _value(node: nodes.Expression, field_type: FieldType, field: Field, context: Context) -> object:
    match field_type.kind:
        case Kind.MONEY:
            return prices.money_or_failed(node, context)
        case Kind.PERCENT:
            return node.ratio if isinstance(node, nodes.PercentLiteral) else None
        case Kind.DURATION:
            return node.ms if isinstance(node, nodes.DurationLiteral) else None
        case Kind.INSTANT:
            return scalars.instant(node, context) if isinstance(node, nodes.InstantLiteral) else None
        case Kind.WINDOW:
            return scalars.window(node, context) if isinstance(node, nodes.WindowExpression) else None
        case Kind.SCHEDULE:
            return schedules.schedule(node, context)
        case Kind.INTEGER:
            return scalars.integer(node, context)
        case Kind.TEXT:
            return scalars.text(node, context)
        case Kind.BOOLEAN:
            return node.value if isinstance(node, nodes.BooleanLiteral) else None
        case Kind.LIMITS:
            return prices.limits(node, field_type.names, context)
        case Kind.PRICE_ACTION:
            return prices.price_action(node, context)
        case Kind.GIVE:
            return gives.give(node, context)
        case Kind.CAP:
            return gives.cap(node, context)
        case Kind.SHARE_OF:
            return prices.share_of(node, context)
        case Kind.SKU_SET:
            return prices.sku_set(node, context)
        case Kind.ENUM:
            return _word(node, field_type, context)
        case Kind.REFERENCE:
            return _reference(node, field_type, context)
        case Kind.LIST_OF | Kind.LADDER_OF:
            return _list(node, field_type, field, context)
        case Kind.PRICE_OR_LADDER | Kind.ACTIONS | Kind.VERDICT | Kind.SETTLEMENT | Kind.EVENT | Kind.BLOCK_KIND:
            return _of_promotions(node, field_type, field, context)
        case Kind.RECORD:
            return _record(node, field_type, field, context)
        case Kind.MAP_OF:
            return _map(node, field_type, field, context)
        case Kind.GIVEN:
            # Without facts there is nothing to hold it against but the literals themselves.
            untyped = not context.vocabulary.facts
            return FAILED if untyped and _expression(node, field_type, context) is FAILED else given(node, context)
    return _expression(node, field_type, context)


def _of_promotions(node: nodes.Expression, field_type: FieldType, field: Field, context: Context) -> object:
    match field_type.kind:
        case Kind.PRICE_OR_LADDER if isinstance(node, nodes.ListExpression):
            return _list(node, LADDER_OF(MONEY, max_items=20), field, context)
        case Kind.PRICE_OR_LADDER:
            return prices.price_action(node, context)
        case Kind.ACTIONS:
            return actions.actions(node, field_type, context, convert)
        case Kind.VERDICT:
            return actions.verdict(node, context)
        case Kind.SETTLEMENT:
            return schedules.settlement(node, context)
        case Kind.EVENT:
            return actions.event(node, context)
    return actions.block_kind(node, context)


def _wrong_type(node: nodes.Expression, field_type: FieldType, field: Field, context: Context) -> None:
    expected, expected_zh = describe.expected(field_type)
    text = context.text_of(node)
    if isinstance(node, nodes.NumberLiteral) and field_type.kind in _WITH_UNIT:
        # Who writes 0.08 for a percent means 8%.
        percent = f"{float(node.value * 100):g}%" if 0 < node.value < 1 else f"{text}%"
        money = f"{sign_of(context.currency)}{text}"
        example = {Kind.PERCENT: percent, Kind.DURATION: f"{text}min", Kind.MONEY: money}.get(
            field_type.kind, describe.example(field, context.currency)
        )
        context.report.add(
            "TR-209", node.span, field=field.name, found=text, expected=expected, expected_zh=expected_zh,
            example=example,
        )  # fmt: skip
        return
    found, found_zh = describe.found(node, text)
    example = describe.example(field, context.currency)
    context.report.add(
        "TR-201", node.span, field=field.name, expected=expected, expected_zh=expected_zh, found=found,
        found_zh=found_zh, example=example,
    )  # fmt: skip


def _word(node: nodes.Expression, field_type: FieldType, context: Context) -> str | Failed | None:
    if isinstance(node, nodes.TextLiteral) and node.value in field_type.names:
        word, fix = node.value, Fix(node.span, node.value)
    elif isinstance(node, nodes.Path):
        word, fix = str(node), None
        if word in field_type.names:
            return word
    else:
        return None
    known = context.vocabulary.naming.words_of(field_type)
    suggestion = word if fix else context.report.closest(word, field_type.names, known)
    context.report.add(
        "TR-115", node.span, suggestion=suggestion, fix=fix, found=context.text_of(node),
        expected=", ".join(field_type.names),
    )  # fmt: skip
    return FAILED


def _reference(node: nodes.Expression, field_type: FieldType, context: Context) -> Reference | Failed | None:
    if not isinstance(node, nodes.ReferenceExpression):
        return None
    if field_type.names and node.kind not in field_type.names:
        expected = " or ".join(f"`{name}`" for name in field_type.names)
        suggestion = context.report.closest(node.kind, field_type.names, context.vocabulary.naming.blocks)
        context.report.add("TR-110", node.span, suggestion=suggestion, kind=node.kind, expected=expected)
        return FAILED
    reference = Reference(node.kind, node.label)
    context.references.append(Seen(reference, node.span))
    return reference


def _list(node: nodes.Expression, field_type: FieldType, field: Field, context: Context) -> object:
    if not isinstance(node, nodes.ListExpression) or field_type.item is None:
        return None
    if len(node.items) > field_type.max_items:
        return context.too_many(node.span, ("the list", "列表"), len(node.items), ("items", "项"), field_type.max_items)
    if field_type.kind is Kind.LADDER_OF:
        return _ladder(node, field_type.item, field, context)
    if any(isinstance(item, nodes.Step) for item in node.items):
        return None
    values = [
        _convert(item, field_type.item, field, context) for item in node.items if not isinstance(item, nodes.Step)
    ]
    if any(isinstance(value, Failed) for value in values):
        return FAILED
    for index, value in enumerate(values):
        if field_type.item.kind in (Kind.TEXT, Kind.REFERENCE, Kind.ENUM) and value in values[:index]:
            context.report.add("TR-218", node.items[index].span, found=context.text_at(node.items[index].span))
    return tuple(values)


def _ladder(node: nodes.ListExpression, item: FieldType, field: Field, context: Context) -> object:
    steps: list[tuple[int, object]] = []
    failed = False
    for step in node.items:
        key = scalars.integer(step.key, context) if isinstance(step, nodes.Step) else None
        if isinstance(step, nodes.Step) and key is None and not isinstance(step.key, nodes.Bad):
            found, found_zh = describe.found(step.key, context.text_of(step.key))
            context.report.add(
                "TR-201", step.key.span, field="a step", expected="a whole number", expected_zh="整数", found=found,
                found_zh=found_zh, example=describe.example(field, context.currency),
            )  # fmt: skip
            failed = True
            continue
        if not isinstance(step, nodes.Step) or key is None:
            return FAILED if isinstance(step, nodes.Bad) else None
        value = _convert(step.value, item, field, context)
        if isinstance(key, Failed) or isinstance(value, Failed):
            failed = True
            continue
        if steps and key <= steps[-1][0]:
            context.report.add("TR-219", step.key.span, found=key, before=steps[-1][0])
            failed = True
        steps.append((key, value))
    return FAILED if failed else tuple(steps)


def _record(node: nodes.Expression, field_type: FieldType, field: Field, context: Context) -> object:
    if not isinstance(node, nodes.RecordExpression):
        return None
    known = {entry.name: entry for entry in field_type.fields}
    values: dict[str, object] = {}
    failed = False
    for entry in node.entries:
        if entry.key not in known:
            context.report.add(
                "TR-114", entry.key_span, suggestion=context.report.closest(entry.key, known), name=entry.key
            )
            failed = True
        elif entry.key in values:
            context.report.add("TR-104", entry.key_span, name=entry.key)
            failed = True
        else:
            values[entry.key] = convert(entry.value, known[entry.key], context)
            failed = failed or isinstance(values[entry.key], Failed)
    for name, inner in known.items():
        if name not in values and inner.required and not failed:
            example = describe.example(inner, context.currency)
            context.report.add("TR-103", node.span, block=field.name, name=name, doc=inner.doc, example=example)
            failed = True
        values.setdefault(name, inner.default)
    return FAILED if failed else {name: values[name] for name in known}


def _map(node: nodes.Expression, field_type: FieldType, field: Field, context: Context) -> object:
    if not isinstance(node, nodes.RecordExpression) or field_type.item is None:
        return None
    if len(node.entries) > field_type.max_items:
        return context.too_many(
            node.span, ("the record", "记录"), len(node.entries), ("entries", "项"), field_type.max_items
        )
    values: dict[str, object] = {}
    for entry in node.entries:
        if entry.key in values:
            context.report.add("TR-104", entry.key_span, name=entry.key)
        values[entry.key] = _convert(entry.value, field_type.item, field, context)
    return FAILED if any(isinstance(value, Failed) for value in values.values()) else values


def _expression(node: nodes.Expression, field_type: FieldType, context: Context) -> object:
    """A condition, an amount or any expression stays a tree; its literals are checked all the same."""
    wrong: tuple[type, ...] = ()
    if field_type.kind is Kind.PREDICATE:
        wrong = _NO_CONDITION
    elif field_type.kind is Kind.AMOUNT_EXPRESSION:
        wrong = _NO_AMOUNT
    if isinstance(node, wrong):
        return None
    fine = True
    for inner in walk(node):
        if isinstance(inner, nodes.Bad):
            fine = False
        elif isinstance(inner, nodes.MoneyLiteral):
            fine = not isinstance(scalars.money(inner, context), Failed) and fine
        elif isinstance(inner, nodes.InstantLiteral):
            fine = not isinstance(scalars.instant(inner, context), Failed) and fine
        elif isinstance(inner, nodes.Operation) and inner.operator == "or":
            _mixed(inner, context)
    return node if fine else FAILED


def _mixed(node: nodes.Operation, context: Context) -> None:
    """Warn of `a or b and c`: the table of precedences is not something that a merchant has in mind."""
    for operand in node.operands:
        if isinstance(operand, nodes.Operation) and operand.operator == "and":
            source = context.sources[operand.span.file].text
            before = source[: operand.span.offset].rstrip()[-1:]
            after = source[operand.span.end_offset :].lstrip()[:1]
            if (before, after) != ("(", ")"):
                fix = Fix(operand.span, f"({source[operand.span.offset : operand.span.end_offset]})")
                context.report.add("TR-220", operand.span, fix=fix)


@cache
def _inner_names(kind: Any) -> tuple[str, ...]:
    """The fields of a node that can hold nodes."""
    return tuple(field.name for field in fields(kind) if field.type not in _PLAIN_FIELDS)


def walk(node: nodes.Node) -> Iterator[nodes.Node]:
    """The node and everything in it, in the order of the text."""
    yield node
    kind: Any = type(node)
    for name in _inner_names(kind):
        value = getattr(node, name)
        for inner in value if isinstance(value, tuple) else (value,):
            if isinstance(inner, nodes.Node):
                yield from walk(inner)
            elif isinstance(inner, tuple) and len(inner) == 2 and isinstance(inner[1], nodes.Node):
                yield from walk(inner[1])
