"""Payments, refunds and the ledger, in SQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from tuan.domain.ledger import LedgerTransaction
from tuan.domain.payment import Payment, PaymentNotice, PaymentState, Refund, RefundState


class Payments(Protocol):
    def put(self, payment: Payment) -> None: ...
    def get(self, payment_id: str) -> Payment | None: ...
    def by_request(self, caller: str, request_id: str) -> Payment | None: ...
    def set_state(self, payment_id: str, state: PaymentState, transaction_id: str = "") -> None: ...
    def put_notice(self, notice: PaymentNotice) -> bool:
        """The inbox: True when (gateway, transaction id) is new. Once committed, the gateway may be answered."""

    def notice(self, gateway: str, transaction_id: str) -> PaymentNotice | None: ...


class Refunds(Protocol):
    def put(self, refund: Refund) -> bool:
        """False when the refund id is there already."""

    def get(self, refund_id: str) -> Refund | None: ...
    def of_order(self, order_id: str) -> list[Refund]: ...
    def set_state(self, refund_id: str, state: RefundState, attempts: int, last_error: str = "") -> None: ...
    def set_restocked(self, refund_id: str) -> None: ...


class Ledger(Protocol):
    def post(self, transactions: Iterable[LedgerTransaction]) -> None:
        """Append; a (kind, reference) that is there already is skipped."""

    def balances(self, prefix: str = "") -> dict[tuple[str, str], int]:
        """(account, currency) -> sum of minor units."""
