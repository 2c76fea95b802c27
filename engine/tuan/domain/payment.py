"""Payments and refunds: what is asked of a gateway, what it reported, what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PaymentState(StrEnum):
    CREATED = "created"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CLOSED = "closed"


class RefundState(StrEnum):
    REQUESTED = "requested"
    """Recorded; a job will ask the gateway, again and again with back-off, until it answers."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    """The gateway refused for good; shown to operators, retried by hand."""


class RefundCause(StrEnum):
    BUYER = "buyer"
    LATE_PAYMENT = "late_payment"
    """Money for an order that had ended and no longer fits."""
    DOUBLE_PAYMENT = "double_payment"
    """Money for an order that another payment had paid."""
    AMOUNT_MISMATCH = "amount_mismatch"
    """The gateway reported another amount or currency than was asked."""
    MERCHANT = "merchant"
    GROUP_FAILED = "group_failed"
    LOTTERY_LOST = "lottery_lost"
    TIER_REBATE = "tier_rebate"
    """The price fell after it was paid; the goods stay with their buyer."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A request for money, over one order or many. `shares`: (order_id, amount_minor) in order; they sum to the amount."""

    payment_id: str
    caller: str
    request_id: str
    gateway: str
    currency: str
    amount_minor: int
    shares: tuple[tuple[str, int], ...]
    state: PaymentState
    create_time_ms: int
    transaction_id: str = ""


@dataclass(frozen=True, slots=True)
class PaymentNotice:
    """A gateway's word that money moved (or not), parsed and its signature checked by the gateway plugin.

    (gateway, transaction_id) is applied once, whatever the order and number of callbacks.
    """

    gateway: str
    transaction_id: str
    payment_id: str
    succeeded: bool
    amount_minor: int
    currency: str
    gateway_time_ms: int


@dataclass(frozen=True, slots=True)
class PaymentApplied:
    """The body of a confirm intent (and of a reinstating reserve): the money that made an order's reservation final.

    `amount_minor`: this order's share of the payment. `time_ms`: when the engine applied it.
    """

    order_id: str
    payment_id: str
    gateway: str
    transaction_id: str
    amount_minor: int
    time_ms: int


@dataclass(frozen=True, slots=True)
class RefundUnits:
    """`count` units of line `line_index`, numbered from `first`."""

    line_index: int
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Refund:
    """Money back by the original route. `units` is empty when no goods are concerned (late, double, mismatched money)."""

    refund_id: str
    order_id: str
    payment_id: str
    gateway: str
    transaction_id: str
    currency: str
    amount_minor: int
    cause: RefundCause
    state: RefundState
    units: tuple[RefundUnits, ...]
    create_time_ms: int
    request_id: str = ""
    attempts: int = 0
    restocked: bool = False
    last_error: str = ""
