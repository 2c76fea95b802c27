"""Functions from `ast` nodes: built in modules of a bounded size, proved to hold nothing but whitelisted nodes, then compiled.

One module of 100,000 functions takes Python more than ten times as long as a hundred of 1,000.
"""

from __future__ import annotations

import ast
import marshal
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from tuan_rules.compiling.expressions import CART, LINE, Generator
from tuan_rules.compiling.slots import Slots
from tuan_rules.exact import ROUNDINGS
from tuan_rules.typing.tree import Compared, Constant, FactOf, Typed

#: Everything that generated code can name, besides its arguments and locals. There are no builtins in it.
HELPERS: dict[str, Any] = {"sum": sum, "any": any, "all": all, "min": min, "max": max, "ratio": Fraction, **ROUNDINGS}
FUNCTIONS_PER_MODULE = 256
#: Rules behind one lower bound: of 200 thresholds a small cart passes none, and asks 13 instead of 200 times.
BOUNDED_TOGETHER = 16
_ALLOWED: frozenset[type[ast.AST]] = frozenset({
    ast.Module, ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.If, ast.Assign, ast.Expr, ast.Name, ast.Load,
    ast.Store, ast.Constant, ast.BoolOp, ast.And, ast.Or, ast.UnaryOp, ast.Not, ast.USub, ast.BinOp, ast.Add, ast.Sub,
    ast.Mult, ast.Compare, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.In, ast.NotIn, ast.Is, ast.IsNot,
    ast.Subscript, ast.IfExp, ast.Call, ast.GeneratorExp, ast.comprehension, ast.Tuple,
})  # fmt: skip
_TEXTS = {"id", "arg", "name", "kind", "is_async", "type_comment", "type_ignores"}
#: The fields of a node that hold nodes; that of a constant is looked at by itself.
_PARTS = {
    kind: () if kind is ast.Constant else tuple(name for name in kind._fields if name not in _TEXTS)
    for kind in _ALLOWED
}
_CONSTANTS = (int, bool, str, frozenset, tuple, type(None))
_FOUND, _FAILED = "a", "n"

#: A rule's rank and its conditions.
Ask = tuple[int, Sequence[Typed]]
Guard = Callable[[tuple[Any, ...], tuple[Any, ...]], Any]


class Modules:
    """Collects functions and compiles them together; `code` and `finish` give them by the numbers under which they were added.

    Conditions that are the same are one function: of 10,000 rules of a shop most ask what others ask.
    """

    def __init__(self, slots: Slots) -> None:
        self._slots = slots
        self._bodies: list[tuple[Sequence[str], list[ast.stmt]]] = []
        self._known: dict[object, int] = {}

    def guard(self, conditions: Sequence[Typed]) -> int:
        """`f(c, l)`: whether all conditions hold; returns the function's number."""
        key = ("guard", *conditions)
        if key not in self._known:
            generator = Generator(self._slots)
            tests = [generator.truth(condition) for condition in conditions]
            test = tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests)
            self._known[key] = self._add((CART, LINE), [ast.Return(test)])
        return self._known[key]

    def amount(self, expression: Typed) -> int:
        """`f(c, l)`: an exact amount as `(numerator, denominator)`."""
        key = ("amount", expression)
        if key not in self._known:
            value, over = Generator(self._slots).exact(expression)
            body: list[ast.stmt] = [ast.Return(ast.Tuple([value, ast.Constant(over)], ast.Load()))]
            self._known[key] = self._add((CART, LINE), body)
        return self._known[key]

    def bucket(self, rules: Sequence[Ask], *, traced: bool = False) -> int:
        """`f(c, l, a)`: calls `a(rank)` for each rule whose conditions hold.

        `traced`: `f(c, l, a, n)` also calls `n((rank, index))` with the first condition that does not.
        """
        locals_: dict[tuple[str, int], str] = {}
        generator = Generator(self._slots, locals_)
        if traced:
            body = [each for rank, conditions in rules for each in _asked(generator, rank, conditions, traced=True)]
        else:
            body = _by_bound(generator, rules)
        fill: list[ast.stmt] = [
            ast.Assign(
                [ast.Name(name, ast.Store())],
                ast.Subscript(ast.Name(source, ast.Load()), ast.Constant(number), ast.Load()),
            )
            for (source, number), name in locals_.items()
        ]
        names = (CART, LINE, _FOUND, _FAILED) if traced else (CART, LINE, _FOUND)
        return self._add(names, [*fill, *(body or [ast.Return(ast.Constant(None))])])

    def code(self) -> list[bytes]:
        """All functions, compiled, in modules of FUNCTIONS_PER_MODULE, as `marshal` writes code.

        Raises ValueError when a node is not on the whitelist, which no rule can bring about.
        """
        found: list[bytes] = []
        for start in range(0, len(self._bodies), FUNCTIONS_PER_MODULE):
            bodies = self._bodies[start : start + FUNCTIONS_PER_MODULE]
            module = ast.Module([_function(f"r{index}", *body) for index, body in enumerate(bodies)], [])
            prove(module)
            found.append(marshal.dumps(compile(module, "<rules>", "exec", dont_inherit=True, optimize=2)))
        self._bodies, self._known = [], {}
        return found

    def finish(self) -> list[Callable[..., Any]]:
        """All functions. Raises what `code` does."""
        count = len(self._bodies)
        functions = Functions(self.code(), self._slots.calls)
        return [functions[number] for number in range(count)]

    def _add(self, names: Sequence[str], body: list[ast.stmt]) -> int:
        self._bodies.append((names, body))
        return len(self._bodies) - 1


