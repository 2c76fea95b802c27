# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `refund.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import refund_pb2
from tuan_client.convert import (
    WireEnum,
    time_from_message,
)
from tuan_client.values.money import Money


class RefundState(WireEnum):
    """Where a refund is in its life."""

    UNSPECIFIED = 0
    """Never sent."""
    REQUESTED = 1
    """Recorded; the gateway is asked, again and again with back-off, until it answers."""
    SUCCEEDED = 2
    """The money is back."""
    FAILED = 3
    """The gateway refused for good; an operator has to act."""


class RefundCause(WireEnum):
    """Why money goes back."""

    UNSPECIFIED = 0
    """Never sent."""
    BUYER = 1
    """The buyer asked."""
    LATE_PAYMENT = 2
    """Money came for an order that had ended and no longer fits."""
    DOUBLE_PAYMENT = 3
    """Money came for an order that another payment had paid."""
    AMOUNT_MISMATCH = 4
    """The gateway reported another amount or currency than was asked for."""
    MERCHANT = 5
    """The merchant decided."""
    GROUP_FAILED = 6
    """The group did not complete."""
    TIER_REBATE = 7
    """The price fell after it was paid, as a tiered group's does when it completes. The goods stay with the buyer: no units."""
    LOTTERY_LOST = 8
    """Others won the draw of the group."""


@dataclass(frozen=True, slots=True)
class RefundUnits:
    """Consecutive units of one line."""

    count: int
    """How many, at least 1."""
    line_index: int = 0
    """The line, from 0."""
    first: int | None = None
    """Number of the first unit, from 0. Unset: the first units that were not refunded yet."""

    def to_message(self) -> refund_pb2.RefundUnits:
        return refund_pb2.RefundUnits(
            line_index=self.line_index,
            first=self.first,
            count=self.count,
        )

    @classmethod
    def from_message(cls, message: refund_pb2.RefundUnits) -> RefundUnits:
        return cls(
            line_index=message.line_index,
            first=message.first if message.HasField("first") else None,
            count=message.count,
        )


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back, or back."""

    refund_id: str
    """Its id, time-sortable."""
    order_id: str
    """The order that it belongs to."""
    payment_id: str
    """The payment whose money goes back."""
    amount: Money
    """How much."""
    cause: RefundCause
    """Why."""
    state: RefundState
    """Where it is in its life."""
    create_time: datetime
    """When it was recorded."""
    units: tuple[RefundUnits, ...] = ()
    """For which units; empty where no goods are concerned (late, double or mismatched money)."""
    restocked: bool = False
    """True: the units are for sale again."""
    attempt_count: int = 0
    """How often the gateway was asked."""
    last_error: str = ""
    """What the gateway said last, when it was not yes."""

    @classmethod
    def from_message(cls, message: refund_pb2.Refund) -> Refund:
        return cls(
            refund_id=message.refund_id,
            order_id=message.order_id,
            payment_id=message.payment_id,
            amount=Money.from_message(message.amount),
            cause=RefundCause(message.cause),
            state=RefundState(message.state),
            units=tuple(RefundUnits.from_message(item) for item in message.units),
            restocked=message.restocked,
            attempt_count=message.attempt_count,
            last_error=message.last_error,
            create_time=time_from_message(message.create_time),
        )
