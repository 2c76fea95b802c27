"""Products, SKUs and stock on hand."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Table

from tuan.adapters.sql_record.tables.types import Document, Name, metadata

products = Table(
    "products",
    metadata,
    Column("product_id", Name, primary_key=True),
    Column("title", Name, nullable=False),
    Column("category", Name, nullable=False),
)

skus = Table(
    "skus",
    metadata,
    Column("sku", Name, primary_key=True),
    Column("product_id", Name, nullable=False, index=True),
    Column("title", Name, nullable=False),
    Column("category", Name, nullable=False),
    Column("currency", Name, nullable=False),
    Column("list_minor", BigInteger, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("attributes", Document(dict[str, str]), nullable=False),
    CheckConstraint("list_minor >= 0", name="list_minor"),
)

stock_levels = Table(
    "stock_levels",
    metadata,
    Column("sku", Name, primary_key=True),
    Column("warehouse", Name, primary_key=True),
    Column("on_hand", BigInteger, nullable=False),
)

stock_changes = Table(
    "stock_changes",
    metadata,
    Column("key", Name, primary_key=True),
    Column("sku", Name, primary_key=True),
    Column("warehouse", Name, primary_key=True),
    Column("delta", BigInteger, nullable=False),
    comment="every change of stock_levels, under the idempotency key that made it",
)

revisions = Table(
    "revisions",
    metadata,
    Column("subject", Name, primary_key=True),
    Column("revision", BigInteger, nullable=False),
    comment="rises with every change of its subject, so that other processes know when to read again",
)
