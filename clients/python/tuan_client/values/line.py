# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `line.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass

from tuan_api.v1 import line_pb2
from tuan_client.values.fact import Fact


@dataclass(frozen=True, slots=True)
class CartLine:
    """One line of a cart: so many units of one SKU."""

    sku: str
    """SKU code, 1 to 64 bytes."""
    quantity: int
    """Units, 1 to 1,000,000."""
    activity_id: str = ""
    """The activity (flash-sale session, group buy) in which it is bought. Empty: ordinary sale."""
    facts: tuple[Fact, ...] = ()
    """Facts of the line that rules ask about and the engine does not know, such as "line.margin". At most 64."""

    def to_message(self) -> line_pb2.CartLine:
        return line_pb2.CartLine(
            sku=self.sku,
            quantity=self.quantity,
            activity_id=self.activity_id,
            facts=[item.to_message() for item in self.facts],
        )


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One step of a line's price."""

    rule_id: str
    """The rule or activity that set it, as published."""
    amount_minor: int = 0
    """Minor units of the currency of what holds it, for the whole line. Negative lowers the price."""
    funded_by: str = ""
    """Who pays for it: "merchant" or "platform"."""
    note: str = ""
    """For a person: what applied."""

    @classmethod
    def from_message(cls, message: line_pb2.Adjustment) -> Adjustment:
        return cls(
            rule_id=message.rule_id,
            amount_minor=message.amount_minor,
            funded_by=message.funded_by,
            note=message.note,
        )
