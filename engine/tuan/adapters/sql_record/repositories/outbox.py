"""The `Outbox` port: events in the order of commit, and how far each consumer has read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from tuan.adapters.sql_record.repositories.base import Repository
from tuan.adapters.sql_record.tables import outbox, outbox_cursors
from tuan.domain.event import Event

#: Any number will do, as long as every engine on the database uses the same one.
NUMBERING_LOCK = 0x7475616E


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
        query = select(outbox).where(outbox.c.event_id > event_id).order_by(outbox.c.event_id).limit(count_max)
        if kinds:
            query = query.where(outbox.c.kind.in_(kinds))
        if activity_id:
            query = query.where(outbox.c.activity_id == activity_id)
        return [Event(**row) for row in self._connection.execute(query).mappings()]

    def last(self) -> int:
        return self._connection.execute(select(func.max(outbox.c.event_id))).scalar() or 0

    def cursor(self, consumer: str) -> int:
        query = select(outbox_cursors.c.event_id).where(outbox_cursors.c.consumer == consumer)
        return self._connection.execute(query).scalar() or 0

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
