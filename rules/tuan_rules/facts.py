"""What rules may ask about: records of facts with their types, as plugins declare them.

A fact that is not declared cannot be named in a rule: a misspelt one is an error, never a condition that lets everybody pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tuan_rules.aliases import Alias


class Base(StrEnum):
    """The families of value; the names are those that diagnostics and docs show."""

    MONEY = "money"
    AMOUNT = "exact amount"
    PERCENT = "percent"
    INTEGER = "whole number"
    DURATION = "duration"
    INSTANT = "instant"
    WINDOW = "window"
    BOOLEAN = "boolean"
    TEXT = "text"
    CATEGORY = "category"
    CHOICE = "choice"
    LIST = "list"
    RECORD = "record"


class Per(StrEnum):
    """How often a record occurs in a cart: once, or once in every line."""

    CART = "cart"
    LINE = "line"


@dataclass(frozen=True, slots=True)
class Type:
    """The type of a value. Use the constants and makers below.

    `item` and `max_items` are those of a list, `names` the words of a choice, `facts` the fields of a record, `currency` that of
    money where it is not the package's. `optional`: the value may be missing, and has to be discharged by `??` or `is set`.
    """

    base: Base
    optional: bool = False
    item: Type | None = None
    max_items: int = 0
    names: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    currency: str = ""

    def __str__(self) -> str:
        text = f"list of {self.item}" if self.item is not None else str(self.base)
        if self.currency:
            text += f"[{self.currency}]"
        return text + "?" * self.optional


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that rules may ask about. How values are handed over, see `tuan_rules.pricing.cart`.

    `priced`: it comes of the price, so that only what comes after it may ask for it.
    """

    name: str
    type: Type
    doc: str
    priced: bool = False
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True)
class FactRecord:
    """Facts that belong together: `buyer`, `line`. `per` LINE: there is one in every line of a cart."""

    name: str
    doc: str
    facts: tuple[Fact, ...]
    per: Per = Per.CART
    aliases: tuple[Alias, ...] = ()

    def fact(self, name: str) -> Fact | None:
        """The fact of that name, if the record has it."""
        return next((fact for fact in self.facts if fact.name == name), None)


@dataclass(frozen=True, slots=True)
class EventName:
    """Something that happens and can be counted or judged: `flash_sale.join`. Counters may name it by its last word, `join`."""

    name: str
    doc: str
    aliases: tuple[Alias, ...] = ()


#: Facts of counters are filed under this name, which no rule can write.
COUNTERS = "#counter"


@dataclass(frozen=True, slots=True, order=True)
class Counter:
    """How often an event happened to a subject in the last `window_ms`: `count(join) by device within 10min`.

    Rules never count themselves: whoever asks them looks at `PackagePlan.counters`, fetches all in one batch, and hands them over as
    `facts[COUNTERS][counter.name]`.
    """

    event: str
    by: str
    window_ms: int

    @property
    def name(self) -> str:
        """The fact's name; names of events and subjects have no blanks."""
        return f"{self.event} by {self.by} within {self.window_ms}ms"

    def __str__(self) -> str:
        return f"count({self.event}) by {self.by} within {self.window_ms}ms"

    @classmethod
    def of_name(cls, name: str) -> Counter:
        """The counter of a fact's name."""
        event, _, by, _, window = name.split(" ")
        return cls(event, by, int(window.removesuffix("ms")))


def fact_text(record: str, name: str) -> str:
    """A fact as rules name it: `buyer.level`, or a counter."""
    return str(Counter.of_name(name)) if record == COUNTERS else f"{record}.{name}"


MONEY = Type(Base.MONEY)
PERCENT = Type(Base.PERCENT)
INTEGER = Type(Base.INTEGER)
DURATION = Type(Base.DURATION)
INSTANT = Type(Base.INSTANT)
BOOLEAN = Type(Base.BOOLEAN)
TEXT = Type(Base.TEXT)
#: A path such as `fresh/fruit`; `x under "fresh"` asks whether it is that category or below it.
CATEGORY = Type(Base.CATEGORY)
AMOUNT = Type(Base.AMOUNT)
WINDOW = Type(Base.WINDOW)

#: A list of more could not be bounded in cost; facts of that kind are counted before and handed over as a number.
ITEMS_MAX = 1_000


def CHOICE(*names: str) -> Type:
    """One of these words, which rules write without quotation marks."""
    return Type(Base.CHOICE, names=names)


def LIST(item: Type, max_items: int) -> Type:
    """At most `max_items` values; the maximum is what the cost of a rule is bounded by. Raises ValueError without one."""
    if not 1 <= max_items <= ITEMS_MAX:
        raise ValueError(f"a list of facts has a maximum of 1 to {ITEMS_MAX} items, not {max_items}")
    return Type(Base.LIST, item=item, max_items=max_items)


def RECORDS(max_items: int, *facts: Fact) -> Type:
    """A list of records, such as the members of a group, with these fields."""
    return LIST(Type(Base.RECORD, facts=facts), max_items)


def OPTIONAL(type_: Type) -> Type:
    """May be missing: a rule says what then, by `??` or `is set`."""
    return Type(type_.base, True, type_.item, type_.max_items, type_.names, type_.facts, type_.currency)
