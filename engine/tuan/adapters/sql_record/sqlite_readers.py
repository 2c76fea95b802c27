"""Reading from SQLite: a few threads, each with a read-only connection of its own that stays open."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from tuan.adapters.sql_record.errors import translate

T = TypeVar("T")

READERS = 4
BUSY_TIMEOUT_MS = 10_000


class Readers:
    """Every read is one snapshot: BEGIN and COMMIT go to the driver, since SQLAlchemy's own, with the way to its pool and back,
    cost more than the statements between them."""

    def __init__(self, path: Path) -> None:
        self._engine = create_engine(
            "sqlite://", creator=lambda: _connect(path), poolclass=NullPool, hide_parameters=True
        )
        self._mine = threading.local()
        self._open: set[Connection] = set()
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="tuan-sqlite-reader")

    def read(self, work: Callable[[Connection], T]) -> Future[T]:
        return self._threads.submit(self._read, work)

    def close(self) -> None:
        """Finish what is queued, then close."""
        self._threads.shutdown()
        for connection in self._open:
            connection.close()
        self._engine.dispose()

    def _read(self, work: Callable[[Connection], T]) -> T:
        try:
            connection = self._connection()
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.execute("BEGIN")
            try:
                return work(connection)
            finally:
                driver.execute("COMMIT")
        except Exception as error:
            reason = translate(error)
            if reason is error:
                raise
            self._renew()
            raise reason from error

    def _connection(self) -> Connection:
        known: Connection | None = getattr(self._mine, "connection", None)
        if known is None:
            known = self._mine.connection = self._engine.connect()
            self._open.add(known)
        return known

    def _renew(self) -> None:
        """After a failure of the store the next read begins with a new connection."""
        failed: Connection | None = getattr(self._mine, "connection", None)
        if failed is not None:
            self._mine.connection = None
            self._open.discard(failed)
            failed.close()


def _connect(path: Path) -> sqlite3.Connection:
    driver = sqlite3.connect(
        f"file:{quote(str(path))}?mode=ro", uri=True, isolation_level=None, check_same_thread=False
    )
    driver.execute("PRAGMA query_only=ON")
    driver.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    return driver
