"""`SqlRecord`: the `Record` port over SQLite or PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection, make_url, select
from sqlalchemy.exc import ArgumentError

from tuan.adapters.sql_record.migrate import migrate
from tuan.adapters.sql_record.postgres import PostgresStore
from tuan.adapters.sql_record.sqlite import SqliteStore
from tuan.adapters.sql_record.store import Store
from tuan.adapters.sql_record.tables import record_identity
from tuan.adapters.sql_record.unit import SqlUnit
from tuan.breaker import Breaker
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.ports import Unit

T = TypeVar("T")

_AWAY = frozenset({Reason.STORE_UNAVAILABLE, Reason.OUTCOME_UNKNOWN})


class SqlRecord:
    """`url`: `sqlite:////folder/tuan.sqlite` (one process) or `postgresql://user:password@host/database`.

    Call `migrate` before the first use and `close` at the end; both block. `reads` and `writes` are breakers of their own: on a
    full disk what is there can still be read. The drain is under neither, it has pauses of its own.
    """

    def __init__(self, url: str, reads: Breaker | None = None, writes: Breaker | None = None) -> None:
        self.store = open_store(url)
        self._reads = reads
        self._writes = writes

    def migrate(self, plugins: Mapping[str, Path] | None = None) -> None:
        """Bring the tables up to date, then each plugin's: `plugins` maps its code to its folder of Alembic scripts."""
        self.store.drain(lambda connection: migrate(connection, plugins or {})).result()

    def record_id(self) -> str:
        """Which record this is; given once, by the migration that made the tables. Blocks."""
        return self.store.read(lambda connection: str(connection.scalar(select(record_identity.c.record_id)))).result()

    async def write(self, work: Callable[[Unit], T]) -> T:
        return await _guarded(self._writes, lambda: self.store.write(lambda connection: _in_unit(connection, work)))

    async def read(self, work: Callable[[Unit], T]) -> T:
        return await _guarded(self._reads, lambda: self.store.read(lambda connection: work(SqlUnit(connection))))

    def write_now(self, work: Callable[[Unit], T]) -> T:
        """`write` for threads that have no event loop."""
        return self.store.write(lambda connection: _in_unit(connection, work)).result()

    def read_now(self, work: Callable[[Unit], T]) -> T:
        return self.store.read(lambda connection: work(SqlUnit(connection))).result()

    def close(self) -> None:
        self.store.close()


async def _guarded(breaker: Breaker | None, start: Callable[[], Future[T]]) -> T:
    """The result of what `start` starts. Raises the breaker's refusal instead while the store is known to be away."""
    if breaker is None:
        return await asyncio.wrap_future(start())
    return await breaker.run(lambda: asyncio.wrap_future(start()), _is_away)


def _is_away(error: Exception) -> bool:
    return isinstance(error, TuanError) and error.reason in _AWAY


def open_store(url: str) -> Store:
    """Raises InvalidValue for a URL that is not one of a database that the engine knows."""
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise InvalidValue(
            "database_url", "not a URL; write sqlite:////folder/tuan.sqlite or postgresql://host/db"
        ) from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise InvalidValue("database_url", "the record needs a file: write sqlite:////folder/tuan.sqlite")
        return SqliteStore(Path(parsed.database))
    if backend == "postgresql":
        return PostgresStore(parsed.set(drivername="postgresql+psycopg"))
    raise InvalidValue("database_url", f"{backend} is not supported; write sqlite:////file or postgresql://host/db")


def _in_unit(connection: Connection, work: Callable[[Unit], T]) -> T:
    unit = SqlUnit(connection)
    result = work(unit)
    unit.finish()
    return result
