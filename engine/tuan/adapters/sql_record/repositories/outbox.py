"""The `Outbox` port: events in the order of commit, and how far each consumer has read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, func, select

from tuan.adapters.sql_record.repositories.base import Repository
from tuan.adapters.sql_record.tables import outbox, outbox_cursors
from tuan.domain.event import Event

#: Any number will do, as long as every engine on the database uses the same one.
NUMBERING_LOCK = 0x7475616E
# Made once: an engine asks them twenty times a second, and building them took longer than asking.
_LAST = select(func.max(outbox.c.event_id))
_CURSOR = select(outbox_cursors.c.event_id).where(outbox_cursors.c.consumer == bindparam("of"))
_AFTER = (
    select(outbox)
    .where(outbox.c.event_id > bindparam("after"))
    .order_by(outbox.c.event_id)
    .limit(bindparam("count_max"))
)
_AFTER_OF = _AFTER.where(outbox.c.kind.in_(bindparam("kinds", expanding=True)))


def lock_numbering(connection: Connection) -> None:
    """From here to COMMIT, nobody else numbers events.

    PostgreSQL draws ids when a row is inserted: without the lock a later id can commit first, a consumer moves its cursor
    past it, and never sees the earlier one. Take it last, so that it is held for the INSERT and the COMMIT only.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(NUMBERING_LOCK)))


class SqlOutbox(Repository):
    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._added: list[dict[str, Any]] = []

    def add(self, kind: str, subject: str, activity_id: str, time_ms: int, data: Mapping[str, Any]) -> None:
        """Written at the end of the transaction."""
        self._added.append(
            {"kind": kind, "subject": subject, "activity_id": activity_id, "time_ms": time_ms, "data": dict(data)}
        )

    def flush(self) -> None:
        if self._added:
            lock_numbering(self._connection)
            self._connection.execute(outbox.insert(), self._added)
            self._added = []

    def after(self, event_id: int, count_max: int, kinds: Sequence[str] = (), activity_id: str = "") -> list[Event]:
        wanted: dict[str, Any] = {"after": event_id, "count_max": count_max}
        query = _AFTER_OF if kinds else _AFTER
        if kinds:
            wanted["kinds"] = list(kinds)
        if activity_id:
            query = query.where(outbox.c.activity_id == activity_id)
        return [Event(**row) for row in self._connection.execute(query, wanted).mappings()]

    def last(self) -> int:
        return self._connection.execute(_LAST).scalar() or 0

    def cursor(self, consumer: str) -> int:
        return self._connection.execute(_CURSOR, {"of": consumer}).scalar() or 0

    def advance(self, consumer: str, event_id: int) -> bool:
        """Forward only: a consumer that repeats an old step does not go back, and hears so."""
        statement = self._insert(outbox_cursors).values(consumer=consumer, event_id=event_id)
        moved = self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["consumer"],
                set_={"event_id": event_id},
                where=outbox_cursors.c.event_id < event_id,
            ),
            # Without it SQLAlchemy answers -1 for an INSERT on PostgreSQL, whatever happened.
            execution_options={"preserve_rowcount": True},
        )
        return moved.rowcount == 1
