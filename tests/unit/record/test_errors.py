"""Driver errors to reasons, by their codes and classes, never by their text."""

from __future__ import annotations

import sqlite3

import psycopg
import pytest
from sqlalchemy import exc

from tuan.adapters.sql_record.errors import translate, wants_another_try
from tuan.domain.errors import Reason, TuanError


def wrapped(error: Exception) -> exc.DBAPIError:
    return exc.DBAPIError("SELECT 1", {}, error)


def sqlite_error(code: int, kind: type[sqlite3.DatabaseError] = sqlite3.OperationalError) -> sqlite3.DatabaseError:
    error = kind("any text")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("gone"),
        psycopg.errors.AdminShutdown("shutdown"),
        psycopg.InterfaceError("closed"),
        sqlite_error(sqlite3.SQLITE_BUSY),
        sqlite_error(sqlite3.SQLITE_FULL),
        sqlite_error(sqlite3.SQLITE_IOERR_FSYNC),
        sqlite_error(sqlite3.SQLITE_CORRUPT, sqlite3.DatabaseError),
    ],
    ids=repr,
)
def test_a_store_that_cannot_answer_is_unavailable(error: Exception) -> None:
    """Goal: come back later. Method: bare and wrapped; while it commits, the outcome is unknown instead."""
    for each in (error, wrapped(error)):
        before, during = translate(each), translate(each, while_committing=True)
        assert isinstance(before, TuanError) and before.reason is Reason.STORE_UNAVAILABLE and before.retry_after_ms
        assert isinstance(during, TuanError) and during.reason is Reason.OUTCOME_UNKNOWN


def test_an_exhausted_pool_is_unavailable() -> None:
    """Goal: too many at once is no bug. Method: SQLAlchemy's own time-out."""
    translated = translate(exc.TimeoutError("pool"))
    assert isinstance(translated, TuanError) and translated.reason is Reason.STORE_UNAVAILABLE


@pytest.mark.parametrize(
    "error",
    [
        psycopg.errors.UndefinedTable("x"),
        psycopg.errors.UniqueViolation("x"),
        sqlite_error(sqlite3.SQLITE_ERROR),
        KeyError("x"),
    ],
    ids=repr,
)
def test_bugs_stay_what_they_are(error: Exception) -> None:
    """Goal: a wrong statement is not hidden as an outage. Method: errors that waiting will not cure."""
    for each in (error, wrapped(error)):
        assert translate(each) is each


def test_refusals_pass_through() -> None:
    """Goal: a TuanError from the work is the answer. Method: the same object comes back."""
    refusal = TuanError(Reason.ORDER_NOT_FOUND, "no")
    assert translate(refusal, while_committing=True) is refusal


def test_only_what_postgresql_undid_is_tried_again() -> None:
    """Goal: no work runs twice without need. Method: serialization failure and deadlock, and neighbours of theirs."""
    assert wants_another_try(wrapped(psycopg.errors.SerializationFailure("x")))
    assert wants_another_try(wrapped(psycopg.errors.DeadlockDetected("x")))
    assert not wants_another_try(wrapped(psycopg.errors.LockNotAvailable("x")))
    assert not wants_another_try(sqlite_error(sqlite3.SQLITE_BUSY))
    assert not wants_another_try(KeyError("x"))
