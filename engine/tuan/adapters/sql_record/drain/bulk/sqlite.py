"""Bulk on SQLite: statements of many rows, which bind once what all the rows of a batch share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table

from tuan.adapters.sql_record.drain.bulk.port import Columns, Row, also, json_text, listed, row_count, rows_found

#: Rows of a statement: many, some, and those that are left over. To prepare one takes some 20 µs a row, and the driver keeps the
#: last 128, so that many pay from MANY_FROM rows on even if such a statement was not seen before. More than 64 gain nothing.
MANY, SOME = 64, 8
MANY_FROM = 512


class SqliteBulk:
    def insert(self, connection: Connection, table: Table, columns: Columns) -> None:
        for statement, parameters in _inserts(table, columns, ""):
            connection.exec_driver_sql(statement, parameters)

    def insert_new(self, connection: Connection, table: Table, columns: Columns) -> int:
        inserts = _inserts(table, columns, " ON CONFLICT DO NOTHING")
        return sum([row_count(connection, statement, parameters) for statement, parameters in inserts])

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
        parameters: tuple[str, ...] = (json_text(keys),)
        if shard:
            wanted, parameters = f"{wanted} AND {table.name}.shard = ?{also(where)}", (json_text(keys), shard)
        return rows_found(connection, wanted, parameters)

    def update(self, connection: Connection, table: Table, keys: int, names: Sequence[str], rows: Sequence[Row]) -> int:
        conditions = " AND ".join(f'"{name}" = ?' for name in names[:keys])
        changes = ", ".join(f'"{name}" = ?' for name in names[keys:])
        turned = [(*row[keys:], *row[:keys]) for row in rows]
        return row_count(connection, f"UPDATE {table.name} SET {changes} WHERE {conditions}", turned)


def _inserts(table: Table, columns: Columns, conflict: str) -> Iterator[tuple[str, list[Row]]]:
    """Statements, and the parameters of each time that one is executed: those that all rows share, then those of a group of rows."""
    shared, own, again = _told_apart(columns)
    names, values = (*shared, *own, *again), tuple(shared.values())
    rows = list(zip(*own.values(), strict=True)) if own else [()] * len(next(iter(columns.values())))
    begin, count = 0, len(rows)
    for size in (MANY if count >= MANY_FROM else SOME, SOME, 1):
        end = count - (count - begin) % size
        if begin < end:
            statement = _insert(table.name, names, len(shared), len(own), tuple(again.values()), size) + conflict
            yield statement, [(*values, *chain.from_iterable(rows[at : at + size])) for at in range(begin, end, size)]
            begin = end


def _told_apart(columns: Columns) -> tuple[dict[str, Any], dict[str, Sequence[Any]], dict[str, int]]:
    """Values that all rows have; columns with values of their own; and which of these, by its place, a column repeats."""
    shared: dict[str, Any] = {}
    own: dict[str, Sequence[Any]] = {}
    again: dict[str, int] = {}
    for name, column in columns.items():
        first = column[0]
        # The last is looked at before all are. That True equals 1 does no harm: SQLite stores the one as the other.
        if first == column[-1] and column.count(first) == len(column):
            shared[name] = first
            continue
        place = next((at for at, each in enumerate(own.values()) if each[0] is first and each == column), None)
        if place is None:
            own[name] = column
        else:
            again[name] = place
    return shared, own, again


@lru_cache(256)
def _insert(table: str, names: tuple[str, ...], shared: int, own: int, again: tuple[int, ...], size: int) -> str:
    """Only what is bound once and used often has a number: SQLite looks numbers up one after the other when it prepares a statement."""
    in_all = [f"?{number}" for number in range(1, shared + 1)] + ["?"] * own
    rows = [", ".join([*in_all, *[f"?{shared + row * own + at + 1}" for at in again]]) for row in range(size)]
    return f"INSERT INTO {table} ({listed(names)}) VALUES ({'), ('.join(rows)})"
