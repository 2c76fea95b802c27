"""What the channel knows: payments, movements of money, refunds, callbacks and how it was told to behave.

The channel is the outside world, so none of this is in the engine's database. It is one SQLite file of its own, which a kill of
the engine does not touch. `Channel(path).statement()` is the channel's own bill, to be compared with the ledger.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

FILE_NAME = "sandbox-channel.db"

_SCHEMA = """
CREATE TABLE IF NOT EXISTS payments (
    payment_id TEXT PRIMARY KEY, currency TEXT NOT NULL, amount_minor INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS transactions (
    transaction_id TEXT PRIMARY KEY, payment_id TEXT NOT NULL REFERENCES payments, request TEXT NOT NULL UNIQUE,
    content TEXT NOT NULL, succeeded INTEGER NOT NULL, amount_minor INTEGER NOT NULL, time_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS refunds (
    refund_id TEXT PRIMARY KEY, transaction_id TEXT NOT NULL REFERENCES transactions, amount_minor INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS callbacks (
    callback_id INTEGER PRIMARY KEY, payment_id TEXT NOT NULL, transaction_id TEXT NOT NULL, body BLOB NOT NULL,
    forged INTEGER NOT NULL, deliveries_left INTEGER NOT NULL, delivery_count INTEGER NOT NULL DEFAULT 0,
    due_time_ms INTEGER
);
CREATE INDEX IF NOT EXISTS callbacks_due ON callbacks (due_time_ms) WHERE due_time_ms IS NOT NULL;
CREATE TABLE IF NOT EXISTS behaviour (id INTEGER PRIMARY KEY CHECK (id = 1), document TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the channel behaves; the default is one without faults. sandbox.proto says what each means."""

    callback_delay_ms: int = 0
    manual: bool = False
    duplicate_count: int = 1
    reorder: bool = False
    forge: bool = False
    fail_next_count: int = 0
    refuse_refunds: bool = False


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved, or failed to."""

    transaction_id: str
    payment_id: str
    succeeded: bool
    amount_minor: int
    currency: str
    time_ms: int

    def body(self) -> bytes:
        """A callback's body."""
        return json.dumps(asdict(self), separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Callback:
    """`due_time_ms` None: not to be delivered (any more)."""

    callback_id: int
    payment_id: str
    body: bytes
    forged: bool
    delivery_count: int
    due_time_ms: int | None


@dataclass(frozen=True, slots=True)
class Totals:
    """What the channel collected and gave back, in minor units of one currency."""

    collected_minor: int
    refunded_minor: int


class Refused(Exception):
    """The channel will not do it, now or ever; the text says why."""


_CALLBACK = "SELECT callback_id, payment_id, body, forged, delivery_count, due_time_ms FROM callbacks "


class Channel:
    """One file; any thread, and several processes, may use it."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.Lock()
        self._sql = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        # A rollback journal serves several processes safely on every SQLite. Without fsync a kill of the process loses nothing;
        # a power cut might, which is no loss in a toy.
        self._sql.execute("PRAGMA journal_mode = TRUNCATE")
        self._sql.execute("PRAGMA synchronous = OFF")
        self._sql.executescript(_SCHEMA)

    def close(self) -> None:
        self._sql.close()

    def behaviour(self) -> Behaviour:
        with self._transaction() as sql:
            return _behaviour(sql)

    def behave(self, behaviour: Behaviour) -> None:
        with self._transaction() as sql:
            sql.execute("INSERT OR REPLACE INTO behaviour VALUES (1, ?)", (json.dumps(asdict(behaviour)),))

    def fails_now(self) -> bool:
        """True while requests were told to fail; each such answer uses one up."""
        with self._transaction() as sql:
            behaviour = _behaviour(sql)
            if behaviour.fail_next_count <= 0:
                return False
            left = asdict(behaviour) | {"fail_next_count": behaviour.fail_next_count - 1}
            sql.execute("UPDATE behaviour SET document = ?", (json.dumps(left),))
            return True

    def open_payment(self, payment_id: str, currency: str, amount_minor: int) -> None:
        """Once per id. Raises Refused when the id is there with another amount."""
        with self._transaction() as sql:
            sql.execute("INSERT OR IGNORE INTO payments VALUES (?, ?, ?)", (payment_id, currency, amount_minor))
            if _payment(sql, payment_id) != (currency, amount_minor):
                raise Refused(f"payment {payment_id} exists with another amount")

    def pay(
        self,
        request: str,
        transaction_id: str,
        payment_id: str,
        succeeded: bool,
        reported_minor: int | None,
        now_ms: int,
    ) -> tuple[Movement, list[Callback]]:
        """Move money once per `request` and queue its callbacks. Raises Refused, KeyError for an unknown payment."""
        with self._transaction() as sql:
            found = _payment(sql, payment_id)
            if found is None:
                raise KeyError(payment_id)
            currency, amount_minor = found
            content = json.dumps([payment_id, succeeded, reported_minor])
            amount_minor = amount_minor if reported_minor is None else reported_minor
            row = (transaction_id, payment_id, request, content, succeeded, amount_minor, now_ms)
            if sql.execute("INSERT OR IGNORE INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?)", row).rowcount:
                behaviour = _behaviour(sql)
                movement = Movement(transaction_id, payment_id, succeeded, amount_minor, currency, now_ms)
                due_time_ms = None if behaviour.manual else now_ms + behaviour.callback_delay_ms
                sql.execute(
                    "INSERT INTO callbacks (payment_id, transaction_id, body, forged, deliveries_left, due_time_ms) "
                    "VALUES (?, ?, ?, ?, ?, ?)",
                    (
                        payment_id,
                        transaction_id,
                        movement.body(),
                        behaviour.forge,
                        behaviour.duplicate_count,
                        due_time_ms,
                    ),
                )
            [first] = sql.execute("SELECT transaction_id, content FROM transactions WHERE request = ?", (request,))
            if first[1] != content:
                raise Refused("request_id was used before with another content")
            [movement] = _movements(sql, "t.transaction_id = ?", first[0])
            return movement, _callbacks(sql, "WHERE transaction_id = ?", first[0])

    def paid(self, payment_id: str) -> Movement | None:
        """The first movement that succeeded."""
        with self._transaction() as sql:
            return next(
                iter(_movements(sql, "t.payment_id = ? AND t.succeeded ORDER BY t.time_ms, t.rowid", payment_id)), None
            )

    def refund(self, refund_id: str, transaction_id: str, currency: str, amount_minor: int) -> None:
        """Once per refund id. Raises Refused for what was never paid, or more than is left of it."""
        with self._transaction() as sql:
            done = sql.execute(
                "SELECT transaction_id, amount_minor FROM refunds WHERE refund_id = ?", (refund_id,)
            ).fetchone()
            if done is not None:
                if done != (transaction_id, amount_minor):
                    raise Refused(f"refund {refund_id} exists with another content")
                return
            if _behaviour(sql).refuse_refunds:
                raise Refused("told to refuse refunds")
            paid = [
                m
                for m in _movements(sql, "t.transaction_id = ? AND t.succeeded", transaction_id)
                if m.currency == currency
            ]
            query = "SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE transaction_id = ?"
            [(before,)] = sql.execute(query, (transaction_id,))
            if not paid or before + amount_minor > paid[0].amount_minor:
                raise Refused(f"{amount_minor} {currency} is more than is left of transaction {transaction_id}")
            sql.execute("INSERT INTO refunds VALUES (?, ?, ?)", (refund_id, transaction_id, amount_minor))

    def callbacks(self, payment_id: str, after: int, count_max: int) -> list[Callback]:
        """Oldest first; of all payments when `payment_id` is empty."""
        with self._transaction() as sql:
            where = "WHERE callback_id > ? AND (? = '' OR payment_id = ?) ORDER BY callback_id LIMIT ?"
            return _callbacks(sql, where, after, payment_id, payment_id, count_max)

    def due(self, now_ms: int) -> list[Callback]:
        """To be delivered now: oldest first, or, told to reorder, everything that waits, newest first."""
        with self._transaction() as sql:
            due = _callbacks(sql, "WHERE due_time_ms <= ? ORDER BY due_time_ms, callback_id LIMIT 1000", now_ms)
            if due and _behaviour(sql).reorder:
                return _callbacks(sql, "WHERE due_time_ms IS NOT NULL ORDER BY callback_id DESC LIMIT 1000")
            return due

    def next_due_ms(self) -> int | None:
        with self._transaction() as sql:
            [(next_ms,)] = sql.execute("SELECT min(due_time_ms) FROM callbacks WHERE due_time_ms IS NOT NULL")
            return None if next_ms is None else int(next_ms)

    def delivered(self, callback_id: int, now_ms: int) -> None:
        """It got there once more; due again at once if it is to be repeated."""
        with self._transaction() as sql:
            sql.execute(
                "UPDATE callbacks SET delivery_count = delivery_count + 1, deliveries_left = deliveries_left - 1, "
                "due_time_ms = CASE WHEN deliveries_left > 1 THEN ? END WHERE callback_id = ?",
                (now_ms, callback_id),
            )

    def postpone(self, callback_id: int, due_time_ms: int) -> None:
        with self._transaction() as sql:
            sql.execute("UPDATE callbacks SET due_time_ms = ? WHERE callback_id = ?", (due_time_ms, callback_id))

    def statement(self) -> dict[str, Totals]:
        """The channel's bill by currency."""
        query = """
            SELECT p.currency, sum(t.amount_minor), sum(coalesce(r.amount_minor, 0))
            FROM transactions t JOIN payments p USING (payment_id)
            LEFT JOIN (SELECT transaction_id, sum(amount_minor) AS amount_minor FROM refunds GROUP BY 1) r
                ON r.transaction_id = t.transaction_id
            WHERE t.succeeded GROUP BY p.currency"""
        with self._transaction() as sql:
            return {currency: Totals(collected, refunded) for currency, collected, refunded in sql.execute(query)}

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._sql.execute("BEGIN IMMEDIATE")
            try:
                yield self._sql
            except BaseException:
                self._sql.execute("ROLLBACK")
                raise
            self._sql.execute("COMMIT")


def _behaviour(sql: sqlite3.Connection) -> Behaviour:
    row = sql.execute("SELECT document FROM behaviour").fetchone()
    return Behaviour(**json.loads(row[0])) if row else Behaviour()


def _payment(sql: sqlite3.Connection, payment_id: str) -> tuple[str, int] | None:
    row = sql.execute("SELECT currency, amount_minor FROM payments WHERE payment_id = ?", (payment_id,)).fetchone()
    return None if row is None else (str(row[0]), int(row[1]))


def _movements(sql: sqlite3.Connection, where: str, *values: object) -> list[Movement]:
    columns = "t.transaction_id, t.payment_id, t.succeeded, t.amount_minor, p.currency, t.time_ms"
    query = f"SELECT {columns} FROM transactions t JOIN payments p USING (payment_id) WHERE {where}"  # noqa: S608 - literals of this file
    return [Movement(row[0], row[1], bool(row[2]), *row[3:]) for row in sql.execute(query, values)]


def _callbacks(sql: sqlite3.Connection, where: str, *values: object) -> list[Callback]:
    return [Callback(row[0], row[1], row[2], bool(row[3]), *row[4:]) for row in sql.execute(_CALLBACK + where, values)]
