"""SQLite: WAL, `synchronous=FULL`, one writer connection in one thread, readers on read-only connections of their own.

Before 3.51.3 two connections that write or checkpoint at the same time can corrupt a WAL, so the writer alone does either.
A transaction costs one fsync (216 µs on the reference machine); the writer lets all work that waits share one, each in a
savepoint of its own. That bought 64 concurrent writers one fsync instead of 64.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from tuan.adapters.sql_record.errors import translate
from tuan.adapters.sql_record.sqlite_readers import BUSY_TIMEOUT_MS, Readers
from tuan.domain.errors import Reason, TuanError

T = TypeVar("T")

GROUP_MAX = 64
#: 16,000 pages of 4 KB: a checkpoint per 64 MB. At the default of 1,000 the drain spent a tenth of its time on checkpoints.
CHECKPOINT_PAGES = 16_000


@dataclass(slots=True)
class _Task:
    work: Callable[[Connection], Any]
    future: Future[Any] = field(default_factory=Future)


class SqliteStore:
    """One database file. The folder must be on a local disk; only one process may hold it open for writing."""

    dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._engine = _writer_engine(path)
        self._connection = self._engine.connect()
        self._tasks: SimpleQueue[_Task | None] = SimpleQueue()
        self._closed = False
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="tuan-sqlite-writer", daemon=True)
        self._thread.start()
        self._readers = Readers(path)

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        task = _Task(work)
        with self._lock:
            if self._closed:
                raise TuanError(Reason.STORE_UNAVAILABLE, "the record is closed")
            self._tasks.put(task)
        return task.future

    drain = write

    def read(self, work: Callable[[Connection], T]) -> Future[T]:
        if self._closed:
            raise TuanError(Reason.STORE_UNAVAILABLE, "the record is closed")
        return self._readers.read(work)

    def close(self) -> None:
        """Finish what is queued, then close; the readers first, since the last connection that closes checkpoints."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            self._tasks.put(None)
        self._thread.join()
        self._readers.close()
        self._connection.close()
        self._engine.dispose()

    def _run(self) -> None:
        while (task := self._tasks.get()) is not None:
            group = [task]
            last = False
            while len(group) < GROUP_MAX and not last:
                try:
                    more = self._tasks.get_nowait()
                except Empty:
                    break
                if more is None:
                    last = True
                else:
                    group.append(more)
            if running := [each for each in group if each.future.set_running_or_notify_cancel()]:
                self._commit(running)
            if last:
                return

    def _commit(self, group: list[_Task]) -> None:
        outcomes: list[tuple[_Task, Any, BaseException | None]] = []
        committing = False
        try:
            with self._connection.begin() as transaction:
                if len(group) == 1:
                    # Nobody shares the transaction: its own rollback does what a savepoint would.
                    outcomes.append((group[0], group[0].work(self._connection), None))
                else:
                    outcomes.extend((task, *self._attempt(task)) for task in group)
                committing = True
                transaction.commit()
        except BaseException as error:
            reason = translate(error, while_committing=committing)
            for task in group:
                task.future.set_exception(reason)
            if reason is not error or not isinstance(error, Exception):
                self._reconnect()
            return
        for task, result, problem in outcomes:
            if problem is None:
                task.future.set_result(result)
            else:
                task.future.set_exception(problem)

    def _attempt(self, task: _Task) -> tuple[Any, BaseException | None]:
        """Run one task in its savepoint. Raises only when SQLite ended the whole transaction (disk full, I/O error)."""
        savepoint = self._connection.begin_nested()
        try:
            result = task.work(self._connection)
            savepoint.commit()
            return result, None
        except Exception as error:
            if not _in_transaction(self._connection):
                raise
            savepoint.rollback()
            return None, translate(error)

    def _reconnect(self) -> None:
        self._connection.close()
        self._connection = self._engine.connect()


def _in_transaction(connection: Connection) -> bool:
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    return driver.in_transaction


def _writer_engine(path: Path) -> Engine:
    engine = create_engine(
        f"sqlite:///{path}",
        poolclass=NullPool,
        # What rows hold has no place in messages of errors, which are logged: a plugin may keep a secret in one.
        hide_parameters=True,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )

    @event.listens_for(engine, "connect")
    def prepare(driver: sqlite3.Connection, _record: Any) -> None:
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            # Without it INSERT OR REPLACE deletes rows past the append-only triggers.
            "recursive_triggers=ON",
            f"wal_autocheckpoint={CHECKPOINT_PAGES}",
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "cache_size=-65536",
        ):
            driver.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
