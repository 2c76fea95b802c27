"""The `Activities` port: activities and the stock that moves between them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import RowMapping, bindparam, select, update

from tuan.adapters.sql_record.repositories.base import row_of
from tuan.adapters.sql_record.repositories.revisions import Revised
from tuan.adapters.sql_record.tables import activities, stock_transfers
from tuan.domain.activity import Activity, ActivityState
from tuan.domain.errors import Reason, TuanError
from tuan.ports import StockTransfer

# Made once: whoever keeps activities asks them four times a second.
_LIST = (
    select(activities)
    .where(activities.c.activity_id > bindparam("after"))
    .order_by(activities.c.activity_id)
    .limit(bindparam("count_max"))
)
_LIST_IN = _LIST.where(activities.c.state.in_(bindparam("states", expanding=True)))
_OPEN_TRANSFERS = (
    select(stock_transfers).where(stock_transfers.c.state != "done").order_by(stock_transfers.c.transfer_id)
)


class SqlActivities(Revised):
    subject = "activities"

    def put(self, activity: Activity) -> bool:
        new = self._insert_new(activities, row_of(activity, state=activity.state.value))
        if new:
            self._raise_revision()
        return new

    def get(self, activity_id: str) -> Activity | None:
        query = select(activities).where(activities.c.activity_id == activity_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else _activity(row)

    def list(self, states: Sequence[ActivityState] = (), after: str = "", count_max: int = 1000) -> list[Activity]:
        wanted: dict[str, Any] = {"after": after, "count_max": count_max}
        if states:
            wanted["states"] = [state.value for state in states]
        rows = self._connection.execute(_LIST_IN if states else _LIST, wanted).mappings()
        return [_activity(row) for row in rows]

    def set_state(self, activity_id: str, state: ActivityState) -> None:
        self._change(activity_id, state=state.value)

    def move_state(self, activity_id: str, before: ActivityState, after: ActivityState) -> bool:
        moved = self._connection.execute(
            update(activities)
            .where(activities.c.activity_id == activity_id, activities.c.state == before.value)
            .values(state=after.value)
        )
        if moved.rowcount:
            self._raise_revision()
        return moved.rowcount == 1

    def add_released_buffer(self, activity_id: str, sku: str) -> bool:
        """False when this SKU's buffer was released before."""
        activity = self.get(activity_id)
        if activity is not None and sku in activity.released_buffer:
            return False
        self._change(activity_id, released_buffer=((*activity.released_buffer, sku) if activity else ()))
        return True

    def plan_transfers(self, transfers: Iterable[StockTransfer]) -> None:
        for transfer in transfers:
            self._insert_new(stock_transfers, row_of(transfer))

    def open_transfers(self) -> Sequence[StockTransfer]:
        rows = self._connection.execute(_OPEN_TRANSFERS).mappings()
        return [StockTransfer(**row) for row in rows]

    def set_transfer(self, transfer_id: str, state: str, taken: int) -> None:
        self._connection.execute(
            update(stock_transfers).where(stock_transfers.c.transfer_id == transfer_id).values(state=state, taken=taken)
        )

    def _change(self, activity_id: str, **columns: object) -> None:
        changed = self._connection.execute(
            update(activities).where(activities.c.activity_id == activity_id).values(**columns)
        )
        if changed.rowcount == 0:
            raise TuanError(Reason.ACTIVITY_NOT_FOUND, f"activity {activity_id} is not known", activity_id=activity_id)
        self._raise_revision()


def _activity(row: RowMapping) -> Activity:
    return Activity(**{**row, "state": ActivityState(row["state"])})
