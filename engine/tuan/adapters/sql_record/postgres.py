"""PostgreSQL: psycopg 3 behind SQLAlchemy's pool, small thread pools for writes, reads and the drain.

Writes are SERIALIZABLE and run again when PostgreSQL asks for it, so that a unit of work means the same as on SQLite, where the
one writer makes everything serial. Reads see one snapshot. The drain is READ COMMITTED: its rows are its own, its cursor and
the lease token fence it, and its row locks order it against the use cases.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import URL, Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError

from tuan.adapters.sql_record.errors import translate, wants_another_try
from tuan.domain.errors import Reason, TuanError

T = TypeVar("T")

WRITERS = 6
READERS = 4
DRAINERS = 2
TRIES_MAX = 12
#: First pause between tries; doubles, with as much again at random so that the losers do not meet again.
BACK_OFF_S = 0.002
BACK_OFF_MAX_S = 0.2


class PostgresStore:
    """One database, or whatever speaks its protocol."""

    dialect = "postgresql"

    def __init__(self, url: URL) -> None:
        self._engine = create_engine(
            url,
            pool_size=WRITERS + READERS + DRAINERS,
            max_overflow=2,
            pool_timeout=10,
            hide_parameters=True,
            connect_args={"application_name": "tuan", "connect_timeout": 10},
        )
        self._serializable = self._engine.execution_options(isolation_level="SERIALIZABLE")
        self._snapshot = self._engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        self._writers = ThreadPoolExecutor(WRITERS, thread_name_prefix="tuan-pg-writer")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="tuan-pg-reader")
        self._drainers = ThreadPoolExecutor(DRAINERS, thread_name_prefix="tuan-pg-drain")
        self._closed = False

    def write(self, work: Callable[[Connection], T]) -> Future[T]:
        self._check_open()
        return self._writers.submit(self._write, work)

    def drain(self, work: Callable[[Connection], T]) -> Future[T]:
        self._check_open()
        return self._drainers.submit(self._once, work)

    def read(self, work: Callable[[Connection], T]) -> Future[T]:
        self._check_open()
        return self._readers.submit(self._read, work)

    def close(self) -> None:
        self._closed = True
        for pool in (self._writers, self._readers, self._drainers):
            pool.shutdown()
        self._engine.dispose()

    def _check_open(self) -> None:
        if self._closed:
            raise TuanError(Reason.STORE_UNAVAILABLE, "the record is closed")

    def _read(self, work: Callable[[Connection], T]) -> T:
        return self._repeat(self._snapshot, work, wants_another_try)

    def _write(self, work: Callable[[Connection], T]) -> T:
        return self._repeat(self._serializable, work, wants_another_try)

    def _once(self, work: Callable[[Connection], T]) -> T:
        return self._repeat(self._engine, work, lambda _error: False)

    def _repeat(self, engine: Engine, work: Callable[[Connection], T], again: Callable[[BaseException], bool]) -> T:
        """Run `work` in a transaction, and once more on a new connection when the pooled one turns out to be dead.

        The pool does not try connections before it lends them: that cost 5 of a short write's 11 round trips.
        """
        pause, fresh = BACK_OFF_S, False
        for attempt in range(TRIES_MAX):
            try:
                return self._transact(engine.connect(), work)
            except Exception as error:
                if not fresh and isinstance(error, DBAPIError) and error.connection_invalidated:
                    fresh = True  # SQLAlchemy dropped every connection of that age from the pool
                    continue
                if not again(error) or attempt == TRIES_MAX - 1:
                    raise translate(error) from error
            time.sleep(pause * (1 + random.random()))
            pause = min(pause * 2, BACK_OFF_MAX_S)
        raise AssertionError("the last try returns or raises")

    def _transact(self, connection: Connection, work: Callable[[Connection], T]) -> T:
        with connection:
            transaction = connection.begin()
            result = work(connection)
            try:
                transaction.commit()
            except Exception as error:
                raise error if wants_another_try(error) else translate(error, while_committing=True) from error
            return result
