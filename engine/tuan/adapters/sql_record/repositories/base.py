"""What the repositories share: statements that both databases understand, and rows to domain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, Row, Table
from sqlalchemy.dialects import postgresql, sqlite

T = TypeVar("T")

#: SQLite takes 32,766 parameters a statement, PostgreSQL 65,535; 500 keys of two columns stay far below either.
KEYS_PER_STATEMENT = 500


class Repository:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        return insert_into(table, self._connection.dialect.name)

    def _insert_new(self, table: Table, row: dict[str, Any]) -> bool:
        """Insert unless a row with one of its unique keys is there; whether it was new."""
        return self._insert_new_rows(table, [row]) == 1

    def _insert_new_rows(self, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
        """Insert those of which no unique key is there; how many were new."""
        if not rows:
            return 0
        statement = _insert_new_into(table, self._connection.dialect.name)
        # SQLAlchemy keeps the row count of an INSERT only when it is asked to.
        return self._connection.execute(statement, rows, execution_options={"preserve_rowcount": True}).rowcount

    def _rows_of(self, statement: Executable, keys: Iterable[Any]) -> Iterator[Row[Any]]:
        """The rows of a statement that asks for an expanding `keys`, however many there are."""
        for chunk in in_chunks(keys):
            yield from self._connection.execute(statement, {"keys": chunk})

    def _rows_of_pairs(self, statement: Executable, pairs: Iterable[tuple[str, str]]) -> Iterator[Row[Any]]:
        """The same for a key of two columns: `first`, of which there are few, and expanding `keys`.

        Not `(first, second) IN (VALUES ...)`: SQLite answers that by reading the whole table.
        """
        seconds: dict[str, list[str]] = {}
        for first, second in pairs:
            seconds.setdefault(first, []).append(second)
        for first, keys in seconds.items():
            for chunk in in_chunks(keys):
                yield from self._connection.execute(statement, {"first": first, "keys": chunk})

    def _upsert(self, table: Table, rows: Sequence[dict[str, Any]]) -> None:
        """Insert, or replace what has the same primary key."""
        if not rows:
            return
        keys = [column.name for column in table.primary_key]
        statement = self._insert(table)
        changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
        self._connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), list(rows))


def insert_into(table: Table, dialect: str) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, which the two dialects spell alike but SQLAlchemy keeps apart."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


@cache
def _insert_new_into(table: Table, dialect: str) -> postgresql.Insert | sqlite.Insert:
    """Made once per table: making it again took longer than SQLite took to run it."""
    return insert_into(table, dialect).on_conflict_do_nothing()


def row_of(value: Any, **changed: Any) -> dict[str, Any]:
    """A frozen dataclass whose fields are the columns of its table, as a row."""
    row = {each.name: getattr(value, each.name) for each in fields(value)}
    row.update(changed)
    return row


def in_chunks(values: Iterable[T], size: int = KEYS_PER_STATEMENT) -> Iterator[list[T]]:
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk
