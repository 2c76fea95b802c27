"""Facts that callers hand over, checked against the vocabulary: a misspelt one is refused, never a condition that nobody meets."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct

from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan_rules.facts import Base, Fact, FactRecord, Per

FACTS_MAX = 64
TEXT_BYTES_MAX = 256

#: What the engine knows better than any caller; the rest of the vocabulary may be handed over.
KNOWN_BY_ENGINE = frozenset(
    {
        "buyer.id", "buyer.region", "cart.subtotal", "cart.units", "cart.lines", "cart.shipping", "cart.channel", "cart.time",
        "cart.coupons", "device.id",
        "line.sku", "line.category", "line.qty", "line.list", "line.amount", "line.activity",
    }
)  # fmt: skip

_KINDS = {
    Base.BOOLEAN: "flag",
    Base.INTEGER: "number",
    Base.TEXT: "text",
    Base.CATEGORY: "text",
    Base.CHOICE: "text",
    Base.MONEY: "money",
    Base.PERCENT: "ratio",
    Base.DURATION: "duration",
    Base.INSTANT: "instant_time",
    Base.LIST: "texts",
}


class GivenFact(Struct, frozen=True, gc=False):
    """A fact as it came. `value` by `kind`: flag bool, number int, text str, money (currency, minor units), ratio "3/10", duration
    and instant_time int of milliseconds, texts tuple of str."""

    name: str
    kind: str
    value: Any


#: Facts by record and name, in plain values: what rules read, and what the order keeps.
Facts = dict[str, dict[str, Any]]


class FactReader:
    """`records`: the vocabulary's facts. `known`: those that promotions look up themselves (`Registry.known_facts`)."""

    def __init__(self, records: Mapping[str, FactRecord], known: Collection[str] = ()) -> None:
        self._engine_knows = KNOWN_BY_ENGINE.union(known)
        self._known: dict[Per, dict[str, tuple[str, Fact]]] = {Per.CART: {}, Per.LINE: {}}
        for record in records.values():
            for fact in record.facts:
                name = f"{record.name}.{fact.name}"
                takes_rows = fact.type.item is not None and fact.type.item.base is Base.RECORD
                if fact.priced:
                    self._engine_knows |= {name}
                elif name not in self._engine_knows and not takes_rows:
                    self._known[record.per][name] = (record.name, fact)

    def of_cart(self, facts: Sequence[GivenFact], currency: str) -> Facts:
        """Raises InvalidValue for the first that is wrong, CURRENCY_MISMATCH for money in another currency."""
        return self._read(facts, Per.CART, currency, "facts")

    def of_line(self, facts: Sequence[GivenFact], currency: str, line_index: int) -> dict[str, Any]:
        """The facts of one line, by name; raises what `of_cart` does."""
        return self._read(facts, Per.LINE, currency, f"lines[{line_index}].facts").get("line", {})

    def _read(self, facts: Sequence[GivenFact], per: Per, currency: str, field: str) -> Facts:
        if len(facts) > FACTS_MAX:
            raise InvalidValue(field, f"{len(facts)} facts; send at most {FACTS_MAX}")
        found: Facts = {}
        for index, given in enumerate(facts):
            place = f"{field}[{index}]"
            known = self._known[per].get(given.name)
            if known is None:
                raise InvalidValue(f"{place}.name", self._unknown(given.name, per))
            record, fact = known
            values = found.setdefault(record, {})
            if fact.name in values:
                raise InvalidValue(f"{place}.name", f"{given.name} is there twice")
            values[fact.name] = _value(given, fact, currency, place)
        return found

    def _unknown(self, name: str, per: Per) -> str:
        if name in self._engine_knows:
            return f"{name} is known to the engine; leave it out"
        other = Per.LINE if per is Per.CART else Per.CART
        if name in self._known[other]:
            return f"{name} is a fact of {'a line' if other is Per.LINE else 'the order'}; send it there"
        near = difflib.get_close_matches(name[:100], sorted(self._known[per]), n=1, cutoff=0.6)
        hint = f"; did you mean {near[0]}?" if near else "; `tuan rules vocab` lists them"
        return f"there is no fact {name[:100]!r}{hint}"


def _value(given: GivenFact, fact: Fact, currency: str, place: str) -> Any:
    wanted = _KINDS.get(fact.type.base)
    if given.kind != wanted:
        raise InvalidValue(
            place, f"{given.name} is a {fact.type}; set `{wanted}` instead of `{given.kind or 'nothing'}`"
        )
    value = given.value
    if given.kind == "money":
        expected = fact.type.currency or currency
        if value[0] != expected:
            raise TuanError(
                Reason.CURRENCY_MISMATCH, f"{place}.money is in {value[0]!r}, not in {expected}", expected=expected, actual=value[0]
            )  # fmt: skip
        return value[1]
    texts = value if given.kind == "texts" else (value,) if given.kind == "text" else ()
    if len(texts) > max(fact.type.max_items, 1):
        raise InvalidValue(place, f"{len(texts)} texts; {given.name} has at most {fact.type.max_items}")
    for text in texts:
        if len(text.encode()) > TEXT_BYTES_MAX or not text.isprintable():
            raise InvalidValue(place, f"texts are printable and at most {TEXT_BYTES_MAX} bytes long")
    if fact.type.names and value not in fact.type.names:
        raise InvalidValue(place, f"{given.name} is one of {', '.join(fact.type.names)}, not {value!r}")
    return value
