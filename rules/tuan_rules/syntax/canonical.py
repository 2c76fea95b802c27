"""Tree to text: one spelling for one meaning. What it writes reads back as the same tree; rulesets are named by it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from fractions import Fraction
from itertools import chain

from tuan_rules.syntax import nodes
from tuan_rules.syntax.literals import UNITS_MS

#: Changes when the same rules are to get another hash.
FORMAT = "tuan-rules/1"

# How tightly a form binds, loosest first; an operand that binds looser than its place asks for gets parentheses.
_THEN, _CLAUSE, _OR, _AND, _NOT, _COMPARISON, _COALESCE, _ADDITIVE, _PRODUCT, _SHARE, _UNARY, _COUNTER, _ATOM = range(
    13
)
_CHAINS = {"then": (_THEN, _CLAUSE), "or": (_OR, _AND), "and": (_AND, _NOT), "??": (_COALESCE, _ADDITIVE)}


def ruleset_hash(documents: Iterable[nodes.Document]) -> str:
    """SHA-256, as 64 hex digits, over the canonical text of all blocks; their order and that of fields is no part."""
    blocks = sorted(render_block(block, ordered=False) for document in documents for block in document.blocks)
    return hashlib.sha256("\n".join([FORMAT, *blocks]).encode()).hexdigest()


def render_block(block: nodes.BlockNode, *, ordered: bool = True) -> str:
    """A block as canonical text; without `ordered`, fields and nested blocks are sorted."""
    labels = "".join(f" {_quote(label.value)}" for label in block.labels)
    items = [
        f"{item.name} = {render(item.value)}"
        if isinstance(item, nodes.FieldNode)
        else render_block(item, ordered=ordered)
        for item in block.items
    ]
    lines = chain.from_iterable(item.split("\n") for item in (items if ordered else sorted(items)))
    body = "".join(f"  {line}\n" for line in lines)
    return f"{block.kind}{labels} {{\n{body}}}"


def render(node: nodes.Expression) -> str:
    """An expression as canonical text. Raises ValueError for a `Bad` node, which has no meaning."""
    return _render(node)[0]


def _at(level: int, node: nodes.Expression) -> str:
    text, own = _render(node)
    return text if own >= level else f"({text})"


def _render(node: nodes.Expression) -> tuple[str, int]:
    match node:
        case nodes.Operation(operator=operator, operands=operands):
            own, inner = _CHAINS[operator]
            return f" {operator} ".join(_at(inner, operand) for operand in operands), own
        case nodes.Per():
            return _per(node), _CLAUSE
        case nodes.LimitList(items=items):
            return ", ".join(_per(item) for item in items), _THEN
        case nodes.WindowExpression(start=start, end=end):
            return f"from {_at(_ADDITIVE, start)} until {_at(_ADDITIVE, end)}", _CLAUSE
        case nodes.Not(operand=operand):
            return f"not {_at(_COMPARISON, operand)}", _NOT
        case nodes.Comparison(operator=operator, left=left, right=right):
            return f"{_at(_COALESCE, left)} {operator} {_at(_COALESCE, right)}", _COMPARISON
        case nodes.IsSet(operand=operand, negated=negated):
            return f"{_at(_COALESCE, operand)} is {'not ' if negated else ''}set", _COMPARISON
        case nodes.Arithmetic():
            return _arithmetic(node)
        case nodes.ShareExpression(ratio=ratio, fact=fact):
            return f"{_at(_UNARY, ratio)} of {_at(_ATOM, fact)}", _SHARE
        case nodes.Negative(operand=operand):
            return f"-{_at(_COUNTER, operand)}", _UNARY
        case nodes.Counter(base=base, by=by, within=within):
            text = _at(_ATOM, base) + (f" by {by}" if by else "") + (f" within {render(within)}" if within else "")
            return text, _COUNTER
    return _atom(node), _ATOM


def _arithmetic(node: nodes.Arithmetic) -> tuple[str, int]:
    own = _ADDITIVE if node.rest[0][0] in "+-" else _PRODUCT
    rest = "".join(f" {operator} {_at(own + 1, operand)}" for operator, operand in node.rest)
    return _at(own + 1, node.first) + rest, own


def _per(node: nodes.Per) -> str:
    window = f" per {render(node.window)}" if node.window else ""
    return f"{_at(_OR, node.amount)} per {node.subject}{window}"


def _atom(node: nodes.Expression) -> str:
    match node:
        case nodes.MoneyLiteral(unit=unit, amount=amount):
            return f"{unit}{' ' if unit.isalpha() else ''}{_decimal(amount)}"
        case nodes.PercentLiteral(ratio=ratio, is_fold=is_fold):
            return f"{_decimal(ratio * 10)}折" if is_fold else f"{_decimal(ratio * 100)}%"
        case nodes.DurationLiteral(ms=ms):
            return _duration(ms)
        case nodes.NumberLiteral(value=value):
            return _decimal(value)
        case nodes.TextLiteral(value=value):
            return _quote(value)
        case nodes.BooleanLiteral(value=value):
            return "true" if value else "false"
        case nodes.TimeLiteral(minutes=minutes):
            return f"{minutes // 60:02}:{minutes % 60:02}"
        case nodes.InstantLiteral(local=local, zone=zone):
            precise = "milliseconds" if local.microsecond else "seconds" if local.second else "minutes"
            text = local.isoformat(sep=" ", timespec=precise)
            return f"{text} {zone}" if zone else text
        case nodes.Path():
            return str(node)
        case nodes.ReferenceExpression(kind=kind, label=label):
            return f"{kind} {_quote(label)}"
        case nodes.Call(function=function, arguments=arguments):
            return f"{function}({', '.join(_argument(argument) for argument in arguments)})"
        case nodes.ListExpression(items=items):
            return f"[{', '.join(_element(item) for item in items)}]"
        case nodes.RecordExpression(entries=entries):
            inside = ", ".join(f"{_quote(entry.key)}: {render(entry.value)}" for entry in entries)
            return f"{{ {inside} }}"
    raise ValueError(f"{type(node).__name__} has no canonical text")


def _argument(node: nodes.Argument | nodes.Each) -> str:
    if isinstance(node, nodes.Argument):
        return f"{node.name}: {render(node.value)}" if node.name else render(node.value)
    item = f"{render(node.item)} " if node.item else ""
    where = f" where {_at(_OR, node.where)}" if node.where else ""
    return f"{item}each {node.variable} in {_at(_ATOM, node.collection)}{where}"


def _element(node: nodes.Expression | nodes.Step) -> str:
    return f"{render(node.key)} => {render(node.value)}" if isinstance(node, nodes.Step) else render(node)


def _decimal(value: Fraction) -> str:
    """The exact decimal of a number that was written as one: its denominator has no factors but 2 and 5."""
    places = 0
    while value.denominator != 1:
        value *= 10
        places += 1
    digits = str(value.numerator).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits


def _duration(ms: int) -> str:
    parts = []
    for unit, size in sorted(UNITS_MS.items(), key=lambda pair: -pair[1]):
        count, ms = divmod(ms, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts) or "0ms"


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'
