"""The `Alarms` port. The drain writes its own alarms, which the audit counts while they are open."""

from __future__ import annotations

from sqlalchemy import select

from tuan.adapters.sql_record.repositories.base import Repository
from tuan.adapters.sql_record.tables import alarms
from tuan.ports import Alarm


class SqlAlarms(Repository):
    def add(self, kind: str, subject: str, message: str, time_ms: int) -> None:
        self.write(kind, subject, message, time_ms, shard="", is_open=False)

    def write(self, kind: str, subject: str, message: str, time_ms: int, shard: str, is_open: bool) -> None:
        """The drain's: once per kind and subject, however often it finds the same thing."""
        if is_open:
            same = select(alarms.c.alarm_id).where(alarms.c.kind == kind, alarms.c.subject == subject, alarms.c.open)
            if self._connection.execute(same.limit(1)).first() is not None:
                return
        row = {
            "kind": kind,
            "subject": subject,
            "message": message,
            "time_ms": time_ms,
            "shard": shard,
            "open": is_open,
        }
        self._connection.execute(alarms.insert(), [row])

    def newest(self, before: int, count_max: int) -> list[Alarm]:
        columns = (alarms.c.alarm_id, alarms.c.kind, alarms.c.subject, alarms.c.message, alarms.c.time_ms)
        query = select(*columns).order_by(alarms.c.alarm_id.desc()).limit(count_max)
        if before:
            query = query.where(alarms.c.alarm_id < before)
        return [Alarm(*row) for row in self._connection.execute(query)]
