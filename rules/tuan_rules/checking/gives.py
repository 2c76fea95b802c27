"""What a price rule gives, and its cap: actions, ladders of actions, and amounts that are worked out."""

from __future__ import annotations

from fractions import Fraction

from tuan_rules.checking import scalars
from tuan_rules.checking.context import FAILED, Context, Failed
from tuan_rules.checking.prices import PRICE_ACTIONS, in_unit_range, is_below_zero, price_action
from tuan_rules.facts import INTEGER, MONEY, Base
from tuan_rules.syntax import nodes
from tuan_rules.typing.tree import Constant, Typed
from tuan_rules.values import BuyGet, Cap, Computed, Every, Gift, Give, PriceAction, Tiers

STEPS_MAX = 50
_USAGE = {
    "every": "every(¥300, off(¥50)) or every(¥300, off(¥50), most: 3)",
    "buy": "buy(2, get: 1) or buy(2, get: 1, off: 50%)",
    "gift": 'gift("S1001") or gift("S1001", qty: 2)',
}
_ALL = 'set(¥29.90), off(¥10), off(12%), pay(88%), [¥200 => off(¥20)], every(¥300, off(¥50)), buy(2, get: 1), gift("S1001")'
_PER = ("order", "line")


def give(node: nodes.Expression, context: Context) -> Give | Failed | None:
    """Any of the forms of `Give`; reports TR-217, TR-219 and TR-242 beside what `price_action` reports."""
    match node:
        case nodes.ListExpression():
            return _tiers(node, context)
        case nodes.Call(function=nodes.Path(names=("every",))):
            return _every(node, context)
        case nodes.Call(function=nodes.Path(names=("buy",))):
            return _buy_get(node, context)
        case nodes.Call(function=nodes.Path(names=("gift",))):
            return gift(node, context)
        case nodes.Call(
            function=nodes.Path(names=(("off" | "set") as kind,)), arguments=(nodes.Argument(name="", value=operand),)
        ) if not isinstance(operand, _LITERALS):
            return FAILED if is_below_zero(operand, context) else _computed(kind, operand, context)
        case nodes.Call(function=function) if str(function) in PRICE_ACTIONS:
            return price_action(node, context)
        case nodes.MoneyLiteral() | nodes.PercentLiteral():
            return price_action(node, context)
    context.report.add("TR-242", node.span, found=context.text_of(node), usage=_ALL)
    return FAILED


_LITERALS = (nodes.MoneyLiteral, nodes.PercentLiteral, nodes.NumberLiteral, nodes.Bad, nodes.TextLiteral)


def cap(node: nodes.Expression, context: Context) -> Cap | Failed | None:
    """`¥50.00 per order`: money per order or per line, worked out or written; reports TR-115, TR-217 and what typing reports."""
    if not isinstance(node, nodes.Per) or node.window is not None:
        return None
    if node.subject not in _PER:
        context.report.add("TR-115", node.span, found=node.subject, expected=", ".join(_PER))
        return FAILED
    amount = None if is_below_zero(node.amount, context) else money_expression(node.amount, context)
    if amount is None:
        return FAILED
    return Cap(amount, "order" if node.subject == "order" else "line")


def money_expression(node: nodes.Expression, context: Context) -> Typed | None:
    """Whole minor units, worked out or written; None after reporting."""
    if isinstance(node, nodes.MoneyLiteral):
        amount = scalars.money(node, context)
        return None if isinstance(amount, Failed) else Constant(MONEY, amount.amount_minor)
    if context.typer is None:
        return Constant(MONEY, 0)
    return context.typer.expression(node, (Base.MONEY,))


def _computed(kind: str, operand: nodes.Expression, context: Context) -> Computed | Failed:
    # Without facts there is nothing to work an amount out from, and nothing that would run the rule.
    amount = (
        context.typer.expression(operand, (Base.MONEY, Base.AMOUNT)) if context.typer else Constant(INTEGER, 0)
    )  # fmt: skip
    if amount is None:
        return FAILED
    return Computed("off_amount" if kind == "off" else "set", amount)


