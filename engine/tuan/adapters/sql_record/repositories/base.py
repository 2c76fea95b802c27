"""What the repositories share: statements that both databases understand, and rows to domain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

#: SQLite takes 32,766 parameters a statement, PostgreSQL 65,535; 500 keys of two columns stay far below either.
KEYS_PER_STATEMENT = 500


class Repository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """An INSERT that knows ON CONFLICT, which the two dialects spell alike but SQLAlchemy keeps apart."""
        if self._connection.dialect.name == "postgresql":
            return postgresql.insert(table)
        return sqlite.insert(table)

    def _insert_new(self, table: Table, row: dict[str, Any]) -> bool:
        """Insert unless a row with one of its unique keys is there; whether it was new."""
        statement = self._insert(table).values(row).on_conflict_do_nothing()
        # SQLAlchemy keeps the row count of an INSERT only when it is asked to.
        return self._connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount == 1

    def _upsert(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        """Insert, or replace what has the same primary key."""
        if not rows:
            return
        keys = [column.name for column in table.primary_key]
        statement = self._insert(table)
        changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        self._connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


def row_of(value: Any, **changed: Any) -> dict[str, Any]:
    """A frozen dataclass whose fields are the columns of its table, as a row."""
    row = {each.name: getattr(value, each.name) for each in fields(value)}
    row.update(changed)
    return row


def in_chunks(values: Iterable[T], size: int = KEYS_PER_STATEMENT) -> Iterator[list[T]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk
