"""Published rules, the activities that they made, and stock on its way between their shards."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Integer, Table

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
    Column("canary_percent", Integer, nullable=False, server_default="0"),
    Column("activate_time_ms", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("state IN ('draft', 'checked', 'shadow', 'canary', 'active', 'retired')", name="state"),
)

ruleset_sets = Table(
    "ruleset_sets",
    metadata,
    Column("set_hash", Name, primary_key=True),
    Column("ruleset_hashes", Document(tuple[str, ...]), nullable=False),
    comment="rulesets of several packages that price one cart together; orders name the set",
)

shadow_totals = Table(
    "shadow_totals",
    metadata,
    Column("ruleset_hash", Name, primary_key=True),
    Column("currency", Name, primary_key=True),
    Column("orders", BigInteger, nullable=False),
    Column("cheaper", BigInteger, nullable=False),
    Column("dearer", BigInteger, nullable=False),
    Column("failed", BigInteger, nullable=False),
    Column("dropped", BigInteger, nullable=False),
    Column("live_minor", BigInteger, nullable=False),
    Column("shadow_minor", BigInteger, nullable=False),
    Column("update_time_ms", BigInteger, nullable=False),
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
