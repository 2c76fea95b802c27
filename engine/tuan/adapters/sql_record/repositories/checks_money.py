"""Checks of the ledger, of orders against it, and of payments against orders."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Select, case, func, literal, or_, select

from tuan.adapters.sql_record.repositories.base import Repository
from tuan.adapters.sql_record.tables import ledger_entries, ledger_transactions, orders, payments
from tuan.ports import Mismatch

_CHANNEL = ledger_entries.c.account.startswith("channel:")
_SUSPENSE = ledger_entries.c.account.startswith("suspense:")


class MoneyChecks(Repository):
    def paid_twice(self) -> list[Mismatch]:
        overpaid = select(orders.c.order_id, orders.c.total_minor, orders.c.paid_minor).where(
            orders.c.paid_minor > orders.c.total_minor
        )
        overrefunded = select(orders.c.order_id, orders.c.paid_minor, orders.c.refunded_minor).where(
            orders.c.refunded_minor > orders.c.paid_minor
        )
        applied = func.sum(orders.c.paid_minor)
        overapplied = (
            select(payments.c.payment_id, payments.c.amount_minor, applied)
            .join(orders, orders.c.payment_id == payments.c.payment_id)
            .group_by(payments.c.payment_id, payments.c.amount_minor)
            .having(applied > payments.c.amount_minor)
        )
        return [*self._all(overpaid), *self._all(overrefunded), *self._all(overapplied)]

    def unbalanced(self) -> list[Mismatch]:
        entries = ledger_entries.c
        total = func.sum(entries.amount_minor)
        by_transaction = (
            select(entries.kind, entries.reference, entries.currency, total)
            .group_by(entries.kind, entries.reference, entries.currency)
            .having(total != 0)
        )
        by_currency = select(entries.currency, total).group_by(entries.currency).having(total != 0)
        found = [
            Mismatch(f"{kind} {reference} {currency}", 0, int(amount))
            for kind, reference, currency, amount in self._connection.execute(by_transaction)
        ]
        return found + [
            Mismatch(currency, 0, int(amount)) for currency, amount in self._connection.execute(by_currency)
        ]

    def channels(self) -> list[Mismatch]:
        """Suspense accounts are credited, so what belongs to nobody yet is their negative sum."""
        held = self._by_currency(
            select(ledger_entries.c.currency, func.sum(ledger_entries.c.amount_minor)).where(_CHANNEL)
        )
        nobodys = self._by_currency(
            select(ledger_entries.c.currency, func.sum(ledger_entries.c.amount_minor)).where(_SUSPENSE)
        )
        kept = self._by_currency(select(orders.c.currency, func.sum(orders.c.paid_minor - orders.c.refunded_minor)))
        expected = {
            currency: kept.get(currency, 0) - nobodys.get(currency, 0) for currency in kept.keys() | nobodys.keys()
        }
        return Mismatch.between(expected, held)

    def order_books(self) -> list[Mismatch]:
        entries, transactions = ledger_entries.c, ledger_transactions.c
        sold = func.sum(case((entries.kind == "sale", entries.amount_minor), else_=0)).label("sold")
        back = func.sum(case((entries.kind == "refund", -entries.amount_minor), else_=0)).label("back")
        books = (
            select(transactions.order_id, sold, back)
            .join(ledger_entries, (entries.kind == transactions.kind) & (entries.reference == transactions.reference))
            .where(_CHANNEL, entries.kind.in_(("sale", "refund")))
            .group_by(transactions.order_id)
            .subquery()
        )
        paid = select(orders.c.order_id, orders.c.paid_minor, func.coalesce(books.c.sold, 0)).outerjoin(
            books, books.c.order_id == orders.c.order_id
        )
        refunded = select(orders.c.order_id, orders.c.refunded_minor, func.coalesce(books.c.back, 0)).outerjoin(
            books, books.c.order_id == orders.c.order_id
        )
        strangers = (
            select(books.c.order_id, literal(0), books.c.sold - books.c.back)
            .outerjoin(orders, orders.c.order_id == books.c.order_id)
            .where(orders.c.order_id.is_(None), or_(books.c.sold != 0, books.c.back != 0))
        )
        return [
            *self._all(paid.where(orders.c.paid_minor != func.coalesce(books.c.sold, 0))),
            *self._all(refunded.where(orders.c.refunded_minor != func.coalesce(books.c.back, 0))),
            *self._all(strangers),
        ]

    def _all(self, query: Select[Any]) -> list[Mismatch]:
        rows = self._connection.execute(query)
        return [Mismatch(subject, int(expected), int(found)) for subject, expected, found in rows]

    def _by_currency(self, query: Select[Any]) -> dict[str, int]:
        currency = query.selected_columns[0]
        return {name: int(amount) for name, amount in self._connection.execute(query.group_by(currency))}
