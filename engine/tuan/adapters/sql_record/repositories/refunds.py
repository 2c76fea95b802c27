"""The `Refunds` port."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, bindparam, select, update

from tuan.adapters.sql_record.repositories.base import Repository, row_of
from tuan.adapters.sql_record.tables import refunds
from tuan.domain.errors import Reason, TuanError
from tuan.domain.payment import Refund, RefundCause, RefundState

_KNOWN = select(refunds.c.refund_id).where(refunds.c.refund_id.in_(bindparam("keys", expanding=True)))


class SqlRefunds(Repository):
    def put(self, refund: Refund) -> bool:
        return self._insert_new(refunds, row_of(refund, state=refund.state.value, cause=refund.cause.value))

    def get(self, refund_id: str) -> Refund | None:
        row = self._connection.execute(select(refunds).where(refunds.c.refund_id == refund_id)).mappings().one_or_none()
        return None if row is None else _refund(row)

    def known(self, refund_ids: Sequence[str]) -> set[str]:
        return {row.refund_id for row in self._rows_of(_KNOWN, refund_ids)}

    def of_order(self, order_id: str) -> list[Refund]:
        query = select(refunds).where(refunds.c.order_id == order_id)
        rows = self._connection.execute(query.order_by(refunds.c.create_time_ms, refunds.c.refund_id)).mappings()
        return [_refund(row) for row in rows]

    def set_state(self, refund_id: str, state: RefundState, attempts: int, last_error: str = "") -> None:
        self._change(refund_id, state=state.value, attempts=attempts, last_error=last_error)

    def set_restocked(self, refund_id: str) -> None:
        self._change(refund_id, restocked=True)

    def _change(self, refund_id: str, **columns: Any) -> None:
        changed = self._connection.execute(update(refunds).where(refunds.c.refund_id == refund_id).values(**columns))
        if changed.rowcount == 0:
            raise TuanError(Reason.REFUND_NOT_FOUND, f"refund {refund_id} is not known", refund_id=refund_id)


def _refund(row: RowMapping) -> Refund:
    return Refund(**{**row, "state": RefundState(row["state"]), "cause": RefundCause(row["cause"])})
