"""Payments, refunds, the append-only ledger; jobs, events, alarms and who may call."""

import sqlalchemy as sa
from alembic import op

revision = "0003_money_and_work"
down_revision = "0002_claims_and_orders"
branch_labels = None
depends_on = None

Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
IdentityInteger = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LEDGER = ("ledger_transactions", "ledger_entries")


def upgrade() -> None:
    op.create_table(
        "payments",
        sa.Column("payment_id", Name, nullable=False),
        sa.Column("caller", Name, nullable=False),
        sa.Column("request_id", Name, nullable=False),
        sa.Column("gateway", Name, nullable=False),
        sa.Column("currency", Name, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("shares", Name, nullable=False),
        sa.Column("state", Name, nullable=False),
        sa.Column("create_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("transaction_id", Name, nullable=False),
        sa.PrimaryKeyConstraint("payment_id", name=op.f("pk_payments")),
        sa.UniqueConstraint("caller", "request_id", name=op.f("uq_payments_caller_request_id")),
    )
    op.create_table(
        "payment_notices",
        sa.Column("gateway", Name, nullable=False),
        sa.Column("transaction_id", Name, nullable=False),
        sa.Column("payment_id", Name, nullable=False),
        sa.Column("succeeded", sa.Boolean(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", Name, nullable=False),
        sa.Column("gateway_time_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("gateway", "transaction_id", name=op.f("pk_payment_notices")),
        comment="the inbox: a gateway is answered only once its notice is committed here",
    )
    op.create_index(op.f("ix_payment_notices_payment_id"), "payment_notices", ["payment_id"], unique=False)
    op.create_table(
        "refunds",
        sa.Column("refund_id", Name, nullable=False),
        sa.Column("order_id", Name, nullable=False),
        sa.Column("payment_id", Name, nullable=False),
        sa.Column("gateway", Name, nullable=False),
        sa.Column("transaction_id", Name, nullable=False),
        sa.Column("currency", Name, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("cause", Name, nullable=False),
        sa.Column("state", Name, nullable=False),
        sa.Column("units", Name, nullable=False),
        sa.Column("create_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("request_id", Name, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("restocked", sa.Boolean(), nullable=False),
        sa.Column("last_error", Name, nullable=False),
        sa.PrimaryKeyConstraint("refund_id", name=op.f("pk_refunds")),
    )
    op.create_index(op.f("ix_refunds_order_id"), "refunds", ["order_id"], unique=False)
    op.create_table(
        "ledger_transactions",
        sa.Column("kind", Name, nullable=False),
        sa.Column("reference", Name, nullable=False),
        sa.Column("order_id", Name, nullable=False),
        sa.Column("currency", Name, nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "reference", name=op.f("pk_ledger_transactions")),
        comment="append-only by trigger; (kind, reference) makes posting idempotent",
    )
    op.create_index("ix_ledger_transactions_order_id", "ledger_transactions", ["order_id"], unique=False)
    op.create_table(
        "ledger_entries",
        sa.Column("kind", Name, nullable=False),
        sa.Column("reference", Name, nullable=False),
        sa.Column("entry_index", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("account", Name, nullable=False),
        sa.Column("currency", Name, nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["kind", "reference"],
            ["ledger_transactions.kind", "ledger_transactions.reference"],
            name="fk_ledger_entries_transaction",
        ),
        sa.PrimaryKeyConstraint("kind", "reference", "entry_index", name=op.f("pk_ledger_entries")),
        comment="append-only by trigger; debits positive, credits negative; the entries of a transaction sum to zero",
    )
    op.create_table(
        "jobs",
        sa.Column("job_id", IdentityInteger, autoincrement=True, nullable=False),
        sa.Column("kind", Name, nullable=False),
        sa.Column("key", Name, nullable=False),
        sa.Column("run_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("payload", Name, nullable=False),
        sa.Column("state", Name, nullable=False),
        sa.Column("last_error", Name, nullable=False),
        sa.CheckConstraint("state IN ('open', 'failed', 'done')", name=op.f("ck_jobs_state")),
        sa.PrimaryKeyConstraint("job_id", name=op.f("pk_jobs")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_jobs_kind_key")),
        comment="a job that is done stays, so that (kind, key) runs once for ever",
    )
    op.create_index("ix_jobs_state_run_time_ms", "jobs", ["state", "run_time_ms"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("event_id", IdentityInteger, autoincrement=True, nullable=False),
        sa.Column("kind", Name, nullable=False),
        sa.Column("subject", Name, nullable=False),
        sa.Column("activity_id", Name, nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("data", Name, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_outbox")),
        comment="event_id rises in the order of commit",
        sqlite_autoincrement=True,
    )
    op.create_table(
        "outbox_cursors",
        sa.Column("consumer", Name, nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", name=op.f("pk_outbox_cursors")),
    )
    op.create_table(
        "alarms",
        sa.Column("alarm_id", IdentityInteger, autoincrement=True, nullable=False),
        sa.Column("kind", Name, nullable=False),
        sa.Column("subject", Name, nullable=False),
        sa.Column("message", Name, nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("shard", Name, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("alarm_id", name=op.f("pk_alarms")),
        comment="open: the record is not whole, and the audit says so until it is",
    )
    op.create_table(
        "requests",
        sa.Column("caller", Name, nullable=False),
        sa.Column("request_id", Name, nullable=False),
        sa.Column("method", Name, nullable=False),
        sa.Column("fingerprint", Name, nullable=False),
        sa.PrimaryKeyConstraint("caller", "request_id", name=op.f("pk_requests")),
        comment="request ids of every write but orders and payments, which have a key of their own; kept for ever",
    )
    op.create_table(
        "api_keys",
        sa.Column("key_id", Name, nullable=False),
        sa.Column("key_hash", Name, nullable=False),
        sa.Column("caller", Name, nullable=False),
        sa.Column("scopes", Name, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_keys_key_hash")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$"
        )
    for table in LEDGER:
        _forbid_changes(table)


def downgrade() -> None:
    op.drop_table("api_keys")
    op.drop_table("requests")
    op.drop_table("alarms")
    op.drop_table("outbox_cursors")
    op.drop_table("outbox")
    op.drop_table("jobs")
    op.drop_table("ledger_entries")
    op.drop_table("ledger_transactions")
    op.drop_table("refunds")
    op.drop_table("payment_notices")
    op.drop_table("payments")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_ledger_change()")


def _forbid_changes(table: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_ledger_change()"
        )
        return
    for change in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER {table}_no_{change.lower()} BEFORE {change} ON {table} "
            "BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END"
        )
