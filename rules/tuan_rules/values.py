"""The values that typed fields hold after the check: exact, immutable, without any reference to source text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from tuan_rules.facts import MONEY, Per
from tuan_rules.schedule import any_day, occurrences_on, on_day_of_month, on_weekdays
from tuan_rules.typing.tree import FactOf

if TYPE_CHECKING:
    from tuan_rules.schema import Field

#: A percent is an exact ratio: `12.5%` is Fraction(1, 8), `9.8折` (pay 98 %) is Fraction(49, 50).
Ratio = Fraction


@dataclass(frozen=True, slots=True)
class Money:
    """`amount_minor` minor units (fen, cents) of `currency` (ISO 4217)."""

    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Instant:
    """Milliseconds since 1970-01-01 UTC, and the text that the merchant wrote."""

    time_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open: `start_ms` belongs to it, `end_ms` does not."""

    start_ms: int
    end_ms: int

    def __contains__(self, time_ms: int) -> bool:
        return self.start_ms <= time_ms < self.end_ms

    def intersection(self, other: Window) -> Window | None:
        """What lies in both, or None."""
        start, end = max(self.start_ms, other.start_ms), min(self.end_ms, other.end_ms)
        return Window(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Daily:
    """Every day at these local times (minutes since midnight, ascending), for `for_ms` of elapsed time."""

    at_minutes: tuple[int, ...]
    for_ms: int

    def occurrences(self, window: Window, zone: str) -> list[Window]:
        """The sessions inside `window`, in order, clipped to it, never overlapping; `zone` is an IANA name.

        A local time in a daylight-saving gap starts at the first valid instant after it, one in an overlap at its
        first occurrence; the length is elapsed time (RULES.md, "Types").
        """
        spans = occurrences_on(any_day, self.at_minutes, self.for_ms, window.start_ms, window.end_ms, zone)
        return [Window(start, end) for start, end in spans]


@dataclass(frozen=True, slots=True)
class Weekly:
    """On these days of the week (Monday is 0, ascending) at these local times, for `for_ms` of elapsed time."""

    weekdays: tuple[int, ...]
    at_minutes: tuple[int, ...]
    for_ms: int

    def occurrences(self, window: Window, zone: str) -> list[Window]:
        """As `Daily.occurrences`."""
        fits = on_weekdays(self.weekdays)
        spans = occurrences_on(fits, self.at_minutes, self.for_ms, window.start_ms, window.end_ms, zone)
        return [Window(start, end) for start, end in spans]


@dataclass(frozen=True, slots=True)
class Monthly:
    """On this day of each month at these local times, for `for_ms` of elapsed time.

    `end_of_month`: in a month without that day it is the last one, or the month is skipped.
    """

    day: int
    at_minutes: tuple[int, ...]
    for_ms: int
    end_of_month: Literal["last", "skip"] = "skip"

    def occurrences(self, window: Window, zone: str) -> list[Window]:
        """As `Daily.occurrences`."""
        fits = on_day_of_month(self.day, last_instead=self.end_of_month == "last")
        spans = occurrences_on(fits, self.at_minutes, self.for_ms, window.start_ms, window.end_ms, zone)
        return [Window(start, end) for start, end in spans]


#: When something recurs.
Schedule = Daily | Weekly | Monthly


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `quantity` per `subject` (`buyer`, `device`, `address`), per `window_ms` where it is given."""

    quantity: int
    subject: str
    window_ms: int | None = None


@dataclass(frozen=True, slots=True)
class PriceAction:
    """`set(¥29.90)`, `off(¥10)`: with `money`; `off(12%)`, `pay(88%)`: with `ratio`."""

    kind: Literal["set", "off_amount", "off_ratio", "pay_ratio"]
    money: Money | None = None
    ratio: Fraction | None = None

    def price_of(self, base_minor: int) -> Fraction:
        """The exact price, in minor units, that this makes of `base_minor`: neither rounded nor clamped at zero."""
        match self.kind:
            case "set" if self.money is not None:
                return Fraction(self.money.amount_minor)
            case "off_amount" if self.money is not None:
                return Fraction(base_minor - self.money.amount_minor)
            case "off_ratio" if self.ratio is not None:
                return base_minor * (1 - self.ratio)
            case "pay_ratio" if self.ratio is not None:
                return base_minor * self.ratio
        raise ValueError(f"a {self.kind} price action without its operand")


@dataclass(frozen=True, slots=True)
class ShareOf:
    """`90% of sku.available`: a ratio of a named fact."""

    ratio: Fraction
    fact: str


@dataclass(frozen=True, slots=True)
class SkuSet:
    """Goods by SKU (`line.sku in [...]`) or by category and everything below it (`line.category under "..."`)."""

    skus: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """`commission "share"`: another block, by its kind and label."""

    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class Text:
    """Words for people: one text, or one per language (`{ zh: "...", en: "..." }`; `default` is the first)."""

    default: str
    translations: Mapping[str, str] = field(default_factory=dict)

    def in_language(self, language: str) -> str:
        """The text in that language, else the default one."""
        return self.translations.get(language, self.default)

    def __str__(self) -> str:
        return self.default


@dataclass(frozen=True, slots=True)
class Computed:
    """`off(...)` or `set(...)` of an amount that is worked out; `amount` is its typed expression (`tuan_rules.typing.tree`)."""

    kind: Literal["set", "off_amount"]
    amount: Any


@dataclass(frozen=True, slots=True)
class Tiers:
    """`[¥200 => off(¥20), ¥400 => off(¥50)]`, `[3 => pay(90%)]`: the last step that is reached counts.

    `by` says what is measured: minor units of the stack's base, or units.
    """

    by: Literal["amount", "units"]
    steps: tuple[tuple[int, PriceAction], ...]


@dataclass(frozen=True, slots=True)
class Every:
    """`every(¥300, off(¥50), most: 3)`: so much off for each full `amount_minor`, `most` times at most."""

    amount_minor: int
    off_minor: int
    most: int | None = None


@dataclass(frozen=True, slots=True)
class BuyGet:
    """`buy(2, get: 1, off: 100%)`: of each `buy + get` units, the `get` cheapest cost so much less."""

    buy: int
    get: int
    off: Fraction = Fraction(1)


@dataclass(frozen=True, slots=True)
class Gift:
    """`gift("G1", qty: 1)`: units of another SKU come along at no price."""

    sku: str
    quantity: int = 1


#: What a price rule gives.
Give = PriceAction | Computed | Tiers | Every | BuyGet | Gift


@dataclass(frozen=True, slots=True)
class Cap:
    """`¥50.00 per order`: the most that a rule takes off in all lines together, or in one. `amount` is a typed expression."""

    amount: Any
    per: Literal["order", "line"]


def cap_of(fact: str) -> Cap:
    """A cap per order that is a fact: `cap_of("points.value")`, for the default of a field."""
    record, _, name = fact.partition(".")
    return Cap(FactOf(MONEY, record, name, Per.CART), "order")


@dataclass(frozen=True, slots=True)
class Credit:
    """`credit(¥2.00)`: so much onto the wallet."""

    money: Money


@dataclass(frozen=True, slots=True)
class Points:
    """`points(100)`."""

    points: int


@dataclass(frozen=True, slots=True)
class Grant:
    """`grant(coupon "care-5")`: one of what a block or an engine's template describes."""

    reference: Reference


@dataclass(frozen=True, slots=True)
class RefundTo:
    """`refund(route: original)`: everything that was paid goes back, by the way it came or onto the wallet."""

    route: Literal["original", "wallet"]


@dataclass(frozen=True, slots=True)
class ActionOf:
    """`raffle_ticket(3)`: an action that a plugin declares (`tuan_rules.Action`), with the value of each of its parameters."""

    name: str
    arguments: Mapping[str, object]
    parameters: tuple[Field, ...] = field(default=(), compare=False, repr=False)


#: What is done for somebody; `a then b` is a tuple of them.
AnyAction = Credit | Points | Grant | RefundTo | Gift | ActionOf


@dataclass(frozen=True, slots=True)
class VerdictOf:
    """`deny(code: "R-101")`, `allow`: what a risk block answers. `code` is shown to people who ask why; empty: none."""

    kind: Literal["allow", "challenge", "review", "deny"]
    code: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """`monthly(day: 10, after: 7d)`: on that day of each month what has been final for `after_ms` is settled."""

    day: int
    after_ms: int
    end_of_month: Literal["last", "skip"] = "last"
