"""Calendars: `daily`, `weekly` and `monthly` sessions, and the day of the month on which something is settled."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, cast

from tuan_rules.checking import scalars
from tuan_rules.checking.context import FAILED, Context, Failed
from tuan_rules.source import Span
from tuan_rules.syntax import nodes
from tuan_rules.values import Daily, Monthly, Schedule, Settlement, Weekly
from tuan_rules.vocabulary import closest

DAY_MS = 86_400_000
DAY_MINUTES = 1_440
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Every month has so many days: what is on a later one says what happens in the others.
DAYS_OF_EVERY_MONTH = 28
_ARGUMENTS = {
    "daily": (("at", "for"), ()),
    "weekly": (("on", "at", "for"), ()),
    "monthly": (("day", "at", "for"), ("end_of_month",)),
}
_LONGEST_DAYS = {"daily": 1, "weekly": 7, "monthly": DAYS_OF_EVERY_MONTH}
_USAGE = {
    "daily": "daily(at: [10:00, 20:00], for: 2h)",
    "weekly": "weekly(on: [mon, thu], at: 20:00, for: 2h)",
    "monthly": "monthly(day: 31, at: 20:00, for: 2h, end_of_month: last)",
}
_SETTLEMENT = "monthly(day: 10, after: 7d)"
Given = dict[str, nodes.Expression]


def schedule(node: nodes.Expression, context: Context) -> Schedule | Failed | None:
    """`daily(at: [10:00], for: 2h)`, `weekly(on: [mon], ...)`, `monthly(day: 10, ...)`; reports TR-216. No session overlaps the next."""
    if not isinstance(node, nodes.Call) or str(node.function) not in _ARGUMENTS:
        return None
    kind = str(node.function)
    usage = _USAGE[kind]
    given = _given(node, kind, *_ARGUMENTS[kind], context, usage)
    if isinstance(given, Failed):
        return FAILED
    at, length = _times(given["at"], context, usage), _length(given["for"], _LONGEST_DAYS[kind], context, usage)
    if isinstance(at, Failed) or isinstance(length, Failed):
        return FAILED
    found: Schedule | Failed
    if kind == "daily":
        found, starts, period = Daily(at, length), at, DAY_MINUTES
    elif kind == "weekly":
        weekdays = _weekdays(given["on"], context, usage)
        if isinstance(weekdays, Failed):
            return FAILED
        found, period = Weekly(weekdays, at, length), 7 * DAY_MINUTES
        starts = tuple(day * DAY_MINUTES + minutes for day in weekdays for minutes in at)
    else:
        day, policy = _day(given, context, usage), _end_of_month(given, context, usage)
        if isinstance(day, Failed) or isinstance(policy, Failed):
            return FAILED
        found, starts, period = Monthly(day, at, length, policy or "skip"), at, DAYS_OF_EVERY_MONTH * DAY_MINUTES
    if min(after - before for before, after in pairwise([*starts, starts[0] + period])) * 60_000 < length:
        return _bad(node.span, "these sessions overlap", "场次时间重叠", context, usage)
    return found


def settlement(node: nodes.Expression, context: Context) -> Settlement | Failed | None:
    """`monthly(day: 10, after: 7d)`; reports TR-239."""
    if not isinstance(node, nodes.Call) or str(node.function) != "monthly":
        return None
    given = _given(node, "monthly", ("day", "after"), ("end_of_month",), context, _SETTLEMENT)
    if isinstance(given, Failed):
        return FAILED
    day, policy, after = _day(given, context, _SETTLEMENT), _end_of_month(given, context, _SETTLEMENT), given["after"]
    if isinstance(after, nodes.Bad) or isinstance(day, Failed) or isinstance(policy, Failed):
        return FAILED
    if not isinstance(after, nodes.DurationLiteral):
        return _bad(after.span, "`after` takes a duration", "`after` 应为时长", context, _SETTLEMENT)
    return Settlement(day, after.ms, policy or "last")


def _given(
    node: nodes.Call, kind: str, needed: Sequence[str], others: Sequence[str], context: Context, usage: str
) -> Given | Failed:
    names = (*needed, *others)
    given: Given = {}
    for argument in node.arguments:
        if not isinstance(argument, nodes.Argument) or argument.name not in names or argument.name in given:
            listed, listed_zh = _joined(names, " and "), _joined(names, " 和 ")
            why, why_zh = f"{kind} takes {listed}, once each", f"{kind} 只有 {listed_zh}"
            return _bad(argument.span, why, why_zh, context, usage)
        given[argument.name] = argument.value
    if missing := [name for name in needed if name not in given]:
        return _bad(node.span, f"{kind} lacks `{missing[0]}`", f"{kind} 缺少 `{missing[0]}`", context, usage)
    return FAILED if any(isinstance(value, nodes.Bad) for value in given.values()) else given


def _joined(names: Sequence[str], word: str) -> str:
    *most, last = (f"`{name}`" for name in names)
    return f"{', '.join(most)}{word}{last}"


def _items(node: nodes.Expression) -> tuple[nodes.Expression | nodes.Step, ...]:
    return node.items if isinstance(node, nodes.ListExpression) else (node,)


def _times(node: nodes.Expression, context: Context, usage: str) -> tuple[int, ...] | Failed:
    items = _items(node)
    if any(isinstance(item, nodes.Bad) for item in items):
        return FAILED
    if not items or not all(isinstance(item, nodes.TimeLiteral) for item in items):
        return _bad(node.span, "`at` takes times of day", "`at` 应为时刻", context, usage)
    return tuple(sorted(item.minutes for item in items if isinstance(item, nodes.TimeLiteral)))


def _length(node: nodes.Expression, days: int, context: Context, usage: str) -> int | Failed:
    if isinstance(node, nodes.DurationLiteral) and 0 < node.ms <= days * DAY_MS:
        return node.ms
    most = "24h" if days == 1 else f"{days}d"
    return _bad(
        node.span, f"`for` takes a duration of at most {most}", f"`for` 应为不超过 {most} 的时长", context, usage
    )


def _weekdays(node: nodes.Expression, context: Context, usage: str) -> tuple[int, ...] | Failed:
    found: set[int] = set()
    for item in _items(node):
        word = str(item) if isinstance(item, nodes.Path) else context.text_at(item.span)
        if word not in WEEKDAYS:
            near = closest(word, WEEKDAYS)
            context.report.add("TR-115", item.span, suggestion=near, found=word, expected=", ".join(WEEKDAYS))
            return FAILED
        if WEEKDAYS.index(word) in found:
            context.report.add("TR-218", item.span, found=word)
        found.add(WEEKDAYS.index(word))
    if not found:
        return _bad(
            node.span,
            "`on` takes days of the week",
            "`on` 应为星期几",
            context,
            usage,
        )
    return tuple(sorted(found))


def _day(given: Given, context: Context, usage: str) -> int | Failed:
    node = given["day"]
    day = scalars.integer(node, context)
    if isinstance(day, Failed):
        return FAILED
    if day is None or not 1 <= day <= 31:
        return _bad(node.span, "`day` takes a day of the month, 1 to 31", "`day` 应为 1 到 31 的日期", context, usage)
    if day > DAYS_OF_EVERY_MONTH and "end_of_month" not in given:
        why = f"not every month has a day {day}: add `end_of_month: last` or `end_of_month: skip`"
        why_zh = f"不是每个月都有 {day} 日：请加上 `end_of_month: last` 或 `end_of_month: skip`"
        return _bad(node.span, why, why_zh, context, usage)
    return day


def _end_of_month(given: Given, context: Context, usage: str) -> Literal["last", "skip"] | Failed | None:
    node = given.get("end_of_month")
    if node is None:
        return None
    if isinstance(node, nodes.Path) and str(node) in ("last", "skip"):
        return cast('Literal["last", "skip"]', str(node))
    return _bad(node.span, "`end_of_month` is last or skip", "`end_of_month` 应为 last 或 skip", context, usage)


def _bad(span: Span, why: str, why_zh: str, context: Context, usage: str) -> Failed:
    context.report.add("TR-216", span, why=why, why_zh=why_zh, example=usage)
    return FAILED
