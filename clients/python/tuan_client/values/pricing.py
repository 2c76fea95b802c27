# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `pricing.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import pricing_pb2
from tuan_client.convert import (
    time_from_message,
)
from tuan_client.values.fact import Fact
from tuan_client.values.line import Adjustment, CartLine
from tuan_client.values.money import Money


@dataclass(frozen=True, slots=True)
class QuoteRequest:
    """Asks for a price."""

    currency_code: str
    """Currency of the answer, ISO 4217."""
    lines: tuple[CartLine, ...]
    """1 to 1,000 lines."""
    buyer_id: str = ""
    """Pseudonym of the buyer, at most 64 bytes; empty: anybody."""
    region: str = ""
    """Region code for regional prices, at most 64 bytes; may be empty."""
    channel: str = ""
    """Sales channel ("app", "mini_program"), at most 64 bytes; may be empty."""
    facts: tuple[Fact, ...] = ()
    """Facts that rules ask about and the engine does not know, such as "buyer.level". At most 64. Only for keys of applications:
    buyers do not say themselves how good a customer they are.
    """
    shipping: Money | None = None
    """What shipping costs before promotions, in the same currency; left out: nothing."""
    coupon_ids: tuple[str, ...] = ()
    """Coupons to price with: ids of the buyer's collected coupons, or codes; at most 20."""
    points: int = 0
    """Price with at most so many of the buyer's points."""

    def to_message(self) -> pricing_pb2.QuoteRequest:
        return pricing_pb2.QuoteRequest(
            buyer_id=self.buyer_id,
            currency_code=self.currency_code,
            lines=[item.to_message() for item in self.lines],
            region=self.region,
            channel=self.channel,
            facts=[item.to_message() for item in self.facts],
            shipping=None if self.shipping is None else self.shipping.to_message(),
            coupon_ids=self.coupon_ids,
            points=self.points,
        )


@dataclass(frozen=True, slots=True)
class QuoteResponse:
    """The price of a cart."""

    list_total: Money
    """Sum of the lines at list price."""
    total: Money
    """What would be paid."""
    quote_time: datetime
    """The instant that the price is for."""
    lines: tuple[QuoteLine, ...] = ()
    """In the order of the request."""
    ruleset_hash: str = ""
    """Names the price rules that were in force."""
    shipping: QuoteLine | None = None
    """What shipping would cost, with its steps; left out where the request named no cost. Part of `list_total` and `total`."""
    gifts: tuple[QuoteLine, ...] = ()
    """What would come along for nothing, while stocks last."""

    @classmethod
    def from_message(cls, message: pricing_pb2.QuoteResponse) -> QuoteResponse:
        return cls(
            lines=tuple(QuoteLine.from_message(item) for item in message.lines),
            list_total=Money.from_message(message.list_total),
            total=Money.from_message(message.total),
            ruleset_hash=message.ruleset_hash,
            quote_time=time_from_message(message.quote_time),
            shipping=QuoteLine.from_message(message.shipping) if message.HasField("shipping") else None,
            gifts=tuple(QuoteLine.from_message(item) for item in message.gifts),
        )


@dataclass(frozen=True, slots=True)
class QuoteLine:
    """The price of one line, in minor units of the quote's currency."""

    sku: str
    """SKU code."""
    quantity: int
    """Units."""
    line_index: int = 0
    """Place in the request, from 0."""
    list_unit_minor: int = 0
    """List price of one unit."""
    total_minor: int = 0
    """What the whole line would cost."""
    adjustments: tuple[Adjustment, ...] = ()
    """Steps from list price to total, in the order of application; they sum to total less list."""
    explanation: tuple[str, ...] = ()
    """For a person: what applied, what did not, and why."""

    @classmethod
    def from_message(cls, message: pricing_pb2.QuoteLine) -> QuoteLine:
        return cls(
            line_index=message.line_index,
            sku=message.sku,
            quantity=message.quantity,
            list_unit_minor=message.list_unit_minor,
            total_minor=message.total_minor,
            adjustments=tuple(Adjustment.from_message(item) for item in message.adjustments),
            explanation=tuple(message.explanation),
        )
