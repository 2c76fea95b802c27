"""The `Payments` port: payments and the inbox of their notices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import BindParameter, Row, bindparam, select, update

from tuan.adapters.sql_record.repositories.base import Repository, row_of
from tuan.adapters.sql_record.tables import payment_notices, payments
from tuan.domain.errors import Reason, TuanError
from tuan.domain.payment import Payment, PaymentNotice, PaymentState

# Made once: SQLAlchemy takes longer to build a statement than SQLite to run it.
_KEYS: BindParameter[Any] = bindparam("keys", expanding=True)
_PAYMENTS = select(*(payments.c[each.name] for each in fields(Payment)))
_BY_ID = _PAYMENTS.where(payments.c.payment_id.in_(_KEYS))
_BY_REQUEST = _PAYMENTS.where(payments.c.caller == bindparam("first"), payments.c.request_id.in_(_KEYS))
_NOTICES = select(*(payment_notices.c[each.name] for each in fields(PaymentNotice))).where(
    payment_notices.c.gateway == bindparam("first"), payment_notices.c.transaction_id.in_(_KEYS)
)
_DECIDE = update(payments).where(payments.c.payment_id == bindparam("decided_id"))


class SqlPayments(Repository):
    def put(self, *new: Payment) -> None:
        rows = [row_of(payment, state=payment.state.value) for payment in new]
        if self._insert_new_rows(payments, rows) == len(rows):
            return
        stored = {payment.payment_id for payment in self.many([payment.payment_id for payment in new])}
        for payment in new:
            if payment.payment_id not in stored:
                raise TuanError(
                    Reason.REQUEST_ID_REUSED,
                    f"request {payment.request_id} made another payment",
                    request_id=payment.request_id,
                )

    def get(self, payment_id: str) -> Payment | None:
        return next(iter(self.many([payment_id])), None)

    def many(self, payment_ids: Sequence[str]) -> list[Payment]:
        return [_payment(row) for row in self._rows_of(_BY_ID, payment_ids)]

    def by_requests(self, keys: Sequence[tuple[str, str]]) -> list[Payment]:
        return [_payment(row) for row in self._rows_of_pairs(_BY_REQUEST, keys)]

    def set_state(self, payment_id: str, state: PaymentState, transaction_id: str = "") -> None:
        columns: dict[str, Any] = {"state": state.value}
        if transaction_id:
            columns["transaction_id"] = transaction_id
        changed = self._connection.execute(
            update(payments).where(payments.c.payment_id == payment_id).values(**columns)
        )
        if changed.rowcount == 0:
            raise TuanError(Reason.PAYMENT_NOT_FOUND, f"payment {payment_id} is not known", payment_id=payment_id)

    def decide(self, decided: Sequence[Payment]) -> None:
        rows = [
            {"decided_id": each.payment_id, "state": each.state.value, "transaction_id": each.transaction_id}
            for each in decided
        ]
        if rows:
            self._connection.execute(_DECIDE, rows)

    def put_notices(self, new: Sequence[PaymentNotice]) -> list[bool]:
        found = self.notices([(notice.gateway, notice.transaction_id) for notice in new])
        known = {(notice.gateway, notice.transaction_id) for notice in found}
        answers, rows = [], []
        for notice in new:
            key = (notice.gateway, notice.transaction_id)
            answers.append(key not in known)
            if answers[-1]:
                known.add(key)
                rows.append(row_of(notice))
        self._insert_new_rows(payment_notices, rows)
        return answers

    def notice(self, gateway: str, transaction_id: str) -> PaymentNotice | None:
        return next(iter(self.notices([(gateway, transaction_id)])), None)

    def notices(self, keys: Sequence[tuple[str, str]]) -> list[PaymentNotice]:
        return [PaymentNotice(**row._mapping) for row in self._rows_of_pairs(_NOTICES, keys)]


def _payment(row: Row[Any]) -> Payment:
    return Payment(**{**row._mapping, "state": PaymentState(row.state)})
