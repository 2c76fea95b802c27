"""The record's tables (SQLAlchemy Core), one file per subject; for the repositories, the drain and the migrations."""

from tuan.adapters.sql_record.tables.campaigns import (
    activities,
    price_rules,
    ruleset_sets,
    rulesets,
    shadow_totals,
    stock_transfers,
)
from tuan.adapters.sql_record.tables.catalogue import products, revisions, skus, stock_changes, stock_levels
from tuan.adapters.sql_record.tables.money import (
    ledger_entries,
    ledger_transactions,
    payment_notices,
    payments,
    refunds,
)
from tuan.adapters.sql_record.tables.orders import orders
from tuan.adapters.sql_record.tables.shards import (
    applied_keys,
    counters,
    poison_intents,
    record_identity,
    reservations,
    shards,
)
from tuan.adapters.sql_record.tables.types import metadata
from tuan.adapters.sql_record.tables.work import alarms, api_keys, duties, jobs, outbox, outbox_cursors, requests

__all__ = [
    "activities",
    "alarms",
    "api_keys",
    "applied_keys",
    "counters",
    "duties",
    "jobs",
    "ledger_entries",
    "ledger_transactions",
    "metadata",
    "orders",
    "outbox",
    "outbox_cursors",
    "payment_notices",
    "payments",
    "poison_intents",
    "price_rules",
    "products",
    "record_identity",
    "refunds",
    "requests",
    "reservations",
    "revisions",
    "ruleset_sets",
    "rulesets",
    "shadow_totals",
    "shards",
    "skus",
    "stock_changes",
    "stock_levels",
    "stock_transfers",
]