class Functions:
    """Functions by number, of what `Modules.code` gave. A module is made when one of its functions is first wanted."""

    def __init__(self, modules: Sequence[bytes], calls: Mapping[str, Callable[..., Any]]) -> None:
        """`calls`: the functions of predicates, `Slots.calls`."""
        self._modules = modules
        self._calls = calls
        self._made: dict[int, dict[str, Any]] = {}

    def __getitem__(self, number: int) -> Callable[..., Any]:
        module, index = divmod(number, FUNCTIONS_PER_MODULE)
        if module not in self._made:
            namespace: dict[str, Any] = {"__builtins__": {}, **HELPERS, **self._calls}
            exec(marshal.loads(self._modules[module]), namespace)  # noqa: S102, S302 - of nodes that were proved to be whitelisted ones
            self._made[module] = namespace
        function: Callable[..., Any] = self._made[module][f"r{index}"]
        return function


def prove(module: ast.AST) -> None:
    """Raises ValueError for a node, name or constant that generated code never needs.

    Every node is given the line 1 on the way, which `compile` wants; there is no text that lines could point at. One walk does both, by
    hand: `ast.walk` took two thirds of the time of compiling.
    """
    todo: list[Any] = [module]
    while todo:
        node = todo.pop()
        kind = type(node)
        if kind not in _ALLOWED:
            raise ValueError(f"generated code holds a {kind.__name__}")
        if kind is ast.Constant:
            if not isinstance(node.value, _CONSTANTS):
                raise ValueError(f"generated code holds a constant {type(node.value).__name__}")
        elif kind is ast.Name:
            if not _is_ours(node.id):
                raise ValueError(f"generated code names {node.id[:40]!r}")
        elif kind is ast.Call and not isinstance(node.func, ast.Name):
            raise ValueError("generated code calls something without a name")
        if kind._attributes:
            node.lineno = node.end_lineno = 1
            node.col_offset = node.end_col_offset = 0
        for name in _PARTS[kind]:
            part = getattr(node, name, None)
            if type(part) is list:
                todo += part
            elif part is not None:
                todo.append(part)


def _is_ours(name: str) -> bool:
    """An argument, a local (`c3`, `m0`), a predicate (`p0`), the item of a membership, or a helper."""
    return name in HELPERS or name in (CART, LINE, _FOUND, _FAILED, "x") or (name[0] in "clmp" and name[1:].isdigit())


def _asked(generator: Generator, rank: int, conditions: Sequence[Typed], *, traced: bool = False) -> list[ast.stmt]:
    tests = [generator.truth(condition) for condition in conditions]
    found: list[ast.stmt] = [_tell(_FOUND, ast.Constant(rank))]
    if not tests:
        return found
    if traced:
        return _ladder(rank, tests, found)
    return [ast.If(tests[0] if len(tests) == 1 else ast.BoolOp(ast.And(), tests), found, [])]


def _by_bound(generator: Generator, rules: Sequence[Ask]) -> list[ast.stmt]:
    """Rules that begin with a lower bound of one fact stand together, by bound: where the least of a group fails, all do."""
    groups: dict[tuple[str, str], list[tuple[int, Ask]]] = {}
    body: list[ast.stmt] = []
    for rank, conditions in rules:
        match conditions[0] if conditions else None:
            case Compared(operator=">=", left=FactOf(record=record, name=name), right=Constant(value=int() as bound)):
                groups.setdefault((record, name), []).append((bound, (rank, conditions)))
            case _:
                body += _asked(generator, rank, conditions)
    for bounded in groups.values():
        bounded.sort(key=lambda each: (each[0], each[1][0]))
        for start in range(0, len(bounded), BOUNDED_TOGETHER):
            group = bounded[start : start + BOUNDED_TOGETHER]
            inner = [each for _, (rank, conditions) in group for each in _asked(generator, rank, conditions)]
            least = group[0][1][1][0]
            body.append(ast.If(generator.truth(least), inner, []))
    return body


def _function(name: str, names: Sequence[str], body: list[ast.stmt]) -> ast.FunctionDef:
    arguments = ast.arguments([], [ast.arg(each) for each in names], None, [], [], None, [])
    return ast.FunctionDef(name, arguments, body, [])


def _ladder(rank: int, tests: list[ast.expr], found: list[ast.stmt]) -> list[ast.stmt]:
    inner = found
    for index in range(len(tests) - 1, -1, -1):
        reason = ast.Tuple([ast.Constant(rank), ast.Constant(index)], ast.Load())
        inner = [ast.If(tests[index], inner, [_tell(_FAILED, reason)])]
    return inner


def _tell(name: str, value: ast.expr) -> ast.stmt:
    return ast.Expr(ast.Call(ast.Name(name, ast.Load()), [value], []))
