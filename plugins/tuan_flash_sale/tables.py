"""Who wants to be told when a SKU can be bought again: the plugin's own table, and what is asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    delete,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from tuan.plugin import PluginTables

metadata = MetaData()

#: `activity_id` is `retail` for ordinary sale. A row lives until its notice is on its way.
restock_notices = Table(
    "flash_sale_restock_notices",
    metadata,
    Column("notice_id", BigInteger().with_variant(Integer(), "sqlite"), primary_key=True, autoincrement=True),
    Column("activity_id", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("caller", Text, nullable=False),
    Column("buyer", Text, nullable=False),
    Column("create_time_ms", BigInteger, nullable=False),
    UniqueConstraint("activity_id", "sku", "caller", "buyer", name="uq_flash_sale_restock_notices"),
    # Ids are never used again: a notice's own id is made of them.
    sqlite_autoincrement=True,
)
Index(
    "ix_flash_sale_restock_notices_sku",
    restock_notices.c.activity_id,
    restock_notices.c.sku,
    restock_notices.c.notice_id,
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A buyer who waits. `caller` is the application whose pseudonym `buyer` is."""

    notice_id: int
    activity_id: str
    caller: str
    buyer: str


def plugin_tables() -> PluginTables:
    return PluginTables(metadata, Path(__file__).parent / "migrations")


def remember(connection: Connection, activity_id: str, sku: str, caller: str, buyer: str, now_ms: int) -> bool:
    """Put a buyer on the list; False when they are on it already."""
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"activity_id": activity_id, "sku": sku, "caller": caller, "buyer": buyer, "create_time_ms": now_ms}
    statement = insert(restock_notices).values(row).on_conflict_do_nothing().returning(restock_notices.c.notice_id)
    return connection.execute(statement).first() is not None


def take_waiting(connection: Connection, activity_id: str, sku: str, count_max: int) -> Sequence[Waiting]:
    """Take those who have waited longest off the list."""
    table = restock_notices.c
    query = (
        select(table.notice_id, table.activity_id, table.caller, table.buyer)
        .where(table.activity_id == activity_id, table.sku == sku)
        .order_by(table.notice_id)
        .limit(count_max)
    )
    waiting = [Waiting(*row) for row in connection.execute(query)]
    if waiting:
        connection.execute(delete(restock_notices).where(table.notice_id.in_([person.notice_id for person in waiting])))
    return waiting
