"""Driver errors become reasons here; nothing above this folder knows a driver, and nothing here reads messages."""

from __future__ import annotations

import sqlite3

import psycopg
from sqlalchemy import exc

from tuan.domain.errors import Reason, TuanError

RETRY_AFTER_MS = 500
#: Serialization failure and deadlock: PostgreSQL undid the whole transaction and asks for another try.
TRY_AGAIN_SQLSTATES = frozenset({"40001", "40P01"})


def driver_error(error: BaseException) -> BaseException:
    """The driver's own exception inside SQLAlchemy's."""
    return error.orig if isinstance(error, exc.DBAPIError) and error.orig is not None else error


def wants_another_try(error: BaseException) -> bool:
    """PostgreSQL rolled the transaction back because of others; the same work may succeed at once."""
    return getattr(driver_error(error), "sqlstate", None) in TRY_AGAIN_SQLSTATES


def translate(error: BaseException, while_committing: bool = False) -> BaseException:
    """The TuanError that stands for a driver's error; anything else (a bug, a TuanError) comes back as it is.

    A store that fails during COMMIT may have committed: OUTCOME_UNKNOWN. Before it, nothing was done: STORE_UNAVAILABLE.
    """
    if isinstance(error, TuanError):
        return error
    inner = driver_error(error)
    if isinstance(error, exc.TimeoutError) or _unavailable(inner):
        if while_committing:
            return TuanError(Reason.OUTCOME_UNKNOWN, "the record failed while it committed; ask what became of it")
        return TuanError(Reason.STORE_UNAVAILABLE, "the record is unavailable", retry_after_ms=RETRY_AFTER_MS)
    if isinstance(inner, psycopg.DataError | sqlite3.DataError | OverflowError | UnicodeEncodeError):
        return TuanError(
            Reason.INVALID_FIELD, "a value does not fit the record: no NUL characters, whole numbers below 2^63"
        )
    return error


def _unavailable(error: BaseException) -> bool:
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return True
    if isinstance(error, sqlite3.OperationalError):
        # Plain SQLITE_ERROR is a wrong statement, that is a bug; busy, full, I/O and the like have codes of their own.
        return (getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF) != sqlite3.SQLITE_ERROR
    return isinstance(error, sqlite3.DatabaseError) and _is_corrupt(error)


def _is_corrupt(error: sqlite3.DatabaseError) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
