"""Payments, their notices, refunds and the double-entry ledger."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKeyConstraint, Index, Integer, Table, UniqueConstraint

from tuan.adapters.sql_record.tables.types import Document, Name, metadata
from tuan.domain.payment import RefundUnits

payments = Table(
    "payments",
    metadata,
    Column("payment_id", Name, primary_key=True),
    Column("caller", Name, nullable=False),
    Column("request_id", Name, nullable=False),
    Column("gateway", Name, nullable=False),
    Column("currency", Name, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("shares", Document(tuple[tuple[str, int], ...]), nullable=False),
    Column("state", Name, nullable=False),
    Column("create_time_ms", BigInteger, nullable=False),
    Column("transaction_id", Name, nullable=False),
    UniqueConstraint("caller", "request_id"),
)

payment_notices = Table(
    "payment_notices",
    metadata,
    Column("gateway", Name, primary_key=True),
    Column("transaction_id", Name, primary_key=True),
    Column("payment_id", Name, nullable=False, index=True),
    Column("succeeded", Boolean, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", Name, nullable=False),
    Column("gateway_time_ms", BigInteger, nullable=False),
    comment="the inbox: a gateway is answered only once its notice is committed here",
)

refunds = Table(
    "refunds",
    metadata,
    Column("refund_id", Name, primary_key=True),
    Column("order_id", Name, nullable=False, index=True),
    Column("payment_id", Name, nullable=False),
    Column("gateway", Name, nullable=False),
    Column("transaction_id", Name, nullable=False),
    Column("currency", Name, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("cause", Name, nullable=False),
    Column("state", Name, nullable=False),
    Column("units", Document(tuple[RefundUnits, ...]), nullable=False),
    Column("create_time_ms", BigInteger, nullable=False),
    Column("request_id", Name, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("restocked", Boolean, nullable=False),
    Column("last_error", Name, nullable=False),
)

ledger_transactions = Table(
    "ledger_transactions",
    metadata,
    Column("kind", Name, primary_key=True),
    Column("reference", Name, primary_key=True),
    Column("order_id", Name, nullable=False),
    Column("currency", Name, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    comment="append-only by trigger; (kind, reference) makes posting idempotent",
)
Index("ix_ledger_transactions_order_id", ledger_transactions.c.order_id)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    Column("kind", Name, primary_key=True),
    Column("reference", Name, primary_key=True),
    Column("entry_index", Integer, primary_key=True, autoincrement=False),
    Column("account", Name, nullable=False),
    Column("currency", Name, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    ForeignKeyConstraint(
        ["kind", "reference"],
        ["ledger_transactions.kind", "ledger_transactions.reference"],
        name="fk_ledger_entries_transaction",
    ),
    comment="append-only by trigger; debits positive, credits negative; the entries of a transaction sum to zero",
)
