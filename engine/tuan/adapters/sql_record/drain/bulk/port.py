"""What the drain asks of a database, and what both answers to it share. Rows come as columns: what all of them have is one look away.

What was measured before it became like this is in docs/adr/0004-record-and-drain.md and 0023-the-drain-by-columns.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from sqlalchemy import Connection, Table

from tuan.codec import encode

Row = tuple[Any, ...]
#: Of each column its values, all of one length. An identity that is not among them is given by the database.
Columns = Mapping[str, Sequence[Any]]


class Bulk(Protocol):
    def insert(self, connection: Connection, table: Table, columns: Columns) -> None:
        """Rows that no unique key can refuse."""

    def insert_new(self, connection: Connection, table: Table, columns: Columns) -> int:
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


def columns_of(table: Table, rows: Iterable[Row]) -> Columns:
    """Of rows in the order of the table's columns, but for an identity that the database gives them."""
    brought = [each.name for each in table.columns if not (each.primary_key and each.autoincrement is True)]
    return dict(zip(brought, zip(*rows, strict=True), strict=True))


def row_count(connection: Connection, statement: str, parameters: Any) -> int:
    """SQLAlchemy keeps the row count of an INSERT only when it is asked to."""
    options = {"preserve_rowcount": True}
    return connection.exec_driver_sql(statement, parameters, execution_options=options).rowcount


def rows_found(connection: Connection, statement: str, parameters: tuple[str, ...]) -> list[Row]:
    return [tuple(row) for row in connection.exec_driver_sql(statement, parameters).all()]


def listed(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def also(condition: str) -> str:
    return f" AND {condition}" if condition else ""


def json_text(value: Any) -> str:
    return str(encode(value), "utf-8")
