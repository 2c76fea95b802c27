"""Literal tokens to nodes. The lexer reads them generously; here it is said what is wrong and what was meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction

from tuan_rules.diagnostics.model import Fix
from tuan_rules.diagnostics.report import Reporter
from tuan_rules.source import Span
from tuan_rules.syntax.nodes import (
    Bad,
    DurationLiteral,
    InstantLiteral,
    MoneyLiteral,
    NumberLiteral,
    PercentLiteral,
    TextLiteral,
    TimeLiteral,
)

#: Digits of a number; 10^15 fen is ten thousand milliards of yuan, and stays below 2^53 (TRAPS.md 4).
DIGITS_MAX = 15

UNITS_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
#: What people write for a unit, and the unit. `m` is minutes here because months are refused anyway.
_ALIASES = {
    "m": "min", "mins": "min", "minute": "min", "minutes": "min", "分": "min", "分钟": "min", "sec": "s", "secs": "s",
    "second": "s", "seconds": "s", "秒": "s", "hr": "h", "hrs": "h", "hour": "h", "hours": "h", "小时": "h", "时": "h",
    "day": "d", "days": "d", "天": "d", "日": "d", "毫秒": "ms", "D": "d", "H": "h", "S": "s", "MIN": "min", "Min": "min",
}  # fmt: skip
_CALENDAR = {
    **dict.fromkeys(("w", "week", "weeks", "周", "星期"), ("weeks", "周", 7)),
    **dict.fromkeys(("mo", "month", "months", "M", "月", "个月"), ("months", "月", 30)),
    **dict.fromkeys(("y", "yr", "year", "years", "年"), ("years", "年", 365)),
}
_MONEY_UNITS = {"元": "CNY", "块": "CNY", "人民币": "CNY", "rmb": "CNY", "RMB": "CNY", "yuan": "CNY", "圆": "JPY"}
_PART = re.compile(r"(\d[\d_]*(?:\.\d+)?)([^\W\d_]+|\Z)")
_INSTANT = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?)?\s*(\S.*)?")
_CHINESE_DATE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]")
_ESCAPES = {"n": "\n", "t": "\t", '"': '"', "\\": "\\"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Literals:
    """Turns the text of literal tokens into nodes, reporting TR-018, TR-019, TR-205, TR-207, TR-208 and TR-210."""

    def __init__(self, report: Reporter) -> None:
        self.report = report

    def number(self, text: str, span: Span) -> NumberLiteral | Bad:
        value = self._digits(text, span)
        return Bad(span) if value is None else NumberLiteral(span, value)

    def percent(self, text: str, span: Span) -> PercentLiteral | Bad:
        value = self._digits(text.rstrip("%"), span, 100)
        return Bad(span) if value is None else PercentLiteral(span, value)

    def money(self, text: str, span: Span) -> MoneyLiteral | Bad:
        unit, digits = (text[:3], text[4:]) if text[:1].isalpha() else (text[:1], text[1:])
        value = self._digits(digits, span)
        return Bad(span) if value is None else MoneyLiteral(span, unit, value)

    def text(self, token: str, span: Span) -> TextLiteral | Bad:
        if "\\" not in token:
            return TextLiteral(span, token[1:-1])
        for match in _ESCAPE.finditer(token):
            if match.group(1) not in _ESCAPES:
                self.report.add("TR-018", span, found=match.group())
                return Bad(span)
        return TextLiteral(span, _ESCAPE.sub(lambda m: _ESCAPES[m.group(1)], token[1:-1]))

    def time(self, text: str, span: Span) -> TimeLiteral | Bad:
        hours, minutes, *seconds = (int(part) for part in text.split(":"))
        if hours > 23 or minutes > 59 or seconds:
            why, why_zh = (
                ("write hours and minutes", "只写时和分") if seconds else ("there is no such time", "没有这个时刻")
            )
            self.report.add("TR-205", span, found=text, why=why, why_zh=why_zh, example="20:00")
            return Bad(span)
        return TimeLiteral(span, hours * 60 + minutes)

    def quantity(self, tokens: Sequence[str], span: Span) -> DurationLiteral | PercentLiteral | Bad:
        """Number and unit, once or more: a duration, or 折."""
        parts = [(match[1], match[2]) for token in tokens for match in _PART.finditer(token)]
        if written := _CHINESE_DATE.fullmatch("".join(tokens)):
            year, month, day = (int(part) for part in written.groups())
            return self._bad_instant(
                written[0], span, "write YYYY-MM-DD", "格式为 YYYY-MM-DD", f"{year}-{month:02}-{day:02}"
            )
        if "".join(tokens) != "".join(number + unit for number, unit in parts) or len(parts) > 8:
            self.report.add("TR-208", span, found="".join(tokens), unit="".join(tokens).lstrip("0123456789."))
            return Bad(span)
        if len(parts) == 1 and parts[0][1] == "折":
            return self._fold(parts[0][0], span)
        total = Fraction(0)
        for number, unit in parts:
            value = self._digits(number, span)
            if value is None or not self._known_unit(number, unit, parts, span):
                return Bad(span)
            total += value * UNITS_MS[unit]
        if total.denominator != 1 or total >= 10**DIGITS_MAX:
            found = " ".join(tokens)
            self.report.add(
                "TR-201", span, field="a duration", expected="whole milliseconds", expected_zh="整数毫秒", found=found,
                found_zh=found, example="2h 30min",
            )  # fmt: skip
            return Bad(span)
        return DurationLiteral(span, int(total))

    def instant(self, text: str, span: Span) -> InstantLiteral | Bad:
        match = _INSTANT.fullmatch(text)
        if match is None:
            return self._bad_instant(text, span, "it cannot be read", "无法识别")
        if match[5] == "24" and match[6] == "00":
            return self._end_of_day(match, text, span)
        year, dash, month, day, hour, minute, second, fraction, zone = match.groups()
        try:
            local = datetime(
                int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0),
                int((fraction or "0")[:3].ljust(3, "0")) * 1000,
            )  # fmt: skip
        except ValueError:
            return self._bad_instant(text, span, "there is no such date or time", "没有这个日期或时刻")
        if not 2000 <= local.year <= 2100:
            return self._bad_instant(text, span, "years go from 2000 to 2100", "年份应在 2000 到 2100 之间")
        clock = f" {local:%H:%M}" + (f":{second}" if second else "") + (f".{fraction}" if fraction else "")
        tidy = f"{local:%Y-%m-%d}" + (clock if hour else "") + (f" {zone}" if zone else "")
        if dash == "/" or len(month) < 2 or len(day) < 2 or (hour and len(hour) < 2) or len(fraction or "") > 3:
            return self._bad_instant(text, span, "write YYYY-MM-DD hh:mm", "格式为 YYYY-MM-DD hh:mm", tidy)
        return InstantLiteral(span, local, "+00:00" if zone in ("Z", "UTC") else zone or "", text)

    def _end_of_day(self, match: re.Match[str], text: str, span: Span) -> Bad:
        """24:00 is 00:00 of the next day."""
        try:
            day = date(int(match[1]), int(match[3]), int(match[4])) + timedelta(days=1)
        except ValueError:
            return self._bad_instant(text, span, "there is no such date or time", "没有这个日期或时刻")
        zone = f" {match[9]}" if match[9] else ""
        return self._bad_instant(
            text, span, "a day ends at 00:00 of the next", "一天结束于次日 00:00", f"{day} 00:00{zone}"
        )

    def _bad_instant(self, text: str, span: Span, why: str, why_zh: str, tidy: str = "") -> Bad:
        fix = Fix(span, tidy) if tidy else None
        self.report.add(
            "TR-205",
            span,
            suggestion=tidy or None,
            fix=fix,
            found=text,
            why=why,
            why_zh=why_zh,
            example="2027-02-10 10:00",
        )
        return Bad(span)

    def _fold(self, number: str, span: Span) -> PercentLiteral | Bad:
        value = self._digits(number, span)
        if value is None:
            return Bad(span)
        if not 0 < value < 10:
            # 88折 is how people say 8.8折.
            meant = f"{number[0]}.{number[1]}折" if re.fullmatch(r"[1-9][1-9]", number) else None
            self.report.add(
                "TR-210", span, suggestion=meant, fix=Fix(span, meant) if meant else None, found=f"{number}折"
            )
            return Bad(span)
        return PercentLiteral(span, value / 10, is_fold=True)

    def _known_unit(self, number: str, unit: str, parts: Sequence[tuple[str, str]], span: Span) -> bool:
        if unit in UNITS_MS:
            return True
        found = " ".join(n + u for n, u in parts)
        if unit in _CALENDAR:
            unit_en, unit_zh, days = _CALENDAR[unit]
            example = f"{int(Fraction(number.replace('_', '')) * days)}d"
            self.report.add(
                "TR-207", span, suggestion=example, found=found, unit=unit_en, unit_zh=unit_zh, example=example
            )
            return False
        fix = None
        if unit in _ALIASES:
            fix = " ".join(n + _ALIASES.get(u, u) for n, u in parts)
        elif len(parts) == 1 and (unit in _MONEY_UNITS or re.fullmatch(r"[A-Z]{3}", unit)):
            fix = f"{_MONEY_UNITS.get(unit, unit)} {number}"
        self.report.add(
            "TR-208", span, suggestion=fix, fix=Fix(span, fix) if fix else None, found=found, unit=unit or number
        )
        return False

    def _digits(self, text: str, span: Span, per: int = 1) -> Fraction | None:
        """The exact number, divided by `per`."""
        digits = text.replace("_", "")
        if len(digits) > DIGITS_MAX:
            self.report.add("TR-019", span, digits=len(digits.replace(".", "")), limit=DIGITS_MAX)
            return None
        # A Fraction reads a text by a regular expression, in three times the time.
        whole, _, part = digits.partition(".")
        return Fraction(int(whole + part), per * 10 ** len(part))
