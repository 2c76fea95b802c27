"""Published rules, the activities that they made, and stock on its way between their shards."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Table

from tuan.adapters.sql_record.tables.types import Document, Name, metadata
from tuan.domain.activity import StockShare
from tuan.domain.claim import CounterSpec
from tuan.ports import RuleFile

rulesets = Table(
    "rulesets",
    metadata,
    Column("ruleset_hash", Name, primary_key=True),
    Column("package", Name, nullable=False, index=True),
    Column("version", Name, nullable=False),
    Column("files", Document(tuple[RuleFile, ...]), nullable=False),
    Column("state", Name, nullable=False),
    Column("publish_time_ms", BigInteger, nullable=False),
    CheckConstraint("state IN ('active', 'retired')", name="state"),
)

price_rules = Table(
    "price_rules",
    metadata,
    Column("ruleset_hash", Name, ForeignKey("rulesets.ruleset_hash"), primary_key=True),
    Column("rule_id", Name, primary_key=True),
    Column("promotion", Name, nullable=False),
    Column("config", Document(dict[str, Any]), nullable=False),
    Column("start_time_ms", BigInteger, nullable=False),
    Column("end_time_ms", BigInteger, nullable=False),
    Column("skus", Document(tuple[str, ...]), nullable=False),
    Column("priority", BigInteger, nullable=False),
)

activities = Table(
    "activities",
    metadata,
    Column("activity_id", Name, primary_key=True),
    Column("promotion", Name, nullable=False),
    Column("block_id", Name, nullable=False),
    Column("title", Name, nullable=False),
    Column("ruleset_hash", Name, nullable=False),
    Column("start_time_ms", BigInteger, nullable=False),
    Column("end_time_ms", BigInteger, nullable=False),
    Column("config", Document(dict[str, Any]), nullable=False),
    Column("stock", Document(tuple[StockShare, ...]), nullable=False),
    Column("counters", Document(tuple[CounterSpec, ...]), nullable=False),
    Column("state", Name, nullable=False, index=True),
    Column("campaign_id", Name, nullable=False),
    Column("released_buffer", Document(tuple[str, ...]), nullable=False),
    Column("provision_time_ms", BigInteger, nullable=False),
    Column("package", Name, nullable=False),
)

stock_transfers = Table(
    "stock_transfers",
    metadata,
    Column("transfer_id", Name, primary_key=True),
    Column("from_shard", Name, nullable=False),
    Column("to_shard", Name, nullable=False),
    Column("sku", Name, nullable=False),
    Column("quantity", BigInteger),
    Column("state", Name, nullable=False),
    Column("taken", BigInteger, nullable=False),
    CheckConstraint("state IN ('planned', 'taken', 'done')", name="state"),
    CheckConstraint("taken >= 0", name="taken"),
    comment="quantity NULL: all that is available",
)
Index("ix_stock_transfers_state", stock_transfers.c.state)
