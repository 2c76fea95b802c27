"""How SQLite finds rows: a statement that reads a whole table is as right as any, and takes longer with every order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from tuan.adapters.sql_record import SqlRecord
from tuan.adapters.sql_record.drain.bulk import SqliteBulk
from tuan.adapters.sql_record.drain.context import read_context
from tuan.adapters.sql_record.tables import orders, reservations
from tuan.domain.claim import Intent, Verb
from tuan.ports import Unit


def test_keys_of_two_columns_are_looked_up_by_their_index(tmp_path: Path) -> None:
    """Goal: a repeated request does not read every order. Method: SQLite's own plan of each statement that was sent to it."""
    pairs = [("a", "1"), ("a", "2"), ("b", "1")]
    sent: list[tuple[str, Any]] = []

    def look(unit: Unit) -> list[str]:
        event.listen(unit.connection, "before_cursor_execute", lambda *seen: sent.append((seen[2], seen[3])))
        unit.orders.by_requests(pairs)
        unit.payments.by_requests(pairs)
        unit.payments.notices(pairs)
        plans = [unit.connection.connection.execute(f"EXPLAIN QUERY PLAN {text}", values) for text, values in sent]
        return [row[3] for plan in plans for row in plan]

    record = SqlRecord(f"sqlite:///{tmp_path / 'tuan.db'}")
    try:
        record.migrate()
        steps = record.read_now(look)
    finally:
        record.close()
    assert len(sent) == 6  # each of the three, for each of two callers
    assert len(steps) >= 6 and all(step.startswith("SEARCH") for step in steps), steps


def test_reservations_are_looked_up_by_an_index_though_most_are_not_in_that_by_key(tmp_path: Path) -> None:
    """Goal: to end a reservation, or to refund its order, reads no other. Method: as above, with and without a label."""
    ended = [Intent(1, Verb.RELEASE, "k1", 1, 1, label="o1"), Intent(2, Verb.RELEASE, "k2", 1, 1)]
    sent: list[tuple[str, Any]] = []

    def look(unit: Unit) -> list[str]:
        connection = unit.connection
        order = {
            column.name: column.type.python_type()
            for column in orders.c
            if column.name not in ("lines", "shards", "facts")
        }
        connection.execute(orders.insert(), {**order, "order_id": "o1", "lines": (), "shards": ("sale",), "facts": {}})
        event.listen(connection, "before_cursor_execute", lambda *seen: sent.append((seen[2], seen[3])))
        read_context(connection, SqliteBulk(), "sale", ended, [None, None])
        unit.orders.reservations("o1")
        driver = connection.connection
        plans = [
            driver.execute(f"EXPLAIN QUERY PLAN {text}", values) for text, values in sent if reservations.name in text
        ]
        return [row[3] for plan in plans for row in plan if reservations.name in row[3]]

    record = SqlRecord(f"sqlite:///{tmp_path / 'tuan.db'}")
    try:
        record.migrate()
        steps = record.write_now(look)
    finally:
        record.close()
    assert len(steps) >= 4 and all(step.startswith("SEARCH") for step in steps), steps
    for index in ("uq_reservations_shard_key", "ix_reservations_order_id"):
        assert sum(index in step for step in steps) == 2, steps
