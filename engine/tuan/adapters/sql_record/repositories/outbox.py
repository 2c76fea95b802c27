"""The `Outbox` port: events in the order of commit, and how far each consumer has read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, text

from tuan.adapters.sql_record.repositories.base import Repository
from tuan.adapters.sql_record.tables import outbox, outbox_cursors
from tuan.domain.event import Event

#: Any number will do, as long as every engine on the database uses the same one.
NUMBERING_LOCK = 0x7475616E
# Made once: an engine asks them twenty times a second, and building them took longer than asking.
_LAST = select(func.max(outbox.c.event_id))
_CURSOR = select(outbox_cursors.c.event_id).where(outbox_cursors.c.consumer == bindparam("of"))
_PAGE = (
    select(outbox.c.event_id, outbox.c.run)
    .where(outbox.c.event_id > bindparam("after"))
    .order_by(outbox.c.event_id)
    .limit(bindparam("count_max"))
)
_ROWS = (
    select(outbox)
    .where(outbox.c.event_id > bindparam("after"), outbox.c.event_id <= bindparam("through"))
    .order_by(outbox.c.event_id)
)
_OF_KINDS = outbox.c.kind.in_(bindparam("kinds", expanding=True))
_PAGE_OF_KINDS, _ROWS_OF_KINDS = _PAGE.where(_OF_KINDS), _ROWS.where(_OF_KINDS)
_DRAW = text("SELECT setval(ids, nextval(ids) + :more) FROM pg_get_serial_sequence('outbox', 'event_id') AS ids")
_DRAWN = text("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")


def lock_numbering(connection: Connection) -> None:
    """From here to COMMIT, nobody else numbers events.

    PostgreSQL draws ids when a row is inserted: without the lock a later id can commit first, a consumer moves its cursor
    past it, and never sees the earlier one. Take it last, so that it is held for the INSERT and the COMMIT only.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(NUMBERING_LOCK)))


def draw_ids(connection: Connection, count: int) -> int:
    """The first of `count` ids that follow one another, for rows that are inserted next; under `lock_numbering`."""
    if connection.dialect.name == "postgresql":
        return int(connection.execute(_DRAW, {"more": count - 1}).scalar_one()) - count + 1
    return (connection.execute(_DRAWN).scalar() or 0) + 1


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
        page, rows = (_PAGE_OF_KINDS, _ROWS_OF_KINDS) if kinds else (_PAGE, _ROWS)
        if kinds:
            wanted["kinds"] = list(kinds)
        if activity_id:
            page, rows = (query.where(outbox.c.activity_id == activity_id) for query in (page, rows))
        # Two looks, because a row may tell of hundreds of events: first how many, then no more of them than are asked for.
        last, count = event_id, 0
        for last, run in self._connection.execute(page, wanted):
            count += min(run, last - event_id)
            if count >= count_max:
                break
        if not count:
            return []
        found = self._connection.execute(rows, {**wanted, "through": last})
        events = [event for row in found for event in _events(row)]
        return [event for event in events if event.event_id > event_id][:count_max]

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


def _events(row: Row[Any]) -> list[Event]:
    """Those of a run are of one kind and moment, and each names the order that is its subject."""
    if row.run == 1:
        return [Event(row.event_id, row.kind, row.subject, row.activity_id, row.time_ms, row.data)]
    return [
        Event(event_id, row.kind, data["order_id"], row.activity_id, row.time_ms, data)
        for event_id, data in enumerate(row.data, row.event_id - row.run + 1)
    ]
