"""Values in words: money, percents, durations, what is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

from tuan.plugin import ActionOf, Credit, Gift, Grant, Points, PriceAction, RefundTo, RuleMoney, Text, shown_money
from tuan_group_buy.rule_text.phrases import LANGUAGES, PHRASES

_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000


@dataclass(frozen=True)
class Words:
    """What phrases and values are in one language. `titles` are names of what is granted, by kind and label; else the label is shown."""

    language: str
    zone: str
    titles: Mapping[tuple[str, str], Text] = field(default_factory=dict)

    def say(self, phrase: str, **values: object) -> str:
        """A phrase with its places filled."""
        return PHRASES[phrase][LANGUAGES.index(self.language)].format(**values)

    def money(self, money: RuleMoney) -> str:
        """`¥35.00`."""
        return shown_money(money.amount_minor, money.currency)

    def percent(self, ratio: Fraction) -> str:
        """Exact where two decimals hold it, else rounded down: what is promised is never more than what is given."""
        hundredths = ratio * 10_000 // 1
        text = f"{hundredths // 100}.{hundredths % 100:02}".rstrip("0").rstrip(".")
        return f"{text}%" if self.language == "zh" else f"{text} %"

    def price(self, price: PriceAction) -> str:
        """What a unit costs, by a price action."""
        if price.money is not None:
            shown = self.money(price.money)
            return shown if price.kind == "set" else self.say("price_off", money=shown)
        ratio = price.ratio or Fraction(0)
        return self.say("price_share", percent=self.percent(ratio if price.kind == "pay_ratio" else 1 - ratio))

    def counted(self, phrase: str, count: int) -> str:
        """`1 unit`, `2 units`."""
        one = f"{phrase}_one"
        return self.say(one if count == 1 and one in PHRASES else phrase, count=count)

    def duration(self, duration_ms: int) -> str:
        """In the largest measure that holds it whole; days from three on, for `24 hours` is how shops say it."""
        for phrase, measure_ms, least in (("day", _DAY, 3), ("hour", _HOUR, 1), ("minute", _MINUTE, 1)):
            if duration_ms % measure_ms == 0 and duration_ms >= least * measure_ms:
                return self.counted(phrase, duration_ms // measure_ms)
        return self.say("second", count=f"{duration_ms / _SECOND:g}")

    def moment(self, time_ms: int) -> str:
        """On the clock of the package's zone."""
        moment = datetime.fromtimestamp(time_ms / 1000, UTC).astimezone(ZoneInfo(self.zone))
        return moment.strftime("%Y-%m-%d %H:%M")

    def actions(self, actions: tuple[object, ...]) -> str:
        """What is done for somebody, one after the other."""
        said = [self._action(action) for action in actions]
        return self.say("and").join([self.say("comma").join(said[:-1]), said[-1]] if said[1:] else said)

    def _action(self, action: object) -> str:
        match action:
            case RefundTo(route=route):
                return self.say(f"refund_{route}")
            case Credit(money=money):
                return self.say("credit", money=self.money(money))
            case Points(points=points):
                return self.say("points", count=points)
            case Grant(reference=reference):
                title = self.titles.get((reference.kind, reference.label))
                return self.say("grant", name=title.in_language(self.language) if title else reference.label)
            case Gift(sku=sku, quantity=quantity):
                return self.say("gift", count=quantity, sku=sku)
            case ActionOf(name=name):
                return self.say("other", name=name)
        raise TypeError(f"no words for {action!r}")
