"""The `Ledger` port; append-only by trigger."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select

from tuan.adapters.sql_record.repositories.base import Repository
from tuan.adapters.sql_record.tables import ledger_entries, ledger_transactions
from tuan.domain.ledger import LedgerTransaction


class SqlLedger(Repository):
    def post(self, transactions: Iterable[LedgerTransaction]) -> None:
        for transaction in transactions:
            if self._insert_new(ledger_transactions, transaction_row(transaction)) and transaction.entries:
                self._connection.execute(ledger_entries.insert(), entry_rows(transaction))

    def balances(self, prefix: str = "") -> dict[tuple[str, str], int]:
        query = select(
            ledger_entries.c.account, ledger_entries.c.currency, func.sum(ledger_entries.c.amount_minor)
        ).group_by(ledger_entries.c.account, ledger_entries.c.currency)
        if prefix:
            query = query.where(ledger_entries.c.account.startswith(prefix, autoescape=True))
        rows = self._connection.execute(query)
        return {(account, currency): int(amount) for account, currency, amount in rows}


def transaction_row(transaction: LedgerTransaction) -> dict[str, Any]:
    return {
        "kind": transaction.kind,
        "reference": transaction.reference,
        "order_id": transaction.order_id,
        "currency": transaction.currency,
        "time_ms": transaction.time_ms,
    }


def entry_rows(transaction: LedgerTransaction) -> list[dict[str, Any]]:
    return [
        {
            "kind": transaction.kind,
            "reference": transaction.reference,
            "entry_index": index,
            "account": entry.account,
            "currency": transaction.currency,
            "amount_minor": entry.amount_minor,
        }
        for index, entry in enumerate(transaction.entries)
    ]
