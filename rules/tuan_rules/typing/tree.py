"""Typed expressions: what the compiler reads. Every node has its type; nothing in them was not checked."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from tuan_rules.facts import Per, Type
from tuan_rules.predicates import Predicate


@dataclass(frozen=True, slots=True)
class Typed:
    """A typed expression."""

    type: Type


@dataclass(frozen=True, slots=True)
class Constant(Typed):
    """Money in minor units, percents as exact ratios, durations and instants in milliseconds; texts, booleans, tuples of them.

    A window is the pair of its ends.
    """

    value: int | bool | str | Fraction | tuple[int | bool | str | Fraction, ...]


@dataclass(frozen=True, slots=True)
class FactOf(Typed):
    """`buyer.level`."""

    record: str
    name: str
    per: Per


@dataclass(frozen=True, slots=True)
class ItemOf(Typed):
    """`m.is_new`, of the variable of an `each`; `field` is the index in the item's record, or -1 for the item itself."""

    variable: str
    field: int


@dataclass(frozen=True, slots=True)
class Logic(Typed):
    """`and` or `or` over two or more operands."""

    operator: str
    operands: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Negation(Typed):
    """`not x`."""

    operand: Typed


@dataclass(frozen=True, slots=True)
class Compared(Typed):
    """`==`, `!=`, `<`, `<=`, `>`, `>=` between two values of one family."""

    operator: str
    left: Typed
    right: Typed


@dataclass(frozen=True, slots=True)
class Member(Typed):
    """`in`: `left` is one value, or a list of which any (`every`: each) is in `right`, a list or a window."""

    left: Typed
    right: Typed
    every: bool = False


@dataclass(frozen=True, slots=True)
class Below(Typed):
    """`under`: a category, or one below it."""

    left: Typed
    path: str


@dataclass(frozen=True, slots=True)
class Present(Typed):
    """`x is set`."""

    operand: Typed


@dataclass(frozen=True, slots=True)
class Default(Typed):
    """`x ?? y`."""

    operand: Typed
    default: Typed


@dataclass(frozen=True, slots=True)
class Sum(Typed):
    """`a + b`, `a - b`: each operand with its sign."""

    operands: tuple[tuple[int, Typed], ...]


@dataclass(frozen=True, slots=True)
class Product(Typed):
    """`a * b`; the result is exact."""

    left: Typed
    right: Typed


@dataclass(frozen=True, slots=True)
class Scaled(Typed):
    """A value times an exact constant: `x / 3` is times 1/3."""

    operand: Typed
    factor: Fraction


@dataclass(frozen=True, slots=True)
class Rounded(Typed):
    """`round(x, half_up)`: an exact amount to whole minor units."""

    operand: Typed
    mode: str


@dataclass(frozen=True, slots=True)
class Extreme(Typed):
    """`min(a, b)`, `max(a, b)`."""

    function: str
    operands: tuple[Typed, ...]


@dataclass(frozen=True, slots=True)
class Stepped(Typed):
    """The value of the last step that `operand` reaches, in minor units; below the first step it is the first one's."""

    operand: Typed
    steps: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Aggregate(Typed):
    """`count`, `sum`, `any` or `all` over a list; `item` is what is summed or asked, None for a count."""

    function: str
    variable: str
    collection: Typed
    where: Typed | None
    item: Typed | None


@dataclass(frozen=True, slots=True)
class Called(Typed):
    """A predicate of the vocabulary. `body`: what it means for these arguments; None: a function of Python is asked."""

    predicate: Predicate
    arguments: tuple[Typed, ...]
    body: Typed | None


def constant_list(type_: Type, values: tuple[int | bool | str | Fraction, ...]) -> Constant:
    """A list that is written down; its length is its maximum."""
    # What `replace` does, which takes ten times as long.
    sized = Type(type_.base, type_.optional, type_.item, len(values), type_.names, type_.facts, type_.currency)
    return Constant(sized, values)


def children(node: Typed) -> tuple[Typed, ...]:
    """The operands of a node, in the order of evaluation."""
    match node:
        case Logic(operands=operands) | Extreme(operands=operands):
            return operands
        case (
            Negation(operand=x)
            | Present(operand=x)
            | Scaled(operand=x)
            | Rounded(operand=x)
            | Below(left=x)
            | Stepped(operand=x)
        ):
            return (x,)
        case Compared(left=a, right=b) | Member(left=a, right=b) | Product(left=a, right=b):
            return (a, b)
        case Default(operand=a, default=b):
            return (a, b)
        case Sum(operands=pairs):
            return tuple(operand for _, operand in pairs)
        case Called(arguments=arguments, body=body):
            return arguments if body is None else (body,)
        case Aggregate(collection=c, where=w, item=i):
            return tuple(part for part in (c, w, i) if part is not None)
    return ()


def facts_in(node: Typed) -> frozenset[tuple[str, str]]:
    """`(record, fact)` of every fact that the expression reads."""
    own = {(node.record, node.name)} if isinstance(node, FactOf) else set()
    return frozenset(own.union(*(facts_in(child) for child in children(node))))


def reads_line(node: Typed) -> bool:
    """Whether the value can differ between the lines of a cart."""
    return (isinstance(node, FactOf) and node.per is Per.LINE) or any(reads_line(child) for child in children(node))
