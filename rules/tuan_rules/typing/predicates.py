"""Calls of the vocabulary's predicates: their arguments against their parameters, and what they mean for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

from tuan_rules.diagnostics.report import Reporter
from tuan_rules.facts import Base, Per, Type
from tuan_rules.predicates import Predicate
from tuan_rules.syntax import nodes
from tuan_rules.syntax.read import read_block
from tuan_rules.typing.cost import COST_MAX
from tuan_rules.typing.scope import Scope
from tuan_rules.typing.tree import Called, Constant, FactOf, Typed
from tuan_rules.typing.words import type_zh
from tuan_rules.vocabulary import closest

if TYPE_CHECKING:
    from tuan_rules.typing.infer import Typer

#: Wider types take narrower values.
_TAKES_TOO = {Base.AMOUNT: (Base.MONEY,), Base.TEXT: (Base.CATEGORY, Base.CHOICE)}
#: The record that stands for the parameters while a meaning is proved; no rule can write it.
_PARAMETERS = "#parameter"


def call(typer: Typer, node: nodes.Call, predicate: Predicate, scope: Scope) -> Typed | None:
    """A call of a predicate; reports TR-234, TR-236 and TR-239 at the argument, TR-238 and TR-240 at the call."""
    arguments = _arguments(typer, node, predicate, scope)
    if arguments is None:
        return None
    if predicate.function is not None:
        return Called(replace(predicate.result, optional=True), predicate, arguments, None)
    if predicate.name in typer.open_predicates:
        return typer.fail("TR-234", node.span, name=predicate.name)
    bound = dict(zip((parameter.name for parameter in predicate.parameters), arguments, strict=True))
    body = _meaning(typer, predicate, bound, scope)
    if body is None and typer.open_predicates:
        return None
    if body is None:
        return typer.fail("TR-239", node.span, name=predicate.name, usage=predicate.usage)
    cost = typer.costs.of(body)
    if cost > COST_MAX:
        return typer.too_dear(node, body, cost)
    if not scope.lines and typer.costs.reads_line(body):
        return typer.fail("TR-240", node.span, name=predicate.name)
    return Called(predicate.result, predicate, arguments, body)


def _meaning(typer: Typer, predicate: Predicate, bound: Mapping[str, Typed], scope: Scope) -> Typed | None:
    """Whatever is said of a meaning was said to the plugin's author when the vocabulary was made; merchants are not told."""
    context, opened = typer.context, typer.open_predicates
    if not opened:
        typer.context = replace(context, report=Reporter())
    typer.open_predicates = (*opened, predicate.name)
    try:
        return typer.value(meaning_of(predicate), scope.of_predicate(predicate.name, bound))
    finally:
        typer.context, typer.open_predicates = context, opened


def _arguments(typer: Typer, node: nodes.Call, predicate: Predicate, scope: Scope) -> tuple[Typed, ...] | None:
    names = [parameter.name for parameter in predicate.parameters]
    given: dict[str, nodes.Expression] = {}
    for index, argument in enumerate(node.arguments):
        if not isinstance(argument, nodes.Argument):
            return _wrong(typer, argument, predicate)
        name = argument.name or (names[index] if index < len(names) else "")
        if name not in names or name in given:
            near = closest(argument.name, names) if argument.name and name not in names else None
            return _wrong(typer, argument, predicate, near)
        given[name] = argument.value
    if len(given) < len(names):
        return _wrong(typer, node, predicate)
    found: list[Typed] = []
    for parameter in predicate.parameters:
        typed = _argument(typer, given[parameter.name], parameter.type, scope)
        if typed is None:
            return None
        found.append(typed)
    return tuple(found)


def _argument(typer: Typer, node: nodes.Expression, wanted: Type, scope: Scope) -> Typed | None:
    if wanted.base is Base.CHOICE and isinstance(node, nodes.Path) and str(node) in wanted.names:
        return Constant(wanted, str(node))
    typed = typer.value(node, scope)
    if typed is None:
        return None
    # Where a category stands in the catalogue is known of a fact alone.
    of_a_fact = wanted.base is not Base.CATEGORY or isinstance(typed, FactOf)
    if not (_fits(wanted, typed.type) and of_a_fact):
        return typer.fail(
            "TR-236", node.span, expected=str(wanted), expected_zh=type_zh(wanted.base), found=str(typed.type),
            found_zh=type_zh(typed.type.base),
        )  # fmt: skip
    return typed


def _fits(wanted: Type, given: Type) -> bool:
    if given.base is Base.LIST and wanted.item is not None and given.item is not None:
        return _fits(wanted.item, given.item) and given.max_items <= wanted.max_items
    return wanted.currency == given.currency and given.base in (wanted.base, *_TAKES_TOO.get(wanted.base, ()))


def _wrong(
    typer: Typer, node: nodes.Node, predicate: Predicate, suggestion: str | None = None
) -> tuple[Typed, ...] | None:
    typer.fail("TR-239", node.span, suggestion=suggestion, name=predicate.name, usage=predicate.usage)
    return None


@lru_cache(maxsize=256)
def meaning_of(predicate: Predicate) -> nodes.Expression:
    """The tree of `means`. Raises ValueError for a text that is no expression, or that would be read differently in each package."""
    block, report = read_block(f"predicate {{ is = {predicate.means} }}", predicate.name)
    if block is None or len(block.items) != 1 or len(block.fields) != 1 or report.has_errors:
        why = next((found.message_en for found in report.sorted()), "it is no expression")
        raise ValueError(f"predicate {predicate.name!r}: `{predicate.means}` cannot be read: {why}")
    return block.fields[0].value


def prove(typer: Typer, predicate: Predicate, scope: Scope) -> None:
    """Raises ValueError for a predicate whose meaning is not of its type for any arguments, or costs too much."""
    if not predicate.means:
        return
    bound: dict[str, Typed] = {
        parameter.name: FactOf(parameter.type, _PARAMETERS, parameter.name, Per.CART)
        for parameter in predicate.parameters
    }
    node = meaning_of(predicate)
    typer.open_predicates = (predicate.name,)
    typed = typer.value(node, scope.of_predicate(predicate.name, bound))
    typer.open_predicates = ()
    why = next((found.message_en for found in typer.context.report.sorted() if typed is None), "")
    if typed is not None and not _fits(predicate.result, typed.type):
        why = f"it is {typed.type}, not {predicate.result}"
    if typed is not None and typer.costs.of(typed) > COST_MAX:
        why = f"it costs {typer.costs.of(typed)} steps, more than {COST_MAX}"
    if why:
        raise ValueError(f"predicate {predicate.name!r}: `{predicate.means}`: {why}")
