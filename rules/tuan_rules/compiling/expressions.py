"""Typed expressions to `ast` nodes.

An exact value is a node and a denominator that is known when the code is generated: `60% of line.list` is `l[2] * 3` over 5. So
comparisons are of integers, and nothing is rounded that no rule said to round.
"""

from __future__ import annotations

import ast
from fractions import Fraction
from math import lcm
from typing import cast

from tuan_rules.compiling.slots import Slots
from tuan_rules.facts import BOOLEAN, PERCENT, Base, Per
from tuan_rules.typing import tree
from tuan_rules.typing.tree import Typed

_COMPARE: dict[str, type[ast.cmpop]] = {
    "==": ast.Eq, "!=": ast.NotEq, "<": ast.Lt, "<=": ast.LtE, ">": ast.Gt, ">=": ast.GtE,
}  # fmt: skip
CART, LINE = "c", "l"
Exact = tuple[ast.expr, int]


class Generator:
    """Turns typed expressions into nodes; asks `slots` where facts stand.

    With `locals_`, facts are read from local variables that the function fills first (see `modules`).
    """

    def __init__(self, slots: Slots, locals_: dict[tuple[str, int], str] | None = None) -> None:
        self._slots = slots
        self._locals = locals_
        self._loops: dict[str, str] = {}

    def truth(self, node: Typed) -> ast.expr:
        """A condition."""
        match node:
            case tree.Logic(operator=operator, operands=operands):
                return ast.BoolOp(ast.And() if operator == "and" else ast.Or(), [self.truth(x) for x in operands])
            case tree.Negation(operand=tree.Present(operand=operand)):
                return _compare(self.value(operand), ast.Is(), ast.Constant(None))
            case tree.Negation(operand=operand):
                return ast.UnaryOp(ast.Not(), self.truth(operand))
            case tree.Present(operand=operand):
                return _compare(self.value(operand), ast.IsNot(), ast.Constant(None))
            case tree.Compared():
                return self._compared(node)
            case tree.Member():
                return self._member(node)
            case tree.Called(body=body) if body is not None:
                return self.truth(body)
            case tree.Below(left=left, path=path):
                return _compare(ast.Constant(path), ast.In(), self._ancestors(left))
        return self.value(node)

    def value(self, node: Typed) -> ast.expr:
        """A value that needs no denominator: texts, booleans, whole numbers, lists."""
        value, denominator = self.exact(node)
        if denominator != 1:
            raise ValueError(f"{node.type} over {denominator} where a whole value is needed")
        return value

    def exact(self, node: Typed) -> Exact:
        """Any value, with its denominator."""
        match node:
            case tree.Constant(value=Fraction() as value):
                return ast.Constant(value.numerator), value.denominator
            case tree.Constant(value=value):
                return _constant(value), 1
            case tree.FactOf(record=record, name=name, per=per):
                return self._slot(per, self._slots.number(record, name, per)), 1
            case tree.ItemOf(variable=variable, field=field):
                item = ast.Name(self._loops[variable], ast.Load())
                return (item if field < 0 else _index(item, field)), 1
            case tree.Default(operand=operand, default=default):
                (a, over_a), (b, over_b) = self.exact(operand), self.exact(default)
                over = lcm(over_a, over_b)
                # The operand's own value is asked for None, before it is scaled.
                return ast.IfExp(
                    _compare(a, ast.IsNot(), ast.Constant(None)), _times(a, over // over_a), _times(b, over // over_b)
                ), over
            case tree.Sum(operands=operands):
                return self._sum(operands)
            case tree.Product(left=left, right=right):
                (a, over_a), (b, over_b) = self.exact(left), self.exact(right)
                return ast.BinOp(a, ast.Mult(), b), over_a * over_b
            case tree.Scaled(operand=operand, factor=factor):
                a, over = self.exact(operand)
                return _times(a, factor.numerator), over * factor.denominator
            case tree.Rounded(operand=operand, mode=mode):
                a, over = self.exact(operand)
                return _call(mode, a, ast.Constant(over)), 1
            case tree.Extreme(function=function, operands=operands):
                pairs = [self.exact(operand) for operand in operands]
                over = lcm(*(own for _, own in pairs))
                return _call(function, *(_times(a, over // own) for a, own in pairs)), over
            case tree.Aggregate():
                return self._aggregate(node)
            case tree.Called(body=body) if body is not None:
                return self.exact(body)
            case tree.Called(predicate=predicate, arguments=arguments):
                return _call(self._slots.call(predicate), *map(self._argument, arguments)), 1
            case tree.Stepped(operand=operand, steps=steps):
                return self._stepped(operand, steps), 1
        return self.truth(node), 1

    def _argument(self, node: Typed) -> ast.expr:
        """What a function of Python is given: ratios and exact amounts as Fractions of minor units."""
        value, over = self.exact(node)
        return _call("ratio", value, ast.Constant(over)) if node.type.base in (Base.PERCENT, Base.AMOUNT) else value

    def _stepped(self, operand: Typed, steps: tuple[tuple[int, int], ...]) -> ast.expr:
        value: ast.expr = ast.Constant(steps[0][1])
        for key, reached in steps[1:]:
            test = _compare(self.value(operand), ast.GtE(), ast.Constant(key))
            value = ast.IfExp(test, ast.Constant(reached), value)
        return value

    def _compared(self, node: tree.Compared) -> ast.expr:
        (a, over_a), (b, over_b) = self.exact(node.left), self.exact(node.right)
        over = lcm(over_a, over_b)
        return _compare(_times(a, over // over_a), _COMPARE[node.operator](), _times(b, over // over_b))

    def _member(self, node: tree.Member) -> ast.expr:
        if node.right.type.base is Base.WINDOW and isinstance(node.right, tree.Constant):
            ends = node.right.value
            assert isinstance(ends, tuple)
            start, end = ends
            moment = self.value(node.left)
            return ast.Compare(_constant(start), [ast.LtE(), ast.Lt()], [moment, _constant(end)])
        if isinstance(node.right, tree.Constant) and node.right.type.item == PERCENT:
            return self._ratio_in(node, node.right)
        right = self._collection(node.right)
        if node.left.type.base is not Base.LIST:
            return _compare(self.value(node.left), ast.In(), right)
        item = ast.Name("x", ast.Load())
        loop = ast.comprehension(ast.Name("x", ast.Store()), self._collection(node.left), [], 0)
        return _call("all" if node.every else "any", ast.GeneratorExp(_compare(item, ast.In(), right), [loop]))

    def _ratio_in(self, node: tree.Member, listed: tree.Constant) -> ast.expr:
        """Ratios are no constants of Python: the list becomes comparisons in integers."""
        assert isinstance(listed.value, tuple)
        equal: list[Typed] = [
            tree.Compared(BOOLEAN, "==", node.left, tree.Constant(PERCENT, value)) for value in listed.value
        ]
        return self.truth(tree.Logic(BOOLEAN, "or", (*equal, tree.Constant(BOOLEAN, False))))

    def _collection(self, node: Typed) -> ast.expr:
        if isinstance(node, tree.Constant) and isinstance(node.value, tuple):
            # A constant set is looked up in one step, however long the list in the rule is.
            return _constant(frozenset(node.value))
        return self.value(node)

    def _aggregate(self, node: tree.Aggregate) -> Exact:
        collection = self._collection(node.collection)
        name = f"m{len(self._loops)}"
        before = self._loops
        self._loops = {**before, node.variable: name}
        where = [self.truth(node.where)] if node.where is not None else []
        item: ast.expr = ast.Constant(1)
        over = 1
        if node.item is not None:
            item, over = self.exact(node.item)
        self._loops = before
        loop = ast.comprehension(ast.Name(name, ast.Store()), collection, where, 0)
        function = "sum" if node.function == "count" else node.function
        return _call(function, ast.GeneratorExp(item, [loop])), over

    def _sum(self, operands: tuple[tuple[int, Typed], ...]) -> Exact:
        pairs = [(sign, *self.exact(operand)) for sign, operand in operands]
        over = lcm(*(own for _, _, own in pairs))
        total: ast.expr | None = None
        for sign, a, own in pairs:
            term = _times(a, over // own)
            if total is None:
                total = term if sign > 0 else ast.UnaryOp(ast.USub(), term)
            else:
                total = ast.BinOp(total, ast.Add() if sign > 0 else ast.Sub(), term)
        assert total is not None
        return total, over

    def _ancestors(self, node: Typed) -> ast.expr:
        if not isinstance(node, tree.FactOf):
            raise ValueError("only a fact has a place in the catalogue")
        return self._slot(node.per, self._slots.number(node.record, node.name, node.per, ancestors=True))

    def _slot(self, per: Per, number: int) -> ast.expr:
        source = CART if per is Per.CART else LINE
        if self._locals is None:
            return _index(ast.Name(source, ast.Load()), number)
        return ast.Name(self._locals.setdefault((source, number), f"{source}{number}"), ast.Load())


def _constant(value: object) -> ast.expr:
    # typeshed leaves out the frozen sets that the compiler itself makes of `x in {1, 2}`.
    return ast.Constant(cast(int, value))


def _index(value: ast.expr, number: int) -> ast.expr:
    return ast.Subscript(value, ast.Constant(number), ast.Load())


def _compare(left: ast.expr, operator: ast.cmpop, right: ast.expr) -> ast.expr:
    return ast.Compare(left, [operator], [right])


def _times(value: ast.expr, factor: int) -> ast.expr:
    if factor == 1:
        return value
    if isinstance(value, ast.Constant) and isinstance(value.value, int):
        return ast.Constant(value.value * factor)
    return ast.BinOp(value, ast.Mult(), ast.Constant(factor))


def _call(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])
