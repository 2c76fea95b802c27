"""Calls: count, sum, any and all over a list; round, min and max; and counters of events."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tuan_rules.facts import AMOUNT, BOOLEAN, COUNTERS, INTEGER, MONEY, Base, Counter, Per
from tuan_rules.predicates import BUILT_IN
from tuan_rules.syntax import nodes
from tuan_rules.typing import predicates
from tuan_rules.typing.operators import joined
from tuan_rules.typing.scope import LOOPS_MAX, Scope
from tuan_rules.typing.tree import Aggregate, Extreme, FactOf, Rounded, Typed
from tuan_rules.vocabulary import closest

if TYPE_CHECKING:
    from tuan_rules.typing.infer import Typer

AGGREGATES = ("count", "sum", "any", "all")
EXTREMES = ("min", "max")
MODES = ("half_up", "half_even", "down", "up")
FUNCTIONS = (*AGGREGATES, *EXTREMES, "round")
assert set(FUNCTIONS) == BUILT_IN
COUNTED_BY = ("buyer", "device", "address")
_SUMMED = (Base.MONEY, Base.AMOUNT, Base.INTEGER, Base.DURATION)


def call(typer: Typer, node: nodes.Call, scope: Scope) -> Typed | None:
    """A call of one of the language's functions; reports TR-237 and TR-239."""
    name = str(node.function)
    if name in AGGREGATES:
        return _aggregate(typer, node, name, scope)
    if name == "round":
        return _round(typer, node, scope)
    if name in EXTREMES:
        return _extreme(typer, node, name, scope)
    if name in scope.predicates:
        return predicates.call(typer, node, scope.predicates[name], scope)
    known = (*FUNCTIONS, *scope.predicates)
    return typer.fail(
        "TR-239",
        node.function.span,
        suggestion=closest(name, known, typer.context.vocabulary.naming.functions),
        name=name,
        usage=", ".join(known),
    )


def counter(typer: Typer, node: nodes.Counter, scope: Scope) -> Typed | None:
    """`count(join) by device within 10min`: a fact that is fetched before; reports TR-239."""
    match node.base:
        case nodes.Call(
            function=nodes.Path(names=("count",)), arguments=(nodes.Argument(name="", value=nodes.Path() as event),)
        ):
            pass
        case _:
            return _usage(typer, node, "count", "count(join) by device within 10min")
    if isinstance(node.within, nodes.Bad):
        return None
    by = str(node.by) if node.by else "buyer"
    if str(event) not in scope.events:
        return typer.fail("TR-230", event.span, suggestion=closest(str(event), scope.events), name=str(event))
    if by not in COUNTED_BY or node.within is None:
        return _usage(typer, node, "count", "count(join) by device within 10min")
    return FactOf(INTEGER, COUNTERS, Counter(str(event), by, node.within.ms).name, Per.CART)


def _aggregate(typer: Typer, node: nodes.Call, name: str, scope: Scope) -> Typed | None:
    example = "count(each m in group.members where m.is_new)" if name == "count" else f"{name}(m.x each m in list.of)"
    match node.arguments:
        case (nodes.Each() as each,):
            pass
        case _:
            return _usage(typer, node, name, example)
    if len(scope.variables) >= LOOPS_MAX:
        return typer.fail("TR-237", node.span, limit=LOOPS_MAX)
    collection = typer.value(each.collection, scope)
    if collection is None:
        return None
    item_type = collection.type.item
    if item_type is None or each.variable in scope.records or scope.variable(each.variable) is not None:
        return _usage(typer, node, name, example)
    inner = scope.inside(each.variable, item_type)
    where = typer.condition_in(each.where, inner) if each.where is not None else None
    item = typer.value(each.item, inner) if each.item is not None else None
    if (each.where is not None and where is None) or (each.item is not None and item is None):
        return None
    if (item is None) is not (name == "count"):
        return _usage(typer, node, name, example)
    if item is None:
        return Aggregate(INTEGER, name, scope.loop(each.variable), collection, where, None)
    fits = item.type.base in _SUMMED if name == "sum" else item.type.base is Base.BOOLEAN
    if not fits:
        return _usage(typer, node, name, example)
    type_ = item.type if name == "sum" else BOOLEAN
    return Aggregate(type_, name, scope.loop(each.variable), collection, where, item)


def _round(typer: Typer, node: nodes.Call, scope: Scope) -> Typed | None:
    example = "round(10% of cart.subtotal, half_up)"
    match node.arguments:
        case (nodes.Argument(name="", value=operand), nodes.Argument(name="", value=nodes.Path(names=(mode,)))) if (
            mode in MODES
        ):
            pass
        case _:
            return _usage(typer, node, "round", example)
    typed = typer.value(operand, scope)
    if typed is None:
        return None
    if typed.type.base not in (Base.AMOUNT, Base.MONEY):
        return _usage(typer, node, "round", example)
    return Rounded(MONEY, typed, mode)


def _extreme(typer: Typer, node: nodes.Call, name: str, scope: Scope) -> Typed | None:
    example = f"{name}(¥50.00, 10% of cart.subtotal)"
    operands: list[Typed] = []
    for argument in node.arguments:
        if not isinstance(argument, nodes.Argument) or argument.name:
            return _usage(typer, node, name, example)
        typed = typer.value(argument.value, scope)
        if typed is None:
            return None
        operands.append(typed)
    if len(operands) < 2:
        return _usage(typer, node, name, example)
    type_ = operands[0].type
    for operand, argument in zip(operands[1:], node.arguments[1:], strict=True):
        both = joined(type_, operand.type)
        if both is None or both.base not in (*_SUMMED, Base.PERCENT, Base.INSTANT):
            typer.mismatch(argument.span, name, type_, operand.type)
            return None
        type_ = both
    exact = AMOUNT if type_.base is Base.AMOUNT else type_
    return Extreme(replace(exact, optional=False), name, tuple(operands))


def _usage(typer: Typer, node: nodes.Call | nodes.Counter, name: str, example: str) -> Typed | None:
    return typer.fail("TR-239", node.span, name=name, usage=example)
