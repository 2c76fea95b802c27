"""Typed values of single literals: money, percent, duration, instant, window, integer, text, boolean, word."""

from __future__ import annotations

import re
from datetime import timedelta
from fractions import Fraction
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from tuan_rules.checking import describe
from tuan_rules.checking.context import FAILED, Context, Failed
from tuan_rules.currencies import CODES, currency_of, decimals
from tuan_rules.diagnostics.model import Secondary
from tuan_rules.schedule import local_to_ms, to_ms
from tuan_rules.source import Span
from tuan_rules.syntax import nodes
from tuan_rules.values import Instant, Money, Text, Window
from tuan_rules.vocabulary import closest

#: Characters of one text. A title on a page is shorter; the file's size bounds the sum.
TEXT_MAX = 2000
LANGUAGES_MAX = 20
#: Whole numbers in fields; counters in scripts stay below 2^53 (TRAPS.md 4).
INTEGER_MAX = 10**12

#: China keeps one time, and its zone is named after its largest city, not after the capital.
_CITIES_OF_SHANGHAI = ("beijing", "peking", "shenzhen", "guangzhou", "hangzhou", "china", "cst", "北京", "上海", "中国")
#: What people in China call their currency; its code is CNY.
_YUAN = ("rmb", "cnh", "yuan", "元", "人民币")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def money(node: nodes.MoneyLiteral, context: Context) -> Money | Failed:
    """Minor units in the package's currency; reports TR-202, TR-203 and TR-214."""
    text = context.text_of(node)
    currency = currency_of(node.unit, context.currency)
    if currency is None:
        context.report.add("TR-203", node.span, found=node.unit, suggestion=closest_code(node.unit))
        return FAILED
    if currency != context.currency:
        context.report.add("TR-214", node.span, found=text, currency=currency, package=context.currency)
        return FAILED
    minor = node.amount * 10 ** decimals(currency)
    if minor.denominator != 1:
        nearest = Fraction(round(minor), 10 ** decimals(currency))
        context.report.add(
            "TR-202",
            node.span,
            suggestion=f"{node.unit}{' ' * node.unit.isalpha()}{float(nearest):.{decimals(currency)}f}",
            found=text,
            currency=currency,
            decimals=decimals(currency),
        )
        return FAILED
    return Money(int(minor), currency)


def closest_code(word: str) -> str | None:
    """The currency code that was probably meant. Spelling alone would take RMB for the Russian rouble, RUB."""
    if word.lower() in _YUAN:
        return "CNY"
    near = closest(word, (code.lower() for code in CODES))
    return near.upper() if near else None


@lru_cache(maxsize=1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(name: str, span: Span, context: Context) -> str | Failed:
    """An IANA zone name; reports TR-204."""
    if name in _zones() and ("/" in name or name == "UTC"):
        return name
    if name.rpartition("/")[2].lower() in _CITIES_OF_SHANGHAI:
        context.report.add("TR-204", span, found=name, suggestion="Asia/Shanghai")
        return FAILED
    by_lower = {zone.lower(): zone for zone in _zones() if "/" in zone}
    cities = {zone.rpartition("/")[2].lower(): zone for zone in sorted(_zones()) if "/" in zone}
    near = closest(name.replace(" ", "_"), by_lower)
    city = cities.get(name.lower().replace(" ", "_"))
    context.report.add("TR-204", span, found=name, suggestion=city or (by_lower[near] if near else None))
    return FAILED


def instant(node: nodes.InstantLiteral, context: Context) -> Instant | Failed:
    """A point in time; without offset or zone it is the package's local time."""
    if node.zone[:1] in ("+", "-"):
        hours, minutes = int(node.zone[1:3]), int(node.zone[4:6])
        if hours > 14 or minutes > 59:
            context.report.add(
                "TR-205",
                node.span,
                found=node.text,
                why=f"there is no offset {node.zone}",
                why_zh="没有这个时差",
                example="2027-02-10 10:00 +08:00",
            )
            return FAILED
        offset = timedelta(hours=hours, minutes=minutes)
        naive = node.local - (offset if node.zone[0] == "+" else -offset)
        return Instant(to_ms(naive.replace(tzinfo=ZoneInfo("UTC"))), node.text)
    name = zone(node.zone, node.span, context) if node.zone else context.zone
    if isinstance(name, Failed):
        return FAILED
    return Instant(local_to_ms(node.local, ZoneInfo(name)), node.text)


def window(node: nodes.WindowExpression, context: Context) -> Window | Failed:
    """A half-open window. Reports TR-201 for an end that is no instant, and TR-206."""
    ends: list[Instant | Failed] = []
    for word, end in (("from", node.start), ("until", node.end)):
        if isinstance(end, nodes.Bad):
            ends.append(FAILED)
        elif isinstance(end, nodes.InstantLiteral):
            ends.append(instant(end, context))
        else:
            found, found_zh = describe.found(end, context.text_of(end))
            context.report.add(
                "TR-201", end.span, field=word, expected="a date and time", expected_zh="日期时间", found=found,
                found_zh=found_zh, example="2027-02-10 10:00",
            )  # fmt: skip
            ends.append(FAILED)
    start, stop = ends
    if isinstance(start, Failed) or isinstance(stop, Failed):
        return FAILED
    if stop.time_ms <= start.time_ms:
        begins = (Secondary(node.start.span, "starts here", "从这里开始"),)
        swapped = f"from {context.text_of(node.end)} until {context.text_of(node.start)}"
        suggestion = swapped if stop.time_ms < start.time_ms else None
        context.report.add("TR-206", node.end.span, secondary=begins, suggestion=suggestion)
        return FAILED
    return Window(start.time_ms, stop.time_ms)


def integer(node: nodes.Expression, context: Context) -> int | Failed | None:
    """A whole number, negative ones included; None when it is something else."""
    sign = 1
    if isinstance(node, nodes.Negative):
        sign, node = -1, node.operand
    if not isinstance(node, nodes.NumberLiteral) or node.value.denominator != 1:
        return None
    if node.value > INTEGER_MAX:
        context.report.add("TR-019", node.span, digits=len(str(node.value)), limit=len(str(INTEGER_MAX)) - 1)
        return FAILED
    return sign * int(node.value)


def text(node: nodes.Expression, context: Context) -> Text | Failed | None:
    """A text, or a record of texts by language; None when it is something else."""
    if isinstance(node, nodes.TextLiteral):
        return FAILED if _too_long(node, context) else Text(node.value)
    if not isinstance(node, nodes.RecordExpression) or not 0 < len(node.entries) <= LANGUAGES_MAX:
        return None
    by_language: dict[str, str] = {}
    for entry in node.entries:
        if isinstance(entry.value, nodes.TextLiteral) and not _LANGUAGE.fullmatch(entry.key):
            context.report.add("TR-115", entry.key_span, found=entry.key, expected="zh, en, ja ...")
            return FAILED
        if not isinstance(entry.value, nodes.TextLiteral):
            return FAILED if isinstance(entry.value, nodes.Bad) else None
        if entry.key in by_language:
            context.report.add("TR-104", entry.key_span, name=entry.key)
            return FAILED
        if _too_long(entry.value, context):
            return FAILED
        by_language[entry.key] = entry.value.value
    return Text(next(iter(by_language.values())), by_language)


def _too_long(node: nodes.TextLiteral, context: Context) -> bool:
    if len(node.value) <= TEXT_MAX:
        return False
    context.report.add(
        "TR-213", node.span, what="the text", what_zh="文字", count=len(node.value), unit="characters",
        unit_zh="个字符", limit=TEXT_MAX,
    )  # fmt: skip
    return True