def _tiers(node: nodes.ListExpression, context: Context) -> Tiers | Failed:
    steps: list[tuple[int, PriceAction]] = []
    by: set[str] = set()
    for step in node.items:
        if not isinstance(step, nodes.Step) or not isinstance(step.key, nodes.MoneyLiteral | nodes.NumberLiteral):
            return _wrong(node, context, "[¥200 => off(¥20), ¥400 => off(¥50)]")
        money_key = isinstance(step.key, nodes.MoneyLiteral)
        by.add("amount" if money_key else "units")
        action = price_action(step.value, context)
        if action is None:
            return _wrong(step.value, context, "[¥200 => off(¥20), ¥400 => off(¥50)]")
        found = scalars.money(step.key, context) if isinstance(step.key, nodes.MoneyLiteral) else scalars.integer(
            step.key, context
        )  # fmt: skip
        if found is None or isinstance(found, Failed) or isinstance(action, Failed):
            return FAILED
        key = found if isinstance(found, int) else found.amount_minor
        if key < 1:
            context.report.add("TR-217", step.key.span, found=context.text_of(step.key), least=1)
            return FAILED
        if steps and key <= steps[-1][0]:
            before = node.items[len(steps) - 1]
            context.report.add(
                "TR-219", step.key.span, found=context.text_of(step.key), before=context.text_at(before.span)
            )
            return FAILED
        steps.append((key, action))
    if len(by) != 1 or len(steps) > STEPS_MAX:
        return _wrong(node, context, f"[¥200 => off(¥20), ¥400 => off(¥50)], with 1 to {STEPS_MAX} steps of one kind")
    return Tiers("amount" if by == {"amount"} else "units", tuple(steps))


def _every(node: nodes.Call, context: Context) -> Every | Failed:
    match arguments_of(node):
        case ([nodes.MoneyLiteral() as whole, nodes.Call() as action], named) if set(named) <= {"most"}:
            amount, off = scalars.money(whole, context), price_action(action, context)
            if isinstance(amount, Failed) or isinstance(off, Failed):
                return FAILED
            most = scalars.integer(named["most"], context) if "most" in named else 0
            if isinstance(most, Failed) or off is None or off.money is None or off.kind != "off_amount":
                return FAILED if isinstance(most, Failed) else _wrong(node, context, _USAGE["every"])
            if amount.amount_minor > 0 and most is not None and (most > 0) is ("most" in named):
                return Every(amount.amount_minor, off.money.amount_minor, most or None)
    return _wrong(node, context, _USAGE["every"])


def _buy_get(node: nodes.Call, context: Context) -> BuyGet | Failed:
    match arguments_of(node):
        case ([first], named) if "get" in named and set(named) <= {"get", "off"}:
            buy, get = scalars.integer(first, context), scalars.integer(named["get"], context)
            off = named.get("off")
            ratio = Fraction(1)
            if isinstance(off, nodes.PercentLiteral) and not off.is_fold:
                if not in_unit_range(off, context):
                    return FAILED
                ratio = off.ratio
            elif off is not None:
                return _wrong(node, context, _USAGE["buy"])
            if isinstance(buy, int) and isinstance(get, int) and 0 < buy < 1_000 and 0 < get < 1_000:
                return BuyGet(buy, get, ratio)
    return _wrong(node, context, _USAGE["buy"])


def gift(node: nodes.Call, context: Context) -> Gift | Failed:
    """`gift("S1001", qty: 1)`; reports TR-242."""
    match arguments_of(node):
        case ([nodes.TextLiteral(value=sku)], named) if set(named) <= {"qty"} and sku.strip():
            quantity = scalars.integer(named["qty"], context) if "qty" in named else 1
            if isinstance(quantity, int) and 0 < quantity < 1_000:
                return Gift(sku, quantity)
    return _wrong(node, context, _USAGE["gift"])


def arguments_of(node: nodes.Call) -> tuple[list[nodes.Expression], dict[str, nodes.Expression]]:
    """Positional and named ones; a loop or a name given twice fits nothing."""
    plain: list[nodes.Expression] = []
    named: dict[str, nodes.Expression] = {}
    for argument in node.arguments:
        if not isinstance(argument, nodes.Argument) or argument.name in named:
            return [], {"": nodes.Bad(node.span)}
        if argument.name:
            named[argument.name] = argument.value
        else:
            plain.append(argument.value)
    return plain, named


def _wrong(node: nodes.Expression, context: Context, usage: str) -> Failed:
    context.report.add("TR-242", node.span, found=context.text_of(node), usage=usage)
    return FAILED
