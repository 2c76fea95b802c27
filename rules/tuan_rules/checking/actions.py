"""What is done for somebody (`credit`, `grant`, `refund` ...), and what risk control answers: calls to typed values."""

from __future__ import annotations

from collections.abc import Callable

from tuan_rules.actions import BUILT_IN, Action
from tuan_rules.checking import describe, gives, scalars
from tuan_rules.checking.context import FAILED, Context, Failed, Seen
from tuan_rules.schema import Field, FieldType
from tuan_rules.syntax import nodes
from tuan_rules.values import ActionOf, AnyAction, Credit, Grant, Points, Reference, RefundTo, VerdictOf
from tuan_rules.vocabulary import closest

#: Actions after each other in one field.
ACTIONS_MAX = 8
CODE_MAX = 40
ROUTES = ("original", "wallet")
VERDICTS = ("allow", "challenge", "review", "deny")
_VERDICT_USAGE = 'allow, challenge, review, deny or deny(code: "R-101")'


#: The value of an argument for the field that its parameter is: `types.convert`, which imports this module.
Convert = Callable[[nodes.Expression, Field, Context], object]


def actions(
    node: nodes.Expression, field_type: FieldType, context: Context, convert: Convert
) -> tuple[AnyAction, ...] | Failed | None:
    """One action, or several joined by `then`, of those that the field takes; reports TR-115, TR-213 and TR-242."""
    names = context.vocabulary.actions_of(field_type)
    steps = node.operands if isinstance(node, nodes.Operation) and node.operator == "then" else (node,)
    if len(steps) > ACTIONS_MAX:
        return context.too_many(node.span, ("the field", "字段"), len(steps), ("actions", "个动作"), ACTIONS_MAX)
    found: list[AnyAction] = []
    for step in steps:
        if isinstance(step, nodes.Bad):
            return FAILED
        if not isinstance(step, nodes.Call):
            usage = ", ".join(_usage(name, context) for name in names)
            context.report.add("TR-242", step.span, found=context.text_of(step), usage=usage)
            return FAILED
        action = _action(step, names, context, convert)
        if isinstance(action, Failed):
            return FAILED
        found.append(action)
    return tuple(found)


def _action(node: nodes.Call, names: tuple[str, ...], context: Context, convert: Convert) -> AnyAction | Failed:
    name = str(node.function)
    if name not in names:
        context.report.add(
            "TR-115",
            node.function.span,
            suggestion=closest(name, names, context.vocabulary.naming.functions),
            found=name,
            expected=", ".join(names),
        )
        return FAILED
    if declared := context.vocabulary.actions.get(name):
        return _declared(node, declared, context, convert)
    if name == "gift":
        return gives.gift(node, context)
    match name, gives.arguments_of(node):
        case "credit", ([nodes.MoneyLiteral() as amount], {}):
            money = scalars.money(amount, context)
            if isinstance(money, Failed):
                return FAILED
            if money.amount_minor > 0:
                return Credit(money)
        case "points", ([nodes.NumberLiteral() as number], {}):
            points = scalars.integer(number, context)
            if isinstance(points, Failed):
                return FAILED
            if points is not None and points > 0:
                return Points(points)
        case "grant", ([nodes.ReferenceExpression(kind=kind, label=label) as what], {}):
            reference = Reference(kind, label)
            # A kind that no block has is the engine's own, such as a coupon template: whether that exists is seen at publication.
            if context.vocabulary.get(kind) is not None:
                context.references.append(Seen(reference, what.span))
            return Grant(reference)
        case "refund", ([], {"route": nodes.Path() as route, **others}) if not others and str(route) in ROUTES:
            return RefundTo("original" if str(route) == "original" else "wallet")
        case _, ([nodes.Bad(), *_], _):
            return FAILED
    context.report.add("TR-242", node.span, found=context.text_of(node), usage=BUILT_IN[name])
    return FAILED


def _declared(node: nodes.Call, action: Action, context: Context, convert: Convert) -> ActionOf | Failed:
    """An action of a plugin: its arguments are values of fields."""
    known = {parameter.name: parameter for parameter in action.parameters}
    values: dict[str, object] = {}
    for index, argument in enumerate(node.arguments):
        if not isinstance(argument, nodes.Argument):
            return _misused(argument, action, context)
        name = argument.name or next(iter([*known][index : index + 1]), "")
        if name not in known or name in values:
            return _misused(
                argument, action, context, closest(name, known) if argument.name and name not in known else None
            )
        values[name] = convert(argument.value, known[name], context)
    for parameter in action.parameters:
        if parameter.required and parameter.name not in values:
            example = describe.example(parameter, context.currency)
            context.report.add(
                "TR-103", node.span, block=action.name, name=parameter.name, doc=parameter.doc, example=example
            )
            return FAILED
        values.setdefault(parameter.name, parameter.default)
    if any(isinstance(value, Failed) for value in values.values()):
        return FAILED
    return ActionOf(action.name, {name: values[name] for name in known}, action.parameters)


def _misused(node: nodes.Node, action: Action, context: Context, suggestion: str | None = None) -> Failed:
    found = context.text_at(node.span)
    context.report.add("TR-242", node.span, suggestion=suggestion, found=found, usage=action.usage)
    return FAILED


def _usage(name: str, context: Context) -> str:
    return BUILT_IN[name] if name in BUILT_IN else context.vocabulary.actions[name].usage


def verdict(node: nodes.Expression, context: Context) -> VerdictOf | Failed | None:
    """`allow`, `challenge`, `review`, `deny`, each also with a code; reports TR-115 and TR-239."""
    match node:
        case nodes.Path():
            name, code = str(node), ""
        case nodes.Call(arguments=(nodes.Argument(name="code", value=nodes.TextLiteral(value=code)),)):
            name = str(node.function)
        case nodes.Call() if str(node.function) in VERDICTS:
            return _wrong_verdict(node, context)
        case _:
            return None
    if len(code) > CODE_MAX:
        return _wrong_verdict(node, context)
    for kind in ("allow", "challenge", "review", "deny"):
        if name == kind:
            return VerdictOf(kind, code)
    context.report.add(
        "TR-115",
        node.span,
        suggestion=closest(name, VERDICTS, context.vocabulary.naming.words),
        found=name,
        expected=", ".join(VERDICTS),
    )
    return FAILED


def event(node: nodes.Expression, context: Context) -> str | Failed | None:
    """`flash_sale.join`: an event that a plugin declares; reports TR-115."""
    if not isinstance(node, nodes.Path):
        return None
    return _known(node, [event.name for event in context.vocabulary.declared_events], context)


def block_kind(node: nodes.Expression, context: Context) -> str | Failed | None:
    """`flash_sale`: a kind of block; reports TR-115."""
    if not isinstance(node, nodes.Path):
        return None
    return _known(node, context.vocabulary.names(), context)


def _known(node: nodes.Path, names: list[str], context: Context) -> str | Failed:
    word = str(node)
    if word in names:
        return word
    context.report.add(
        "TR-115", node.span, suggestion=closest(word, names), found=word, expected=", ".join(sorted(names))
    )
    return FAILED


def _wrong_verdict(node: nodes.Expression, context: Context) -> Failed:
    context.report.add("TR-239", node.span, name=context.text_of(node), usage=_VERDICT_USAGE)
    return FAILED
