"""Comparisons and arithmetic: which families go together, and what comes out."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

from tuan_rules.facts import AMOUNT, BOOLEAN, DURATION, INTEGER, TEXT, Base, Type
from tuan_rules.source import Span
from tuan_rules.syntax import nodes
from tuan_rules.typing.scope import Scope
from tuan_rules.typing.tree import (
    Below,
    Compared,
    Constant,
    Member,
    Negation,
    Product,
    Scaled,
    Sum,
    Typed,
)
from tuan_rules.vocabulary import closest

if TYPE_CHECKING:
    from tuan_rules.typing.infer import Typer

#: Operands of one chain. Each makes the tree one deeper, and Python's own compiler gives up at a thousand.
OPERANDS_MAX = 64
_EXACT = (Base.MONEY, Base.AMOUNT)
_WORDS = (Base.TEXT, Base.CATEGORY)
_ORDERED = (Base.MONEY, Base.AMOUNT, Base.PERCENT, Base.INTEGER, Base.DURATION, Base.INSTANT)
#: `+` and `-` of one family; the result is of that family.
_ADDITIVE = (Base.MONEY, Base.AMOUNT, Base.PERCENT, Base.INTEGER, Base.DURATION)


def joined(left: Type, right: Type) -> Type | None:
    """The type of a value that is either of the two; None when they are of different families."""
    if left is right:
        return left
    if left.currency != right.currency:
        return None
    if left.base is right.base:
        return replace(left, max_items=max(left.max_items, right.max_items), names=left.names or right.names)
    if left.base in _EXACT and right.base in _EXACT:
        return AMOUNT
    if left.base in _WORDS and right.base in _WORDS:
        return TEXT
    return None


def comparison(typer: Typer, node: nodes.Comparison, scope: Scope) -> Typed | None:
    """`==` to `>=`, `in`, `all in`, `under`, and the negations of the last three."""
    if node.operator.endswith("under"):
        return _under(typer, node, scope)
    left, right = _sides(typer, node, scope)
    if left is None or right is None:
        return None
    if node.operator.endswith("in"):
        return _member(typer, node, left, right)
    type_ = joined(left.type, right.type)
    fits = type_ is not None and (type_.base in _ORDERED or node.operator in ("==", "!="))
    if type_ is None or not fits or type_.base in (Base.LIST, Base.RECORD, Base.WINDOW):
        typer.mismatch(node.span, node.operator, left.type, right.type)
        return None
    return Compared(BOOLEAN, node.operator, left, right)


def _sides(typer: Typer, node: nodes.Comparison, scope: Scope) -> tuple[Typed | None, Typed | None]:
    """Both operands; a bare word beside a choice is one of its words."""
    for own, other in ((node.left, node.right), (node.right, node.left)):
        if isinstance(own, nodes.Path) and isinstance(other, nodes.Path) and _may_be_word(other, scope):
            typed = typer.value(own, scope)
            if typed is None or typed.type.base is not Base.CHOICE:
                break
            word = str(other)
            if word not in typed.type.names:
                expected = ", ".join(typed.type.names)
                near = closest(word, typed.type.names)
                return typer.fail("TR-115", other.span, suggestion=near, found=word, expected=expected), None
            constant = Constant(replace(typed.type, optional=False), word)
            return (typed, constant) if own is node.left else (constant, typed)
    return typer.value(node.left, scope), typer.value(node.right, scope)


def _may_be_word(node: nodes.Path, scope: Scope) -> bool:
    if len(node.names) != 1:
        return False
    name = node.names[0]
    return name not in scope.definitions and name not in scope.bound and scope.variable(name) is None


def _under(typer: Typer, node: nodes.Comparison, scope: Scope) -> Typed | None:
    left = typer.value(node.left, scope)
    if left is None:
        return None
    if left.type.base is not Base.CATEGORY or not isinstance(node.right, nodes.TextLiteral):
        right = typer.infer(node.right, scope)
        if right is not None:
            typer.mismatch(node.span, "under", left.type, right.type)
        return None
    below = Below(BOOLEAN, left, node.right.value)
    return Negation(BOOLEAN, below) if node.operator == "not under" else below


def _member(typer: Typer, node: nodes.Comparison, left: Typed, right: Typed) -> Typed | None:
    every = node.operator == "all in"
    value = left.type.item if left.type.base is Base.LIST and left.type.item is not None else left.type
    if right.type.base is Base.WINDOW:
        fits = left.type.base is Base.INSTANT and not every
    else:
        fits = right.type.item is not None and joined(value, right.type.item) is not None
        fits = fits and value.base is not Base.RECORD and not (every and left.type.base is not Base.LIST)
    if not fits:
        typer.mismatch(node.span, node.operator, left.type, right.type)
        return None
    member = Member(BOOLEAN, left, right, every)
    return Negation(BOOLEAN, member) if node.operator == "not in" else member


def arithmetic(typer: Typer, node: nodes.Arithmetic, scope: Scope) -> Typed | None:
    """A flat chain of `+ -` or of `* /`, from left to right."""
    if too_long(typer, node.span, len(node.rest) + 1):
        return None
    left = _number(typer, node.first, scope)
    for operator, written in node.rest:
        right = _number(typer, written, scope)
        if left is None or right is None:
            return None
        combined = _add(operator, left, right) if operator in "+-" else _multiply(operator, left, right)
        if combined is None:
            typer.mismatch(node.span, operator, left.type, right.type)
            return None
        left = combined
    return left


def negative(typer: Typer, node: nodes.Negative, operand: nodes.Expression, scope: Scope) -> Typed | None:
    """`-x`."""
    typed = typer.value(operand, scope)
    if typed is None:
        return None
    if isinstance(typed, Constant) and isinstance(typed.value, int | Fraction) and typed.type.base in _ADDITIVE:
        return Constant(typed.type, -typed.value)
    if typed.type.base not in _ADDITIVE:
        typer.mismatch(node.span, "-", typed.type, typed.type)
        return None
    return Sum(typed.type, ((-1, typed),))


def share(typer: Typer, node: nodes.ShareExpression, scope: Scope) -> Typed | None:
    """`60% of line.list`."""
    ratio, whole = typer.value(node.ratio, scope), typer.value(node.fact, scope)
    if ratio is None or whole is None:
        return None
    result = _multiply("*", whole, ratio) if ratio.type.base is Base.PERCENT else None
    if result is None:
        typer.mismatch(node.span, "of", ratio.type, whole.type)
    return result


def too_long(typer: Typer, span: Span, operands: int) -> bool:
    """Whether a chain is longer than trees may be deep; reports TR-213."""
    if operands > OPERANDS_MAX:
        typer.fail(
            "TR-213", span, what="the calculation", what_zh="算式", count=operands, unit="operands", unit_zh="项",
            limit=OPERANDS_MAX,
        )  # fmt: skip
    return operands > OPERANDS_MAX


def _number(typer: Typer, node: nodes.Expression, scope: Scope) -> Typed | None:
    """An operand; a plain number may have decimals here, where it only multiplies."""
    if isinstance(node, nodes.NumberLiteral) and node.value.denominator != 1:
        return Constant(INTEGER, node.value)
    return typer.value(node, scope)


def _add(operator: str, left: Typed, right: Typed) -> Typed | None:
    bases = (left.type.base, right.type.base)
    sign = 1 if operator == "+" else -1
    type_ = joined(left.type, right.type)
    if any(
        isinstance(side, Constant) and isinstance(side.value, Fraction) and side.type == INTEGER
        for side in (left, right)
    ):
        return None
    if type_ is not None and type_.base in _ADDITIVE:
        result = type_
    elif bases == (Base.INSTANT, Base.INSTANT) and operator == "-":
        result = DURATION
    elif bases == (Base.INSTANT, Base.DURATION):
        result = left.type
    else:
        return None
    first = left.operands if isinstance(left, Sum) else ((1, left),)
    return Sum(result, (*first, (sign, right)))


def _multiply(operator: str, left: Typed, right: Typed) -> Typed | None:
    if operator == "/":
        factor = _factor(right)
        return _scale(left, 1 / factor) if factor else None
    for own, other in ((left, right), (right, left)):
        factor = _factor(other)
        if factor is not None:
            scaled = _scale(own, factor, percent=other.type.base is Base.PERCENT)
            if scaled is not None:
                return scaled
    bases = {left.type.base, right.type.base}
    if Base.INTEGER in bases and bases <= {Base.INTEGER, Base.MONEY, Base.AMOUNT, Base.PERCENT, Base.DURATION}:
        return Product(left.type if right.type.base is Base.INTEGER else right.type, left, right)
    if Base.PERCENT in bases and bases <= {Base.PERCENT, Base.MONEY, Base.AMOUNT}:
        return Product(right.type if bases == {Base.PERCENT} else AMOUNT, left, right)
    return None


def _factor(node: Typed) -> Fraction | None:
    """The value of a constant that can multiply: a number or a percent."""
    if isinstance(node, Constant) and node.type.base in (Base.INTEGER, Base.PERCENT):
        return Fraction(node.value) if isinstance(node.value, int | Fraction) else None
    return None


def _scale(node: Typed, factor: Fraction, *, percent: bool = False) -> Typed | None:
    """Money stays money under a whole number; everything else of it is exact, and has to be rounded by a named step."""
    match node.type.base:
        case Base.MONEY | Base.AMOUNT:
            whole = factor.denominator == 1 and not percent and node.type.base is Base.MONEY
            return Scaled(node.type if whole else AMOUNT, node, factor)
        case Base.PERCENT:
            return Scaled(node.type, node, factor)
        case Base.INTEGER | Base.DURATION if factor.denominator == 1 and not percent:
            return Scaled(node.type, node, factor)
    return None
