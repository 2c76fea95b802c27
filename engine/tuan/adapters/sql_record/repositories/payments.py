"""The `Payments` port: payments and the inbox of their notices."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, RowMapping, select, update

from tuan.adapters.sql_record.repositories.base import Repository, row_of
from tuan.adapters.sql_record.tables import payment_notices, payments
from tuan.domain.errors import Reason, TuanError
from tuan.domain.payment import Payment, PaymentNotice, PaymentState


class SqlPayments(Repository):
    def put(self, payment: Payment) -> None:
        """Storing the same payment again has no effect; REQUEST_ID_REUSED when the request made another one."""
        if self._insert_new(payments, row_of(payment, state=payment.state.value)):
            return
        if self.get(payment.payment_id) is None:
            raise TuanError(
                Reason.REQUEST_ID_REUSED,
                f"request {payment.request_id} made another payment",
                request_id=payment.request_id,
            )

    def get(self, payment_id: str) -> Payment | None:
        return self._one(payments.c.payment_id == payment_id)

    def by_request(self, caller: str, request_id: str) -> Payment | None:
        return self._one(payments.c.caller == caller, payments.c.request_id == request_id)

    def set_state(self, payment_id: str, state: PaymentState, transaction_id: str = "") -> None:
        columns: dict[str, Any] = {"state": state.value}
        if transaction_id:
            columns["transaction_id"] = transaction_id
        changed = self._connection.execute(
            update(payments).where(payments.c.payment_id == payment_id).values(**columns)
        )
        if changed.rowcount == 0:
            raise TuanError(Reason.PAYMENT_NOT_FOUND, f"payment {payment_id} is not known", payment_id=payment_id)

    def put_notice(self, notice: PaymentNotice) -> bool:
        return self._insert_new(payment_notices, row_of(notice))

    def notice(self, gateway: str, transaction_id: str) -> PaymentNotice | None:
        query = select(payment_notices).where(
            payment_notices.c.gateway == gateway, payment_notices.c.transaction_id == transaction_id
        )
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else PaymentNotice(**row)

    def _one(self, *conditions: ColumnElement[bool]) -> Payment | None:
        row = self._connection.execute(select(payments).where(*conditions)).mappings().one_or_none()
        return None if row is None else _payment(row)


def _payment(row: RowMapping) -> Payment:
    return Payment(**{**row, "state": PaymentState(row["state"])})
