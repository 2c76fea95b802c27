# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `money.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass

from tuan_api.v1 import money_pb2


@dataclass(frozen=True, slots=True)
class Money:
    """An exact amount of money."""

    currency_code: str
    """ISO 4217 code, three capital letters: "CNY"."""
    amount_minor: int = 0
    """Whole number of minor units of the currency (fen, cents, pence): 3500 is 35.00 CNY, and 3500 JPY. May be negative where
    the field that holds it says so.
    """

    def to_message(self) -> money_pb2.Money:
        return money_pb2.Money(
            currency_code=self.currency_code,
            amount_minor=self.amount_minor,
        )

    @classmethod
    def from_message(cls, message: money_pb2.Money) -> Money:
        return cls(
            currency_code=message.currency_code,
            amount_minor=message.amount_minor,
        )
