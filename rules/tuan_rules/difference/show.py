"""Checked values in the words of the language: money with its sign, windows in the package's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from tuan_rules.checked import CheckedPackage
from tuan_rules.checking.schedules import WEEKDAYS
from tuan_rules.currencies import shown_money as money
from tuan_rules.given import Given
from tuan_rules.schema import FieldType, Kind
from tuan_rules.source import Span
from tuan_rules.syntax import nodes
from tuan_rules.syntax.canonical import render
from tuan_rules.values import (
    ActionOf,
    AnyAction,
    Credit,
    Daily,
    Gift,
    Grant,
    Instant,
    Limit,
    Money,
    Monthly,
    Points,
    PriceAction,
    Reference,
    RefundTo,
    Schedule,
    Settlement,
    ShareOf,
    SkuSet,
    Text,
    VerdictOf,
    Weekly,
    Window,
)

_NOWHERE = Span("", 1, 1, 1, 1, 0, 0)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def show(value: object, field_type: FieldType, package: CheckedPackage) -> str:
    """The value as a merchant would write it; "" for one that is not set. Numbers without unit are of `field_type`."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int():
            return duration(value) if field_type.kind is Kind.DURATION else str(value)
        case Fraction():
            return percent(value)
        case Money():
            return money(value.amount_minor, value.currency)
        case Instant():
            return moment(value.time_ms, package.zone)
        case Window():
            return f"from {moment(value.start_ms, package.zone)} until {moment(value.end_ms, package.zone)}"
        case Daily() | Weekly() | Monthly():
            return _schedule(value)
        case Settlement():
            return f"monthly(day: {value.day}, after: {duration(value.after_ms)}, end_of_month: {value.end_of_month})"
        case VerdictOf():
            return f"{value.kind}(code: {quote(value.code)})" if value.code else value.kind
        case PriceAction():
            return _price(value)
        case ShareOf():
            return f"{percent(value.ratio)} of {value.fact}"
        case SkuSet():
            return _goods(value)
        case Reference():
            return f"{value.kind} {quote(value.label)}"
        case Text():
            return _text(value)
    return _compound(value, field_type, package)


def _compound(value: object, field_type: FieldType, package: CheckedPackage) -> str:
    match value:
        case tuple() if field_type.kind is Kind.ACTIONS:
            return " then ".join(_action(item, package) for item in value)
        case tuple() if field_type.kind is Kind.PRICE_OR_LADDER:
            return "[" + ", ".join(f"{key} => {money(item.amount_minor, item.currency)}" for key, item in value) + "]"
        case tuple() if field_type.kind is Kind.LIMITS:
            return ", ".join(_limit(item) for item in value)
        case tuple() if field_type.kind is Kind.LADDER_OF and field_type.item is not None:
            return "[" + ", ".join(f"{key} => {show(item, field_type.item, package)}" for key, item in value) + "]"
        case tuple():
            return "[" + ", ".join(show(item, field_type.item or field_type, package) for item in value) + "]"
        case dict() if field_type.kind is Kind.MAP_OF and field_type.item is not None:
            entries = (f"{quote(key)}: {show(item, field_type.item, package)}" for key, item in value.items())
            return f"{{ {', '.join(entries)} }}"
        case Given():
            return render(value.node)
        case dict():
            types = {field.name: field.type for field in field_type.fields}
            shown = (f"{key}: {show(item, types[key], package)}" for key, item in value.items() if item is not None)
            return "{ " + ", ".join(shown) + " }"
        case nodes.Node():
            return render(value)  # type: ignore[arg-type]  # every node that a checked block holds is an expression
        case str() if field_type.kind is Kind.ENUM:
            return value
    return str(value)


def percent(ratio: Fraction) -> str:
    """`12.5%`."""
    return render(nodes.PercentLiteral(_NOWHERE, ratio))


def duration(ms: int) -> str:
    """`2h 30min`."""
    return render(nodes.DurationLiteral(_NOWHERE, ms))


def quote(text: str) -> str:
    """`"text"`."""
    return render(nodes.TextLiteral(_NOWHERE, text))


def moment(time_ms: int, zone: str) -> str:
    """The local time in a zone, to the minute where that is exact."""
    local = (_EPOCH + timedelta(milliseconds=time_ms)).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    return render(nodes.InstantLiteral(_NOWHERE, local))


def _price(action: PriceAction) -> str:
    word = action.kind.partition("_")[0]
    if action.money is not None:
        return f"{word}({money(action.money.amount_minor, action.money.currency)})"
    return f"{word}({percent(action.ratio or Fraction(0))})"


def _schedule(schedule: Schedule) -> str:
    at = ", ".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in schedule.at_minutes)
    times = f"at: [{at}], for: {duration(schedule.for_ms)}"
    match schedule:
        case Weekly():
            return f"weekly(on: [{', '.join(WEEKDAYS[day] for day in schedule.weekdays)}], {times})"
        case Monthly():
            return f"monthly(day: {schedule.day}, {times}, end_of_month: {schedule.end_of_month})"
    return f"daily({times})"


def _action(action: AnyAction, package: CheckedPackage) -> str:
    match action:
        case Credit():
            return f"credit({money(action.money.amount_minor, action.money.currency)})"
        case Points():
            return f"points({action.points})"
        case Grant():
            return f"grant({action.reference.kind} {quote(action.reference.label)})"
        case RefundTo():
            return f"refund(route: {action.route})"
        case Gift():
            return f"gift({quote(action.sku)}, qty: {action.quantity})"
        case ActionOf():
            types = {parameter.name: parameter.type for parameter in action.parameters}
            shown = (
                f"{name}: {show(each, types[name], package)}"
                for name, each in action.arguments.items()
                if each is not None
            )
            return f"{action.name}({', '.join(shown)})"


def _goods(goods: SkuSet) -> str:
    skus = [f"line.sku in [{', '.join(quote(sku) for sku in sorted(goods.skus))}]"] if goods.skus else []
    return " or ".join([*skus, *(f"line.category under {quote(name)}" for name in sorted(goods.categories))])


def _limit(limit: Limit) -> str:
    window = f" per {duration(limit.window_ms)}" if limit.window_ms is not None else ""
    return f"{limit.quantity} per {limit.subject}{window}"


def _text(text: Text) -> str:
    if not text.translations:
        return quote(text.default)
    return "{ " + ", ".join(f"{language}: {quote(words)}" for language, words in text.translations.items()) + " }"
