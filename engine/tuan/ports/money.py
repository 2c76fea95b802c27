"""Payments, refunds and the ledger, in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from tuan.domain.ledger import LedgerTransaction
from tuan.domain.payment import Payment, PaymentNotice, PaymentState, Refund, RefundState


class Payments(Protocol):
    def put(self, *new: Payment) -> None:
        """Storing the same payment again has no effect; REQUEST_ID_REUSED when the request made another one."""

    def get(self, payment_id: str) -> Payment | None: ...
    def many(self, payment_ids: Sequence[str]) -> list[Payment]:
        """Those that exist, in any order."""

    def by_requests(self, keys: Sequence[tuple[str, str]]) -> list[Payment]:
        """Those that a (caller, request id) has made, in any order."""

    def set_state(self, payment_id: str, state: PaymentState, transaction_id: str = "") -> None: ...
    def decide(self, decided: Sequence[Payment]) -> None:
        """State and transaction id of payments that were read in this very transaction."""

    def put_notices(self, new: Sequence[PaymentNotice]) -> list[bool]:
        """The inbox: True for each whose (gateway, transaction id) is new. Once committed, the gateway may be answered."""

    def notice(self, gateway: str, transaction_id: str) -> PaymentNotice | None: ...
    def notices(self, keys: Sequence[tuple[str, str]]) -> list[PaymentNotice]:
        """Those of (gateway, transaction id) that are in the inbox, in any order."""


class Refunds(Protocol):
    def put(self, refund: Refund) -> bool:
        """False when the refund id is there already."""

    def get(self, refund_id: str) -> Refund | None: ...
    def known(self, refund_ids: Sequence[str]) -> set[str]:
        """Those that are there already."""

    def of_order(self, order_id: str) -> list[Refund]: ...
    def set_state(self, refund_id: str, state: RefundState, attempts: int, last_error: str = "") -> None: ...
    def set_restocked(self, refund_id: str) -> None: ...


class Ledger(Protocol):
    def post(self, transactions: Iterable[LedgerTransaction]) -> None:
        """Append; a (kind, reference) that is there already is skipped."""

    def balances(self, prefix: str = "") -> dict[tuple[str, str], int]:
        """(account, currency) -> sum of minor units."""
