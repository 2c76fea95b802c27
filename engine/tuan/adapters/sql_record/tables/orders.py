"""Orders, their columns those of `OrderPlaced` and `Order`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Table, UniqueConstraint

from tuan.adapters.sql_record.tables.types import Document, Name, metadata
from tuan.domain.order import OrderLine

orders = Table(
    "orders",
    metadata,
    Column("order_id", Name, primary_key=True),
    Column("caller", Name, nullable=False),
    Column("request_id", Name, nullable=False),
    Column("fingerprint", Name, nullable=False),
    Column("reservation_key", Name, nullable=False),
    Column("buyer", Name, nullable=False),
    Column("device", Name, nullable=False),
    Column("address", Name, nullable=False),
    Column("region", Name, nullable=False),
    Column("channel", Name, nullable=False),
    Column("currency", Name, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("lines", Document(tuple[OrderLine, ...]), nullable=False),
    Column("shards", Document(tuple[str, ...]), nullable=False),
    Column("ruleset_hash", Name, nullable=False),
    Column("place_time_ms", BigInteger, nullable=False),
    Column("ready_when_paid", Boolean, nullable=False),
    Column("state", Name, nullable=False),
    Column("version", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("paid_minor", BigInteger, nullable=False),
    Column("refunded_minor", BigInteger, nullable=False),
    Column("payment_id", Name, nullable=False),
    Column("update_time_ms", BigInteger, nullable=False),
    Column("ship_reference", Name, nullable=False),
    Column("facts", Document(dict[str, Any]), nullable=False, server_default="{}"),
    UniqueConstraint("caller", "request_id"),
    CheckConstraint("total_minor >= 0", name="total_minor"),
    comment="lines are one document: frozen at order time, never recomputed, and rows per second are the drain's budget",
)
# Not (caller, buyer, order_id): a buyer's orders are few and quickly sorted, and an index in the order of buyers is written all
# over with every batch, so its pages should be few.
Index("ix_orders_buyer", orders.c.buyer)
# A backtest reads a window of time in pages. Orders come in the order of time, so a batch writes the last page of it alone.
Index("ix_orders_place_time_ms", orders.c.currency, orders.c.place_time_ms, orders.c.order_id)
