# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `payment.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import payment_pb2
from tuan_client.convert import (
    WireEnum,
    time_from_message,
)
from tuan_client.values.money import Money


class PaymentState(WireEnum):
    """Where a payment is in its life."""

    UNSPECIFIED = 0
    """Never sent."""
    CREATED = 1
    """The gateway was asked; the buyer has not paid."""
    SUCCEEDED = 2
    """The money is there."""
    FAILED = 3
    """The gateway reported that it failed."""
    CLOSED = 4
    """Given up."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A request for money."""

    payment_id: str
    """Its id, time-sortable."""
    gateway: str
    """Code of the gateway plugin: "sandbox"."""
    state: PaymentState
    """Where it is in its life."""
    amount: Money
    """How much: the sum of the shares."""
    shares: tuple[PaymentShare, ...]
    """One per order, in the order of the request."""
    create_time: datetime
    """When it was created."""
    transaction_id: str = ""
    """The gateway's own id of the money's movement; empty before it is paid."""

    @classmethod
    def from_message(cls, message: payment_pb2.Payment) -> Payment:
        return cls(
            payment_id=message.payment_id,
            gateway=message.gateway,
            state=PaymentState(message.state),
            amount=Money.from_message(message.amount),
            shares=tuple(PaymentShare.from_message(item) for item in message.shares),
            transaction_id=message.transaction_id,
            create_time=time_from_message(message.create_time),
        )


@dataclass(frozen=True, slots=True)
class PaymentShare:
    """What a payment pays of one order."""

    order_id: str
    """The order."""
    amount_minor: int
    """In minor units of the payment's currency."""

    @classmethod
    def from_message(cls, message: payment_pb2.PaymentShare) -> PaymentShare:
        return cls(
            order_id=message.order_id,
            amount_minor=message.amount_minor,
        )


@dataclass(frozen=True, slots=True)
class CreatePaymentResponse:
    """What the buyer's app needs in order to pay."""

    payment: Payment
    """The payment."""
    gateway_token: str = ""
    """The gateway's token for its app or script; opaque."""
    gateway_url: str = ""
    """The gateway's page to send the buyer to; may be empty."""

    @classmethod
    def from_message(cls, message: payment_pb2.CreatePaymentResponse) -> CreatePaymentResponse:
        return cls(
            payment=Payment.from_message(message.payment),
            gateway_token=message.gateway_token,
            gateway_url=message.gateway_url,
        )


@dataclass(frozen=True, slots=True)
class DeliverNoticeResponse:
    """The notice is committed."""

    payment_id: str
    """The payment that it is about."""
    replayed: bool = False
    """True: this notice had been committed before."""

    @classmethod
    def from_message(cls, message: payment_pb2.DeliverNoticeResponse) -> DeliverNoticeResponse:
        return cls(
            payment_id=message.payment_id,
            replayed=message.replayed,
        )
