"""Syntax trees to typed trees: each form to the module that knows it, each mistake reported once where it stands."""

from __future__ import annotations

from dataclasses import replace

from tuan_rules.checking.context import Context, Failed
from tuan_rules.checking.scalars import instant, money, window
from tuan_rules.facts import (
    BOOLEAN,
    DURATION,
    INSTANT,
    INTEGER,
    LIST,
    MONEY,
    PERCENT,
    TEXT,
    WINDOW,
    Base,
    Per,
    Type,
)
from tuan_rules.source import Span
from tuan_rules.syntax import nodes
from tuan_rules.typing import functions, operators
from tuan_rules.typing.cost import COST_MAX, Costs, name_of
from tuan_rules.typing.scope import Definition, Scope
from tuan_rules.typing.tree import Constant, Default, FactOf, ItemOf, Logic, Negation, Present, Typed, constant_list
from tuan_rules.typing.words import type_zh

#: Definitions that use definitions: as deep as brackets may be.
DEFINITIONS_DEPTH_MAX = 32


class Typer:
    """Types the expressions of one package. Every method returns None for what it has reported."""

    def __init__(self, context: Context, scope: Scope) -> None:
        self.context = context
        self.scope = scope
        self.costs = Costs()
        #: Predicates whose meaning is being read; who meets one of them then is part of a circle.
        self.open_predicates: tuple[str, ...] = ()

    def condition(self, node: nodes.Expression, *, lines: bool = True) -> Typed | None:
        """A boolean within the cost bound. `lines`: whether it is asked of one line, and may read its facts."""
        return self.expression(node, (Base.BOOLEAN,), lines=lines)

    def expression(self, node: nodes.Expression, bases: tuple[Base, ...], *, lines: bool = True) -> Typed | None:
        """A value of one of these families, within the cost bound, that is never missing."""
        typed = self.infer(node, self.scope if lines == self.scope.lines else replace(self.scope, lines=lines))
        if typed is None or not self.present(typed, node):
            return None
        if typed.type.base is Base.AMOUNT and Base.AMOUNT not in bases and Base.MONEY in bases:
            return self.fail("TR-233", node.span, found=self.context.text_of(node))
        if typed.type.base not in bases:
            return self.fail(
                "TR-236", node.span, expected=str(bases[0]), expected_zh=type_zh(bases[0]), found=str(typed.type),
                found_zh=type_zh(typed.type.base),
            )  # fmt: skip
        cost = self.costs.of(typed)
        if cost > COST_MAX:
            return self.too_dear(node, typed, cost)
        return typed

    def definition(self, expression: object) -> Typed | None:
        """The typed form of a `define` block's own expression: a condition, typed once however many use it."""
        for definition in self.scope.definitions.values():
            if definition.expression is expression:
                return self._definition(definition, definition.expression.span, self.scope)
        return None

    def infer(self, node: nodes.Expression, scope: Scope) -> Typed | None:
        """The typed form of any expression, whatever its type."""
        match node:
            case nodes.Path():
                return self._path(node, scope)
            case nodes.Operation(operator="??"):
                return self._default(node, scope)
            case nodes.Operation(operator="and" | "or"):
                return self._logic(node, scope)
            case nodes.Not(operand=operand):
                inner = self.condition_in(operand, scope)
                return inner and Negation(BOOLEAN, inner)
            case nodes.Comparison():
                return operators.comparison(self, node, scope)
            case nodes.Arithmetic():
                return operators.arithmetic(self, node, scope)
            case nodes.Negative(operand=operand):
                return operators.negative(self, node, operand, scope)
            case nodes.ShareExpression():
                return operators.share(self, node, scope)
            case nodes.IsSet(operand=operand, negated=negated):
                present = self._is_set(operand, scope)
                return Negation(BOOLEAN, present) if present and negated else present
            case nodes.Call():
                return functions.call(self, node, scope)
            case nodes.Counter():
                return functions.counter(self, node, scope)
        return self._literal(node)

    def value(self, node: nodes.Expression, scope: Scope) -> Typed | None:
        """An operand: like `infer`, and never missing."""
        typed = self.infer(node, scope)
        return typed if typed is not None and self.present(typed, node) else None

    def present(self, typed: Typed, node: nodes.Expression) -> bool:
        """Whether a value is always there; reports TR-232."""
        if typed.type.optional:
            self.fail("TR-232", node.span, found=self.context.text_of(node))
        return not typed.type.optional

    def mismatch(self, span: Span, operator: str, left: Type, right: Type) -> None:
        """Two operands that do not go together; reports TR-231."""
        self.context.report.add(
            "TR-231", span, operator=operator, left=str(left), right=str(right), left_zh=type_zh(left.base),
            right_zh=type_zh(right.base),
        )  # fmt: skip

    def _literal(self, node: nodes.Expression) -> Typed | None:
        match node:
            case nodes.MoneyLiteral():
                amount = money(node, self.context)
                return None if isinstance(amount, Failed) else Constant(MONEY, amount.amount_minor)
            case nodes.PercentLiteral(ratio=ratio):
                return Constant(PERCENT, ratio)
            case nodes.DurationLiteral(ms=ms):
                return Constant(DURATION, ms)
            case nodes.NumberLiteral(value=value) if value.denominator == 1:
                return Constant(INTEGER, int(value))
            case nodes.TextLiteral(value=text):
                return Constant(TEXT, text)
            case nodes.BooleanLiteral(value=truth):
                return Constant(BOOLEAN, truth)
            case nodes.InstantLiteral():
                moment = instant(node, self.context)
                return None if isinstance(moment, Failed) else Constant(INSTANT, moment.time_ms)
            case nodes.WindowExpression():
                ends = window(node, self.context)
                if ends is not None:
                    return None if isinstance(ends, Failed) else Constant(WINDOW, (ends.start_ms, ends.end_ms))
            case nodes.ListExpression():
                return self._list(node)
            case nodes.Bad():
                return None
        return self.fail("TR-235", node.span, found=self.context.text_of(node))

    def _list(self, node: nodes.ListExpression) -> Typed | None:
        items: list[Constant] = []
        for item in node.items:
            typed = None if isinstance(item, nodes.Step) else self._literal(item)
            if isinstance(item, nodes.Step):
                return self.fail("TR-235", item.span, found=self.context.text_at(item.span))
            if typed is None:
                return None
            if not isinstance(typed, Constant) or isinstance(typed.value, tuple):
                return self.fail("TR-235", item.span, found=self.context.text_of(item))
            if items and typed.type.base is not items[0].type.base:
                self.mismatch(item.span, "in", items[0].type, typed.type)
                return None
            items.append(typed)
        if not items:
            return self.fail("TR-217", node.span, found="the number of items", least=1)
        values = tuple(item.value for item in items if not isinstance(item.value, tuple))
        return constant_list(LIST(items[0].type, 1), values)

    def _path(self, node: nodes.Path, scope: Scope) -> Typed | None:
        first, *rest = node.names
        item = scope.variable(first)
        if item is not None:
            return self._item(node, item, scope)
        if not rest and first in scope.bound:
            return scope.bound[first]
        if not rest and first in scope.definitions:
            return self._definition(scope.definitions[first], node.span, scope)
        record = scope.records.get(first)
        fact = record.fact(rest[0]) if record and len(rest) == 1 else None
        if record is None or fact is None:
            text = self.context.spelt(str(node), node.span)
            near = self.context.report.closest(text, scope.names(), self.context.vocabulary.naming.paths)
            return self.fail("TR-230", node.span, suggestion=near, name=text)
        if record.per is Per.LINE and not scope.lines:
            return self.fail("TR-240", node.span, name=str(node))
        known = (record.name, fact.name) in scope.known
        type_ = replace(fact.type, optional=False) if known else fact.type
        return FactOf(type_, record.name, fact.name, record.per)

    def _item(self, node: nodes.Path, item: Type, scope: Scope) -> Typed | None:
        variable, *rest = node.names
        if not rest:
            return ItemOf(item, scope.loop(variable), -1)
        known = [fact.name for fact in item.facts]
        if len(rest) != 1 or rest[0] not in known:
            near = self.context.report.closest(rest[0], known)
            return self.fail(
                "TR-230", node.span, suggestion=f"{variable}.{near}" if near else None, name=str(node)
            )  # fmt: skip
        index = known.index(rest[0])
        return ItemOf(item.facts[index].type, scope.loop(variable), index)

    def _definition(self, definition: Definition, span: Span, scope: Scope) -> Typed | None:
        if definition.failed:
            return None
        if definition.open:
            definition.failed = True
            return self.fail("TR-234", span, name=definition.name)
        if definition.typed is None:
            if scope.depth >= DEFINITIONS_DEPTH_MAX:
                definition.failed = True
                return self.fail(
                    "TR-213", span, what="the nesting of definitions", what_zh="定义的嵌套", count=scope.depth + 1,
                    unit="levels", unit_zh="层", limit=DEFINITIONS_DEPTH_MAX,
                )  # fmt: skip
            definition.open = True
            # Its own text may read a line; whether the place that uses it may is seen below.
            typed = self.condition_in(definition.expression, scope.deeper())
            definition.open = False
            if typed is not None and self.costs.of(typed) > COST_MAX:
                typed = self.too_dear(definition.expression, typed, self.costs.of(typed))
            if typed is None:
                definition.failed = True
                return None
            definition.typed = typed
        if not scope.lines and self.costs.reads_line(definition.typed):
            return self.fail("TR-240", span, name=definition.name)
        return definition.typed

    def _default(self, node: nodes.Operation, scope: Scope) -> Typed | None:
        if operators.too_long(self, node.span, len(node.operands)):
            return None
        operands = [self.infer(operand, scope) for operand in node.operands]
        first, *others = operands
        if first is None or any(other is None for other in others):
            return None
        typed = first
        for other, written, before in zip(others, node.operands[1:], node.operands, strict=False):
            assert other is not None
            if not typed.type.optional:
                self.context.report.add("TR-241", before.span, found=self.context.text_of(before))
            joined = operators.joined(typed.type, other.type)
            if joined is None:
                self.mismatch(written.span, "??", typed.type, other.type)
                return None
            typed = Default(replace(joined, optional=other.type.optional), typed, other)
        return typed

    def _logic(self, node: nodes.Operation, scope: Scope) -> Typed | None:
        found: list[Typed] = []
        for operand in node.operands:
            typed = self.condition_in(operand, scope)
            if typed is not None:
                found.append(typed)
                scope = scope.knowing(_settled(typed, node.operator))
        return Logic(BOOLEAN, node.operator, tuple(found)) if len(found) == len(node.operands) else None

    def condition_in(self, node: nodes.Expression, scope: Scope) -> Typed | None:
        """A boolean inside another expression."""
        typed = self.value(node, scope)
        if typed is not None and typed.type.base is not Base.BOOLEAN:
            return self.fail(
                "TR-236", node.span, expected="boolean", expected_zh=type_zh(Base.BOOLEAN), found=str(typed.type),
                found_zh=type_zh(typed.type.base),
            )  # fmt: skip
        return typed

    def _is_set(self, node: nodes.Expression, scope: Scope) -> Typed | None:
        typed = self.infer(node, scope)
        if typed is not None and not typed.type.optional:
            self.context.report.add("TR-241", node.span, found=self.context.text_of(node))
        return typed and Present(BOOLEAN, typed)

    def too_dear(self, node: nodes.Expression, typed: Typed, cost: int) -> Typed | None:
        """Report what costs more than it may, TR-238."""
        largest = self.costs.largest(typed)
        return self.fail(
            "TR-238", node.span, cost=cost, limit=COST_MAX, term=name_of(largest), part=self.costs.of(largest)
        )  # fmt: skip

    def fail(self, code: str, span: Span, *, suggestion: str | None = None, **facts: object) -> Typed | None:
        """Report; the answer is always None, so that callers can end with it."""
        self.context.report.add(code, span, suggestion=suggestion, fix=None, secondary=(), **facts)
        return None


def _settled(typed: Typed, operator: str) -> tuple[str, str] | None:
    """The fact that is there wherever the next operand is looked at: after `x is set and`, after `x is not set or`."""
    if operator == "or":
        if not isinstance(typed, Negation):
            return None
        typed = typed.operand
    if isinstance(typed, Present) and isinstance(typed.operand, FactOf):
        return typed.operand.record, typed.operand.name
    return None
