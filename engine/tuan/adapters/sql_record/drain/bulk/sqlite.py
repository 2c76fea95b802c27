"""Bulk on SQLite: statements of 64 rows, which bind once what all the rows of a batch share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Table

from tuan.adapters.sql_record.drain.bulk.port import Columns, Row, also, json_text, listed, row_count, rows_found

#: Rows of a statement, and of those for what is left over. Longer ones gain nothing; the driver keeps 128 of them prepared.
GROUPS = (64, 8, 1)
#: Where the values of a column are in the parameters: among the shared ones, or the place of a column of their own.
Places = tuple[tuple[bool, int], ...]


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
    """Statements, and the parameters of each time that one is executed: a group of rows."""
    shared, own, places = _told_apart(columns)
    names, begin, count = tuple(columns), 0, len(next(iter(columns.values())))
    for size in GROUPS:
        end = count - (count - begin) % size
        if begin < end:
            parameters = [
                (*shared, *chain.from_iterable([column[start : start + size] for column in own]))
                for start in range(begin, end, size)
            ]
            yield _insert(table.name, names, places, len(shared), size) + conflict, parameters
            begin = end


def _told_apart(columns: Columns) -> tuple[Row, list[Sequence[Any]], Places]:
    """Values that all rows have, columns of their own, and where each column is. A column that repeats another is that one."""
    shared: list[Any] = []
    own: list[Sequence[Any]] = []
    places: list[tuple[bool, int]] = []
    for column in columns.values():
        first = column[0]
        if _is_shared(first, column):
            places.append((True, len(shared)))
            shared.append(first)
            continue
        place = next((at for at, each in enumerate(own) if each[0] is first and each == column), len(own))
        if place == len(own):
            own.append(column)
        places.append((False, place))
    return tuple(shared), own, tuple(places)


def _is_shared(first: Any, column: Sequence[Any]) -> bool:
    """Looks at the last before it looks at all. True and 1 are equal, but no column has both."""
    return bool(first == column[-1]) and column.count(first) == len(column)


@lru_cache(512)
def _insert(table: str, names: tuple[str, ...], places: Places, shared: int, size: int) -> str:
    rows = (
        ", ".join(f"?{(at if is_shared else shared + at * size + row) + 1}" for is_shared, at in places)
        for row in range(size)
    )
    return f"INSERT INTO {table} ({listed(names)}) VALUES ({'), ('.join(rows)})"
