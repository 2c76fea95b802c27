"""The `Duties` port."""

from __future__ import annotations

from sqlalchemy import or_, update

from tuan.adapters.sql_record.repositories.base import Repository
from tuan.adapters.sql_record.tables import duties


class SqlDuties(Repository):
    def take(self, duty: str, owner: str, now_ms: int, expire_time_ms: int) -> bool:
        self._insert_new(duties, {"duty": duty, "owner": "", "expire_time_ms": 0})
        free_or_mine = or_(duties.c.owner == owner, duties.c.expire_time_ms <= now_ms)
        taken = self._connection.execute(
            update(duties).where(duties.c.duty == duty, free_or_mine).values(owner=owner, expire_time_ms=expire_time_ms)
        )
        return taken.rowcount == 1

    def give_up(self, duty: str, owner: str) -> None:
        self._connection.execute(
            update(duties).where(duties.c.duty == duty, duties.c.owner == owner).values(owner="", expire_time_ms=0)
        )
