"""The facts that a test gives, against the vocabulary: a misspelt one would otherwise be a test of something else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, cast

from tuan_rules.checking import describe, scalars
from tuan_rules.checking.context import FAILED, Context, Failed
from tuan_rules.checking.describe import fact_example, fact_expected
from tuan_rules.currencies import sign_of
from tuan_rules.facts import COUNTERS, INTEGER, MONEY, TEXT, Base, Counter, Fact, FactRecord, Per, Type
from tuan_rules.given import Given, GivenLine
from tuan_rules.naming.canonical import Canonical
from tuan_rules.syntax import nodes
from tuan_rules.syntax.read import read_block

_COUNTER = '"count(join) by device within 10min"'
#: A test of more is no longer read by anybody.
LINES_MAX = 100
#: Facts that come from somewhere else than `given`.
_FROM_LINES = ("from the lines", "由各行得出")
_WORKED_OUT = {
    ("cart", "subtotal"): _FROM_LINES,
    ("cart", "units"): _FROM_LINES,
    ("cart", "lines"): _FROM_LINES,
    ("cart", "time"): ("from `at`", "由 `at` 得出"),
    ("cart", "shipping"): ("from `shipping: ¥8.00` beside `lines`", "写在 `lines` 旁边：`shipping: ¥8.00`"),
    ("line", "amount"): ("from `qty` and `list`", "由 `qty` 和 `list` 得出"),
}
OF_GIVEN = ("lines", "shipping", "budgets", "counts")
OF_LINE = {"sku": TEXT, "qty": INTEGER, "list": MONEY, "category": TEXT}


def is_given(record: str, fact: Fact) -> bool:
    """Whether a test may give this fact of a record, which comes from nowhere else."""
    return not fact.priced and (record, fact.name) not in _WORKED_OUT


def given(node: nodes.Expression, context: Context) -> Given | Failed | None:
    """The facts of a test; reports TR-250 to TR-253 beside what literals report. None when it is no record."""
    if not isinstance(node, nodes.RecordExpression):
        return None
    if not context.vocabulary.facts:
        return Given(node)
    parts: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for entry in _entries(node, context, parts):
        record = context.vocabulary.facts.get(entry.key)
        if entry.key == "lines":
            parts["lines"] = _lines(entry.value, context)
        elif entry.key == "shipping":
            parts["shipping"] = _value(entry.value, MONEY, "shipping", context)
        elif entry.key == "budgets":
            parts["budgets"] = _budgets(entry.value, context)
        elif entry.key == "counts":
            facts[COUNTERS] = parts[entry.key] = _counts(entry.value, context)
        elif record is not None and record.per is Per.CART:
            facts[record.name] = parts[entry.key] = _record(entry.value, record, context)
        else:
            records = [each.name for each in context.vocabulary.facts.values() if each.per is Per.CART]
            other = [*context.vocabulary.naming.records.to, *context.vocabulary.naming.arguments.to]
            near = "lines" if record is not None else context.report.closest(entry.key, (*records, *OF_GIVEN), other)
            _unknown(entry, entry.key, near, context)
            parts[entry.key] = FAILED
    if any(isinstance(part, Failed) for part in parts.values()):
        return FAILED
    return Given(node, facts, parts.get("lines"), parts.get("shipping"), parts.get("budgets", {}))


def _record(node: nodes.Expression, record: FactRecord, context: Context) -> dict[str, Any] | Failed:
    if not isinstance(node, nodes.RecordExpression):
        return _wrong(node, Type(Base.RECORD, facts=record.facts), record.name, context)
    return _facts(node, record.name, record.facts, context)


def _facts(
    node: nodes.RecordExpression, of: str, facts: Iterable[Fact], context: Context, *, all_of_them: bool = False
) -> dict[str, Any] | Failed:
    """`all_of_them`: an item of a list has every fact that is not optional, for nothing looks after it at run time."""
    known = {fact.name: fact for fact in facts}
    values: dict[str, Any] = {}
    for entry in _entries(node, context, values):
        fact = known.get(entry.key)
        name = f"{of}.{entry.key}" if of else entry.key
        if fact is None:
            near = context.report.closest(entry.key, known, context.vocabulary.naming.facts.get(of, ()))
            _unknown(entry, name, near, context)
            values[entry.key] = FAILED
        elif not is_given(of, fact):
            origin, origin_zh = _WORKED_OUT.get((of, entry.key), ("from the price", "由价格得出"))
            context.report.add("TR-252", entry.key_span, name=name, origin=origin, origin_zh=origin_zh)
            values[entry.key] = FAILED
        else:
            values[entry.key] = _value(entry.value, fact.type, name, context)
    for fact in known.values() if all_of_them else ():
        if fact.name not in values and not fact.type.optional:
            _lacks(node, ("this item", "这一项"), fact.name, fact.type, context)
            return FAILED
    return FAILED if any(isinstance(value, Failed) for value in values.values()) else values


def _lines(node: nodes.Expression, context: Context) -> tuple[GivenLine, ...] | Failed:
    if not isinstance(node, nodes.ListExpression) or any(isinstance(item, nodes.Step) for item in node.items):
        line = Type(Base.RECORD, facts=tuple(Fact(name, type_, "") for name, type_ in OF_LINE.items()))
        return _wrong(node, Type(Base.LIST, item=line), "lines", context)
    if len(node.items) > LINES_MAX:
        return context.too_many(node.span, ("the list", "列表"), len(node.items), ("items", "项"), LINES_MAX)
    lines = [_line(cast(nodes.Expression, item), context) for item in node.items]
    found = tuple(line for line in lines if not isinstance(line, Failed))
    return found if len(found) == len(lines) else FAILED


def _line(node: nodes.Expression, context: Context) -> GivenLine | Failed:
    own = context.vocabulary.facts.get("line")
    facts = {fact.name: fact for fact in own.facts} if own else {}
    facts |= {name: Fact(name, type_, "") for name, type_ in OF_LINE.items()}
    others = {name: each for name, each in context.vocabulary.facts.items() if each.per is Per.LINE and each is not own}
    if not isinstance(node, nodes.RecordExpression):
        return _wrong(node, Type(Base.RECORD, facts=tuple(facts[name] for name in OF_LINE)), "line", context)
    kept = tuple(entry for entry in node.entries if entry.key not in others)
    values = _facts(replace(node, entries=kept), "line", facts.values(), context)
    records = {
        entry.key: _record(entry.value, others[entry.key], context) for entry in node.entries if entry.key in others
    }
    if isinstance(values, Failed) or any(isinstance(record, Failed) for record in records.values()):
        return FAILED
    for name in ("sku", "list"):
        if name not in values:
            _lacks(node, ("this line", "这一行"), name, OF_LINE[name], context)
            return FAILED
    quantity = values.get("qty", 1)
    if quantity < 1:
        context.report.add("TR-217", node.span, found="`qty`", least=1)
        return FAILED
    more = {name: value for name, value in values.items() if name not in OF_LINE} | records
    return GivenLine(values["sku"], quantity, values["list"], values.get("category", ""), more)


def _budgets(node: nodes.Expression, context: Context) -> dict[str, int] | Failed:
    if not isinstance(node, nodes.RecordExpression):
        return _wrong(node, Type(Base.RECORD, facts=(Fact("member", MONEY, ""),)), "budgets", context)
    values: dict[str, Any] = {}
    for entry in _entries(node, context, values):
        values[entry.key] = _value(entry.value, MONEY, entry.key, context)
    return FAILED if any(isinstance(value, Failed) for value in values.values()) else values


def _counts(node: nodes.Expression, context: Context) -> dict[str, int] | Failed:
    """`{ "count(join) by device within 10min": 21 }`: counters as the rules write them."""
    if not isinstance(node, nodes.RecordExpression):
        return _wrong(node, Type(Base.RECORD, facts=(Fact(_COUNTER, INTEGER, ""),)), "counts", context)
    values: dict[str, Any] = {}
    failed = False
    for entry in _entries(node, context, values):
        counter = _counter(entry.key, context)
        if counter is None:
            _unknown(entry, entry.key, _COUNTER, context)
        value = _value(entry.value, INTEGER, entry.key, context)
        failed = failed or counter is None or isinstance(value, Failed)
        values[counter.name if counter else entry.key] = value
    return FAILED if failed else values


def _counter(text: str, context: Context) -> Counter | None:
    block, _ = read_block(f"counter {{ is = {text} }}")
    canonical = Canonical(context.vocabulary, frozenset())
    match [canonical.expression(field.value) for field in block.fields] if block is not None else []:
        case [
            nodes.Counter(
                base=nodes.Call(
                    function=nodes.Path(names=("count",)), arguments=(nodes.Argument(value=nodes.Path() as event),)
                ),
                by=by,
                within=nodes.DurationLiteral(ms=ms),
            )
        ] if str(event) in context.vocabulary.events:
            return Counter(str(event), str(by) if by else "buyer", ms)
    return None


def _value(node: nodes.Expression, type_: Type, name: str, context: Context) -> Any:
    """The value of a fact as carts have it, or `FAILED` after reporting why not."""
    if isinstance(node, nodes.Bad):
        return FAILED
    match type_.base, node:
        case (Base.MONEY, nodes.MoneyLiteral()):
            amount = scalars.money(node, replace(context, currency=type_.currency or context.currency))
            return amount if isinstance(amount, Failed) else amount.amount_minor
        case (Base.PERCENT, nodes.PercentLiteral(ratio=ratio)):
            return ratio
        case (Base.INTEGER, nodes.NumberLiteral() | nodes.Negative()):
            whole = scalars.integer(node, context)
            return _wrong(node, type_, name, context) if whole is None else whole
        case (Base.DURATION, nodes.DurationLiteral(ms=ms)):
            return ms
        case (Base.INSTANT, nodes.InstantLiteral()):
            moment = scalars.instant(node, context)
            return moment if isinstance(moment, Failed) else moment.time_ms
        case (Base.BOOLEAN, nodes.BooleanLiteral(value=truth)):
            return truth
        case (Base.TEXT | Base.CATEGORY, nodes.TextLiteral(value=text)):
            return text
        case (Base.CHOICE, nodes.Path(names=(word,))) if word in type_.names:
            return word
        case (Base.LIST, nodes.ListExpression()):
            return _list(node, type_, name, context)
        case (Base.RECORD, nodes.RecordExpression()):
            return _facts(node, "", type_.facts, context, all_of_them=True)
    return _wrong(node, type_, name, context)


def _list(node: nodes.ListExpression, type_: Type, name: str, context: Context) -> tuple[Any, ...] | Failed:
    if len(node.items) > type_.max_items:
        return context.too_many(node.span, ("the list", "列表"), len(node.items), ("items", "项"), type_.max_items)
    if type_.item is None or any(isinstance(item, nodes.Step) for item in node.items):
        return _wrong(node, type_, name, context)
    values = tuple(_value(cast(nodes.Expression, item), type_.item, name, context) for item in node.items)
    return FAILED if any(isinstance(value, Failed) for value in values) else values


def _entries(node: nodes.RecordExpression, context: Context, seen: Mapping[str, Any]) -> Iterator[nodes.Entry]:
    """Each entry once; reports TR-104 for one that the caller has in `seen` already."""
    for entry in node.entries:
        if entry.key in seen:
            context.report.add("TR-104", entry.key_span, name=entry.key)
        else:
            yield entry


def _unknown(entry: nodes.Entry, name: str, near: str | None, context: Context) -> None:
    context.report.add("TR-250", entry.key_span, suggestion=near, name=name)


def _wrong(node: nodes.Expression, type_: Type, name: str, context: Context) -> Failed:
    if isinstance(node, nodes.Bad):
        return FAILED
    expected, expected_zh = fact_expected(type_)
    text = context.text_of(node)
    found, found_zh = describe.found(node, text)
    suggestion = None
    if isinstance(node, nodes.NumberLiteral) and type_.base is Base.MONEY:
        suggestion = f"{sign_of(type_.currency or context.currency)}{text}"
    context.report.add(
        "TR-251", node.span, suggestion=suggestion, name=name, expected=expected, expected_zh=expected_zh, found=found,
        found_zh=found_zh, example=fact_example(type_, context.currency),
    )  # fmt: skip
    return FAILED


def _lacks(node: nodes.Expression, what: tuple[str, str], name: str, type_: Type, context: Context) -> None:
    example = f"{name}: {fact_example(type_, context.currency)}"
    context.report.add("TR-253", node.span, what=what[0], what_zh=what[1], name=name, example=example)
