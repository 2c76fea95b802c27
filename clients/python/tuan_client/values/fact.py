# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `fact.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from tuan_api.v1 import fact_pb2
from tuan_client.convert import (
    duration_to_message,
    time_to_message,
    without_none,
)
from tuan_client.values.money import Money


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that rules may ask about. `tuan rules vocab` lists all with their types."""

    name: str
    """Its name: "buyer.level"; of a line: "line.margin"."""
    truth: bool | None = None
    """For a boolean."""
    number: int | None = None
    """For a whole number."""
    text: str | None = None
    """For a text, a category or a choice."""
    money: Money | None = None
    """For money, in the currency of the order."""
    ratio: Ratio | None = None
    """For a percent."""
    time_lag: timedelta | None = None
    """For a duration."""
    instant_time: datetime | None = None
    """For an instant."""
    texts: FactTexts | None = None
    """For a list of texts."""

    def to_message(self) -> fact_pb2.Fact:
        return fact_pb2.Fact(
            name=self.name,
            money=None if self.money is None else self.money.to_message(),
            ratio=None if self.ratio is None else self.ratio.to_message(),
            time_lag=duration_to_message(self.time_lag),
            instant_time=time_to_message(self.instant_time),
            texts=None if self.texts is None else self.texts.to_message(),
            **without_none(truth=self.truth, number=self.number, text=self.text),
        )


@dataclass(frozen=True, slots=True)
class Ratio:
    """An exact ratio: 3/10 is 30 %."""

    denominator: int
    """Below the line, greater than 0."""
    numerator: int = 0
    """Above the line."""

    def to_message(self) -> fact_pb2.Ratio:
        return fact_pb2.Ratio(
            numerator=self.numerator,
            denominator=self.denominator,
        )

    @classmethod
    def from_message(cls, message: fact_pb2.Ratio) -> Ratio:
        return cls(
            numerator=message.numerator,
            denominator=message.denominator,
        )


@dataclass(frozen=True, slots=True)
class FactTexts:
    """Several texts."""

    texts: tuple[str, ...] = ()
    """At most as many as the fact declares."""

    def to_message(self) -> fact_pb2.FactTexts:
        return fact_pb2.FactTexts(
            texts=self.texts,
        )
