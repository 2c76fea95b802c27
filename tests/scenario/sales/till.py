"""A payment gateway for tests: its channel is a dict, its callbacks are whatever a test says, and it can refuse or stall."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tuan.plugin import (
    Payment,
    PaymentGateway,
    PaymentNotice,
    PaymentToken,
    Reason,
    Refund,
    RefundAnswer,
    RefundOutcome,
    TuanError,
)

CODE = "till"


class Till(PaymentGateway):
    """`collected` and `returned` are the channel's own books: minor units by transaction id and by refund id.

    `stalled` and `refused`: refund ids that are answered with PENDING, or refused for good; `refused_orders`: all refunds of these orders.
    """

    code = CODE

    def __init__(self) -> None:
        self.asked: dict[str, Payment] = {}
        self.collected: dict[str, int] = {}
        self.returned: dict[str, int] = {}
        self.stalled: set[str] = set()
        self.refused: set[str] = set()
        self.refused_orders: set[str] = set()

    @property
    def balance_minor(self) -> int:
        """What the merchant's account at the channel holds."""
        return sum(self.collected.values()) - sum(self.returned.values())

    def create(self, payment: Payment) -> PaymentToken:
        self.asked[payment.payment_id] = payment
        return PaymentToken(payment.payment_id)

    def callback(
        self, payment_id: str, transaction_id: str, amount_minor: int | None = None, currency: str = "", ok: bool = True
    ) -> bytes:
        """Money moves (once per transaction id), and this is the callback that says so."""
        payment = self.asked[payment_id]
        amount = payment.amount_minor if amount_minor is None else amount_minor
        if ok:
            self.collected.setdefault(transaction_id, amount)
        return json.dumps([transaction_id, payment_id, ok, amount, currency or payment.currency]).encode()

    def parse_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice:
        if headers.get("signature") == "forged":
            raise TuanError(Reason.PAYMENT_SIGNATURE_INVALID, "not from this till", gateway=CODE)
        transaction_id, payment_id, ok, amount, currency = json.loads(body)
        return PaymentNotice(CODE, transaction_id, payment_id, ok, amount, currency, 0)

    def query(self, payment: Payment) -> PaymentNotice | None:
        return None

    def refund(self, refund: Refund) -> RefundAnswer:
        if refund.refund_id in self.refused or refund.order_id in self.refused_orders:
            return RefundAnswer(RefundOutcome.REFUSED, "the account is closed")
        if refund.refund_id in self.stalled:
            return RefundAnswer(RefundOutcome.PENDING)
        self.returned.setdefault(refund.refund_id, refund.amount_minor)
        return RefundAnswer(RefundOutcome.SUCCEEDED)
