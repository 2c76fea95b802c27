"""Many rows in few statements, past SQLAlchemy's per-row work: rows are tuples in the order of the table's columns.

What was measured before it became like this is in docs/adr/0004-record-and-drain.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

import psycopg
from sqlalchemy import BigInteger, Boolean, Column, Connection, Integer, Table

from tuan.codec import encode

Row = tuple[Any, ...]


class Bulk(Protocol):
    def insert(self, connection: Connection, table: Table, rows: Sequence[Row], numbered: bool = False) -> None:
        """Rows that no unique key can refuse; `numbered` if they bring the identity that the database would give them."""

    def insert_new(self, connection: Connection, table: Table, rows: Sequence[Row]) -> int:
        """Rows that may be there already (by any unique key) and are then left out; how many went in."""

    def find(
        self,
        connection: Connection,
        table: Table,
        names: Sequence[str],
        shard: str,
        keys: Sequence[str],
        where: str = "",
    ) -> list[Row]:
        """The columns `names` as they are stored, where the first of them is one of `keys`; of one shard unless that is "".

        `where`: a condition for those of a shard, for the sake of an index that has it too.
        On PostgreSQL the rows of tables without shards are locked until the transaction ends, in the order of their keys.
        """

    def update(self, connection: Connection, table: Table, keys: int, names: Sequence[str], rows: Sequence[Row]) -> int:
        """Set the columns `names[keys:]` where the columns `names[:keys]` match; how many rows did."""


def bulk_for(dialect: str) -> Bulk:
    return PostgresBulk() if dialect == "postgresql" else SqliteBulk()


class SqliteBulk:
    def insert(self, connection: Connection, table: Table, rows: Sequence[Row], numbered: bool = False) -> None:
        connection.exec_driver_sql(_sqlite_insert(table, numbered), list(rows))

    def insert_new(self, connection: Connection, table: Table, rows: Sequence[Row]) -> int:
        return _row_count(connection, _sqlite_insert(table) + " ON CONFLICT DO NOTHING", list(rows))

    def find(
        self,
        connection: Connection,
        table: Table,
        names: Sequence[str],
        shard: str,
        keys: Sequence[str],
        where: str = "",
    ) -> list[Row]:
        # CROSS JOIN, which SQLite does not turn round: of an IN list it thinks so ill that it reads the whole shard instead.
        columns = ", ".join(f'{table.name}."{name}"' for name in names)
        wanted = (
            f"SELECT {columns} FROM json_each(?) AS wanted "
            f'CROSS JOIN {table.name} ON {table.name}."{names[0]}" = wanted.value'
        )
        parameters: tuple[str, ...] = (_json(keys),)
        if shard:
            wanted, parameters = f"{wanted} AND {table.name}.shard = ?{_and(where)}", (_json(keys), shard)
        return _rows(connection, wanted, parameters)

    def update(self, connection: Connection, table: Table, keys: int, names: Sequence[str], rows: Sequence[Row]) -> int:
        conditions = " AND ".join(f'"{name}" = ?' for name in names[:keys])
        changes = ", ".join(f'"{name}" = ?' for name in names[keys:])
        turned = [(*row[keys:], *row[:keys]) for row in rows]
        return _row_count(connection, f"UPDATE {table.name} SET {changes} WHERE {conditions}", turned)


class PostgresBulk:
    """COPY where rows are new; one JSON array, which the server turns into rows, where they meet others.

    Arrays per column (`unnest`) took 85 µs of the client per order row, psycopg's COPY takes 4.
    """

    def insert(self, connection: Connection, table: Table, rows: Sequence[Row], numbered: bool = False) -> None:
        driver: Any = connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(_postgres_copy(table, numbered)) as copy:
            for row in rows:
                copy.write_row(row)

    def insert_new(self, connection: Connection, table: Table, rows: Sequence[Row]) -> int:
        """COPY knows no ON CONFLICT: it is tried first, because almost always nothing is there yet."""
        savepoint = connection.begin_nested()
        try:
            self.insert(connection, table, rows)
        except psycopg.errors.UniqueViolation:
            savepoint.rollback()
            names = [column.name for column in _stored(table)]
            return _row_count(connection, _postgres_insert_new(table), (_records(names, rows),))
        savepoint.commit()
        return len(rows)

    def find(
        self,
        connection: Connection,
        table: Table,
        names: Sequence[str],
        shard: str,
        keys: Sequence[str],
        where: str = "",
    ) -> list[Row]:
        # A join, not IN: on a table that grew faster than its statistics, the planner read the whole shard for each IN list.
        columns = ", ".join(f'{table.name}."{name}"' for name in names)
        wanted = (
            f"SELECT {columns} FROM json_array_elements_text(%s::json) AS wanted (key) "
            f'JOIN {table.name} ON {table.name}."{names[0]}" = wanted.key COLLATE "C"'
        )
        if shard:
            return _rows(connection, f"{wanted} AND {table.name}.shard = %s{_and(where)}", (_json(keys), shard))
        locked = f'{wanted} ORDER BY {table.name}."{names[0]}" FOR UPDATE OF {table.name}'
        return _rows(connection, locked, (_json(keys),))

    def update(self, connection: Connection, table: Table, keys: int, names: Sequence[str], rows: Sequence[Row]) -> int:
        changes = ", ".join(f'"{name}" = changed."{name}"' for name in names[keys:])
        conditions = " AND ".join(f'{table.name}."{name}" = changed."{name}"' for name in names[:keys])
        source = _recordset([table.c[name] for name in names])
        statement = f"UPDATE {table.name} SET {changes} FROM {source} WHERE {conditions}"
        return _row_count(connection, statement, (_records(names, rows),))


def _row_count(connection: Connection, statement: str, parameters: Any) -> int:
    """SQLAlchemy keeps the row count of an INSERT only when it is asked to."""
    options = {"preserve_rowcount": True}
    return connection.exec_driver_sql(statement, parameters, execution_options=options).rowcount


def _stored(table: Table, numbered: bool = False) -> list[Column[Any]]:
    """The columns that a row brings along; identities are given by the database unless the rows are numbered."""
    return [each for each in table.columns if numbered or not (each.primary_key and each.autoincrement is True)]


def _rows(connection: Connection, statement: str, parameters: tuple[str, ...]) -> list[Row]:
    return [tuple(row) for row in connection.exec_driver_sql(statement, parameters).all()]


def _names(table: Table, numbered: bool = False) -> str:
    return _listed([column.name for column in _stored(table, numbered)])


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def _and(condition: str) -> str:
    return f" AND {condition}" if condition else ""


def _json(value: Any) -> str:
    return str(encode(value), "utf-8")


def _records(names: Sequence[str], rows: Sequence[Row]) -> str:
    return _json([dict(zip(names, row, strict=True)) for row in rows])


def _recordset(columns: Sequence[Column[Any]]) -> str:
    typed = ", ".join(f'"{column.name}" {_type(column)}' for column in columns)
    return f"json_to_recordset(%s::json) AS changed ({typed})"


@cache
def _sqlite_insert(table: Table, numbered: bool = False) -> str:
    marks = ", ".join("?" * len(_stored(table, numbered)))
    return f"INSERT INTO {table.name} ({_names(table, numbered)}) VALUES ({marks})"


@cache
def _postgres_copy(table: Table, numbered: bool = False) -> str:
    return f"COPY {table.name} ({_names(table, numbered)}) FROM STDIN"


@cache
def _postgres_insert_new(table: Table) -> str:
    source = _recordset(_stored(table))
    return f"INSERT INTO {table.name} ({_names(table)}) SELECT {_names(table)} FROM {source} ON CONFLICT DO NOTHING"


def _type(column: Column[Any]) -> str:
    kind = column.type
    if isinstance(kind, Boolean):
        return "boolean"
    if isinstance(kind, BigInteger):
        return "bigint"
    return "integer" if isinstance(kind, Integer) else 'text COLLATE "C"'
