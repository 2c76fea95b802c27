"""Typed values of pricing and stock: price actions, shares, goods, limits, schedules."""

from __future__ import annotations

from tuan_rules.checking import describe, scalars
from tuan_rules.checking.context import FAILED, Context, Failed
from tuan_rules.currencies import sign_of
from tuan_rules.diagnostics.model import Fix, Secondary
from tuan_rules.source import Span
from tuan_rules.syntax import nodes
from tuan_rules.values import Limit, Money, PriceAction, ShareOf, SkuSet
from tuan_rules.vocabulary import closest

PRICE_ACTIONS = ("set", "off", "pay")
#: Whom a limit counts, where the schema does not say: the identities that an order carries.
SUBJECTS = ("buyer", "device", "address", "order")
GOODS_MAX = 5000


def price_action(node: nodes.Expression, context: Context) -> PriceAction | Failed | None:
    """`set(money)`, `off(money | percent)`, `pay(percent)`; reports TR-115, TR-211, TR-212, TR-215 and TR-217."""
    if not isinstance(node, nodes.Call):
        return _bare_price(node, context)
    name = str(node.function)
    if name not in PRICE_ACTIONS:
        context.report.add(
            "TR-115", node.function.span, suggestion=closest(name, PRICE_ACTIONS), found=name,
            expected=", ".join(PRICE_ACTIONS),
        )  # fmt: skip
        return FAILED
    argument = node.arguments[0] if len(node.arguments) == 1 else None
    operand = argument.value if isinstance(argument, nodes.Argument) and not argument.name else None
    if operand is not None and is_below_zero(operand, context):
        return FAILED
    match name, operand:
        case _, nodes.Bad():
            return FAILED
        case "set", nodes.MoneyLiteral():
            amount = scalars.money(operand, context)
            return amount if isinstance(amount, Failed) else PriceAction("set", money=amount)
        case "off", nodes.MoneyLiteral():
            amount = scalars.money(operand, context)
            return amount if isinstance(amount, Failed) else PriceAction("off_amount", money=amount)
        case "off", nodes.PercentLiteral(is_fold=True):
            found = context.text_of(operand)
            context.report.add(
                "TR-211", operand.span, suggestion=f"pay({found})", fix=Fix(node.span, f"pay({found})"), found=found
            )
            return FAILED
        case "off" | "pay", nodes.PercentLiteral():
            if not in_unit_range(operand, context):
                return FAILED
            return PriceAction("off_ratio" if name == "off" else "pay_ratio", ratio=operand.ratio)
        case _, nodes.NumberLiteral():
            number = context.text_of(operand)
            percent = float(operand.value * 100) if operand.value < 1 else float(operand.value)
            as_percent = name == "pay" or (name == "off" and operand.value < 1)
            meant = f"{name}({percent:g}%)" if as_percent else f"{name}({sign_of(context.currency)}{number})"
            expected, expected_zh = _PRICE_OPERAND[name]
            context.report.add(
                "TR-209", operand.span, field=name, found=number, example=meant, expected=expected,
                expected_zh=expected_zh,
            )  # fmt: skip
            return FAILED
    context.report.add("TR-215", node.span, found=context.text_of(node))
    return FAILED


_PRICE_OPERAND = {
    "set": ("an amount of money", "金额"),
    "off": ("an amount or a percent", "金额或百分比"),
    "pay": ("a percent", "百分比"),
}


def _bare_price(node: nodes.Expression, context: Context) -> Failed | None:
    found = context.text_of(node)
    if isinstance(node, nodes.MoneyLiteral):
        meant = f"set({found})"
    elif isinstance(node, nodes.PercentLiteral) and node.is_fold:
        meant = f"pay({found})"
    elif isinstance(node, nodes.PercentLiteral):
        context.report.add("TR-215", node.span, found=found)
        return FAILED
    else:
        return None
    context.report.add("TR-215", node.span, suggestion=meant, fix=Fix(node.span, meant), found=found)
    return FAILED


def is_below_zero(node: nodes.Expression, context: Context) -> bool:
    """Whether an amount is written with a minus, where it would make goods free or give nothing; reports TR-217."""
    if not isinstance(node, nodes.Negative):
        return False
    if not isinstance(node.operand, nodes.MoneyLiteral | nodes.PercentLiteral | nodes.NumberLiteral):
        return False
    context.report.add("TR-217", node.span, found=f"`{context.text_of(node)}`", least=0)
    return True


def in_unit_range(node: nodes.PercentLiteral, context: Context) -> bool:
    """Whether a percent lies between 0 and 100; reports TR-212."""
    if 0 <= node.ratio <= 1:
        return True
    context.report.add("TR-212", node.span, found=context.text_of(node))
    return False


def share_of(node: nodes.Expression, context: Context) -> ShareOf | Failed | None:
    """`90% of sku.available`."""
    if not isinstance(node, nodes.ShareExpression):
        return None
    if not isinstance(node.fact, nodes.Path):
        found, found_zh = describe.found(node.fact, context.text_of(node.fact))
        context.report.add(
            "TR-201", node.fact.span, field="of", expected="a fact", expected_zh="事实", found=found,
            found_zh=found_zh, example="90% of sku.available",
        )  # fmt: skip
        return FAILED
    if isinstance(node.ratio, nodes.Bad):
        return FAILED
    if not isinstance(node.ratio, nodes.PercentLiteral):
        text = context.text_of(node.ratio)
        context.report.add(
            "TR-209", node.ratio.span, field="of", found=text, expected="a percent", expected_zh="百分比",
            example=f"{text}% of {node.fact}",
        )  # fmt: skip
        return FAILED
    return ShareOf(node.ratio.ratio, str(node.fact)) if in_unit_range(node.ratio, context) else FAILED


def sku_set(node: nodes.Expression, context: Context) -> SkuSet | Failed | None:
    """`line.sku in [...]`, `line.sku == "..."`, `line.category under "..."`, joined by `or`."""
    parts = node.operands if isinstance(node, nodes.Operation) and node.operator == "or" else (node,)
    skus: list[str] = []
    categories: list[str] = []
    for part in parts:
        match part:
            case nodes.Comparison(
                operator="in", left=nodes.Path(names=("line", "sku")), right=nodes.ListExpression() as listed
            ):
                into, items = skus, listed.items
            case nodes.Comparison(
                operator="==", left=nodes.Path(names=("line", "sku")), right=nodes.TextLiteral() as one
            ):
                into, items = skus, (one,)
            case nodes.Comparison(
                operator="under", left=nodes.Path(names=("line", "category")), right=nodes.TextLiteral() as one
            ):
                into, items = categories, (one,)
            case _:
                return None
        if any(isinstance(item, nodes.Bad) for item in items):
            return FAILED
        if not items:
            context.report.add("TR-217", part.span, found="the number of goods", least=1)
            return FAILED
        for item in items:
            if not isinstance(item, nodes.TextLiteral):
                return None
            if item.value in into:
                context.report.add("TR-218", item.span, found=f'"{item.value}"')
            else:
                into.append(item.value)
    if len(skus) > GOODS_MAX:
        return context.too_many(node.span, ("the list", "列表"), len(skus), ("goods", "种商品"), GOODS_MAX)
    return SkuSet(tuple(skus), tuple(categories))


def limits(node: nodes.Expression, subjects: tuple[str, ...], context: Context) -> tuple[Limit, ...] | Failed | None:
    """`1 per buyer, 2 per device per 24h`, with or without brackets."""
    match node:
        case nodes.Per():
            items: tuple[nodes.Expression | nodes.Step, ...] = (node,)
        case nodes.LimitList() | nodes.ListExpression():
            items = node.items
        case _:
            return None
    found: dict[tuple[str, int | None], tuple[Limit, Span]] = {}
    failed = False
    for item in items:
        if not isinstance(item, nodes.Per):
            return FAILED if isinstance(item, nodes.Bad) else None
        limit = _limit(item, subjects or SUBJECTS, context)
        if isinstance(limit, Failed):
            failed = True
            continue
        key = (limit.subject, limit.window_ms)
        if key in found:
            first = Secondary(found[key][1], "first given here", "首次出现在这里")
            context.report.add("TR-104", item.span, secondary=(first,), name=f"per {limit.subject}")
            failed = True
        found[key] = (limit, item.span)
    return FAILED if failed else tuple(limit for limit, _ in found.values())


def _limit(node: nodes.Per, subjects: tuple[str, ...], context: Context) -> Limit | Failed:
    quantity = scalars.integer(node.amount, context)
    if quantity is None:
        if not isinstance(node.amount, nodes.Bad):
            found, found_zh = describe.found(node.amount, context.text_of(node.amount))
            context.report.add(
                "TR-201", node.amount.span, field=f"per {node.subject}", expected="a whole number", expected_zh="整数",
                found=found, found_zh=found_zh, example=f"1 per {node.subject}",
            )  # fmt: skip
        return FAILED
    if isinstance(quantity, Failed) or isinstance(node.window, nodes.Bad):
        return FAILED
    if quantity < 1:
        context.report.add("TR-217", node.amount.span, found=f"`{context.text_of(node.amount)}`", least=1)
        return FAILED
    if node.subject not in subjects:
        context.report.add(
            "TR-115", node.span, suggestion=closest(node.subject, subjects), found=node.subject,
            expected=", ".join(subjects),
        )  # fmt: skip
        return FAILED
    if node.window is not None and node.window.ms < 1:
        context.report.add("TR-217", node.window.span, found=f"`{context.text_of(node.window)}`", least="1ms")
        return FAILED
    return Limit(quantity, node.subject, node.window.ms if node.window else None)


def money_or_failed(node: nodes.Expression, context: Context) -> Money | Failed | None:
    """An amount in the package's currency; None when it is something else."""
    return scalars.money(node, context) if isinstance(node, nodes.MoneyLiteral) else None
