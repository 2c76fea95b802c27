"""What is done for somebody (`credit`, `grant`, `refund` ...), and what risk control answers: calls to typed values."""

from __future__ import annotations

from tuan_rules.checking import gives, scalars
from tuan_rules.checking.context import FAILED, Context, Failed, Seen
from tuan_rules.syntax import nodes
from tuan_rules.values import Action, Credit, Grant, Points, Reference, RefundTo, VerdictOf
from tuan_rules.vocabulary import closest

#: Actions after each other in one field.
ACTIONS_MAX = 8
CODE_MAX = 40
ROUTES = ("original", "wallet")
VERDICTS = ("allow", "challenge", "review", "deny")
_USAGE = {
    "credit": "credit(¥2.00)",
    "points": "points(100)",
    "grant": 'grant(coupon "care-5")',
    "refund": "refund(route: original)",
    "gift": 'gift("S1001", qty: 1)',
}
_VERDICT_USAGE = 'allow, challenge, review, deny or deny(code: "R-101")'


def actions(node: nodes.Expression, names: tuple[str, ...], context: Context) -> tuple[Action, ...] | Failed | None:
    """One action, or several joined by `then`, of these names; reports TR-115, TR-213 and TR-242."""
    steps = node.operands if isinstance(node, nodes.Operation) and node.operator == "then" else (node,)
    if len(steps) > ACTIONS_MAX:
        return context.too_many(node.span, ("the field", "字段"), len(steps), ("actions", "个动作"), ACTIONS_MAX)
    found: list[Action] = []
    for step in steps:
        if isinstance(step, nodes.Bad):
            return FAILED
        if not isinstance(step, nodes.Call):
            usage = ", ".join(_USAGE[name] for name in names)
            context.report.add("TR-242", step.span, found=context.text_of(step), usage=usage)
            return FAILED
        action = _action(step, names, context)
        if isinstance(action, Failed):
            return FAILED
        found.append(action)
    return tuple(found)


def _action(node: nodes.Call, names: tuple[str, ...], context: Context) -> Action | Failed:
    name = str(node.function)
    if name not in names:
        context.report.add(
            "TR-115", node.function.span, suggestion=closest(name, names), found=name, expected=", ".join(names)
        )
        return FAILED
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
    context.report.add("TR-242", node.span, found=context.text_of(node), usage=_USAGE[name])
    return FAILED


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
        "TR-115", node.span, suggestion=closest(name, VERDICTS), found=name, expected=", ".join(VERDICTS)
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
