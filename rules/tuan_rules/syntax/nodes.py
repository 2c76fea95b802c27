"""The syntax tree: frozen dataclasses, compared by meaning (spans, spellings and comments are left out)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction

from tuan_rules.source import Span


@dataclass(frozen=True, slots=True)
class Node:
    """Anything with a place in the source."""

    span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Bad(Node):
    """A literal that was already reported; nothing more is said about it."""


@dataclass(frozen=True, slots=True)
class MoneyLiteral(Node):
    """`¥29.90`, `KWD 1.500`: the symbol or code as written, and the exact number of major units."""

    unit: str
    amount: Fraction


@dataclass(frozen=True, slots=True)
class PercentLiteral(Node):
    """`12%` or, with `is_fold`, `9.8折` (pay 98 %)."""

    ratio: Fraction
    is_fold: bool = False


@dataclass(frozen=True, slots=True)
class DurationLiteral(Node):
    """`2h 30min`, in milliseconds."""

    ms: int


@dataclass(frozen=True, slots=True)
class NumberLiteral(Node):
    """A number without unit."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class TextLiteral(Node):
    """`"..."`, its escapes resolved."""

    value: str


@dataclass(frozen=True, slots=True)
class BooleanLiteral(Node):
    """`true` or `false`."""

    value: bool


@dataclass(frozen=True, slots=True)
class TimeLiteral(Node):
    """`10:00`, a local time of day in minutes since midnight."""

    minutes: int


@dataclass(frozen=True, slots=True)
class InstantLiteral(Node):
    """A date and time as written; `zone` is an IANA name, an offset like `+08:00`, or "" for the package's zone."""

    local: datetime
    zone: str = ""
    text: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`line.sku`, or a single word such as `half_up` or `vip`."""

    names: tuple[str, ...]

    def __str__(self) -> str:
        return ".".join(self.names)


@dataclass(frozen=True, slots=True)
class ReferenceExpression(Node):
    """`coupon "care-5"`."""

    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """One argument of a call; `name` is "" for a positional one."""

    name: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Each(Node):
    """`m.amount each m in group.members where m.is_new`; `item` and `where` may be absent."""

    item: Expression | None
    variable: str
    collection: Expression
    where: Expression | None


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`count(...)`, `set(¥29.90)`, `daily(at: [10:00], for: 2h)`."""

    function: Path
    arguments: tuple[Argument | Each, ...]


@dataclass(frozen=True, slots=True)
class Step(Node):
    """`3 => ¥35.00`, in a list."""

    key: Expression
    value: Expression


@dataclass(frozen=True, slots=True)
class ListExpression(Node):
    """`[a, b]`."""

    items: tuple[Expression | Step, ...]


@dataclass(frozen=True, slots=True)
class Entry(Node):
    """One `key: value` of a record."""

    key: str
    value: Expression
    key_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class RecordExpression(Node):
    """`{ zh: "...", en: "..." }`."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Per(Node):
    """`2 per device per 24h`."""

    amount: Expression
    subject: str
    window: DurationLiteral | Bad | None


@dataclass(frozen=True, slots=True)
class LimitList(Node):
    """`1 per buyer, 2 per device`: two or more, without brackets."""

    items: tuple[Per, ...]


@dataclass(frozen=True, slots=True)
class WindowExpression(Node):
    """`from A until B`, half-open."""

    start: Expression
    end: Expression


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """Operands of one flat chain: `then`, `or`, `and`, `??`."""

    operator: str
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic(Node):
    """`first`, then pairs of operator (`+` and `-`, or `*` and `/`) and operand, from left to right."""

    first: Expression
    rest: tuple[tuple[str, Expression], ...]


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """`==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not in`, `all in`, `under`, `not under`; never chained."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class IsSet(Node):
    """`x is set`, or `x is not set` with `negated`."""

    operand: Expression
    negated: bool


@dataclass(frozen=True, slots=True)
class Not(Node):
    """`not x`."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Negative(Node):
    """`-x`."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class ShareExpression(Node):
    """`90% of sku.available`."""

    ratio: Expression
    fact: Expression


@dataclass(frozen=True, slots=True)
class Counter(Node):
    """`count(join) by device within 10min`; at least one of the two is there."""

    base: Expression
    by: Path | None
    within: DurationLiteral | Bad | None


Expression = (
    Bad | MoneyLiteral | PercentLiteral | DurationLiteral | NumberLiteral | TextLiteral | BooleanLiteral | TimeLiteral
    | InstantLiteral | Path | ReferenceExpression | Call | ListExpression | RecordExpression | Per | LimitList
    | WindowExpression | Operation | Arithmetic | Comparison | IsSet | Not | Negative | ShareExpression | Counter
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comment(Node):
    """`// ...`, its text with the slashes and without the line end."""

    text: str


@dataclass(frozen=True, slots=True)
class FieldNode(Node):
    """`name = value`."""

    name: str
    value: Expression
    name_span: Span = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Label(Node):
    """A block's label; a number is kept as its digits."""

    value: str


@dataclass(frozen=True, slots=True)
class BlockNode(Node):
    """`kind "label" { ... }`; fields and blocks in the order of the file.

    A top-level block carries the comments before and inside it.
    """

    kind: str
    labels: tuple[Label, ...]
    items: tuple[FieldNode | BlockNode, ...]
    kind_span: Span = field(compare=False, repr=False)
    comments: tuple[Comment, ...] = field(default=(), compare=False, repr=False)

    @property
    def label(self) -> str:
        """The first label, or ""."""
        return self.labels[0].value if self.labels else ""

    @property
    def fields(self) -> tuple[FieldNode, ...]:
        return tuple([item for item in self.items if isinstance(item, FieldNode)])

    @property
    def blocks(self) -> tuple[BlockNode, ...]:
        return tuple([item for item in self.items if isinstance(item, BlockNode)])

    @property
    def head_span(self) -> Span:
        """The kind and its labels."""
        return self.kind_span.to(self.labels[-1].span) if self.labels else self.kind_span


@dataclass(frozen=True, slots=True)
class BrokenBlock(Node):
    """A block that could not be read; the check must not report it as missing as well."""

    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Document:
    """One file: its blocks, those that could not be read, and the comments after the last block."""

    blocks: tuple[BlockNode, ...]
    broken: tuple[BrokenBlock, ...] = ()
    comments: tuple[Comment, ...] = field(default=(), compare=False, repr=False)
