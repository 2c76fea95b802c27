"""How SQLite finds rows: a statement that reads a whole table is as right as any, and takes longer with every order."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import event

from tuan.adapters.sql_record import SqlRecord
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
