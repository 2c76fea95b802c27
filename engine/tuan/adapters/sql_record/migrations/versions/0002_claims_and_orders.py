"""Shards with their counters and reservations, and the orders that they hold for."""

import sqlalchemy as sa
from alembic import op

revision = "0002_claims_and_orders"
down_revision = "0001_catalogue_and_campaigns"
branch_labels = None
depends_on = None

Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "shards",
        sa.Column("shard", Name, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=False),
        sa.Column("state", Name, nullable=False),
        sa.Column("forgetful", sa.Boolean(), nullable=False),
        sa.Column("lease_owner", Name, nullable=False),
        sa.Column("lease_token", sa.BigInteger(), nullable=False),
        sa.Column("lease_expire_time_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", name=op.f("pk_shards")),
        comment="cursor: last drained sequence number; lease_token: fences off an owner that lost its lease",
    )
    op.create_table(
        "counters",
        sa.Column("shard", Name, nullable=False),
        sa.Column("name", Name, nullable=False),
        sa.Column("capacity", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.Column("open_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("close_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("confirm_deadline_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("taken <= used", name=op.f("ck_counters_taken_within_used")),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_counters_not_negative")),
        sa.CheckConstraint("used <= capacity", name=op.f("ck_counters_not_oversold")),
        sa.ForeignKeyConstraint(["shard"], ["shards.shard"], name=op.f("fk_counters_shard")),
        sa.PrimaryKeyConstraint("shard", "name", name=op.f("pk_counters")),
        comment="named capacities; per-subject limits are sums over reservations",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "reservations",
        sa.Column("shard", Name, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("key", Name, nullable=False),
        sa.Column("order_id", Name, nullable=True),
        sa.Column("order_key", Name, nullable=True),
        sa.Column("commits_order", sa.Boolean(), nullable=False),
        sa.Column("fingerprint", Name, nullable=False),
        sa.Column("label", Name, nullable=False),
        sa.Column("state", Name, nullable=False),
        sa.Column("create_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("claims", Name, nullable=False),
        sa.Column("returned", Name, nullable=False),
        sa.PrimaryKeyConstraint("shard", "sequence", name=op.f("pk_reservations")),
        sa.UniqueConstraint("shard", "key", name=op.f("uq_reservations_shard_key")),
        comment="order_key: key of the order's first reservation; commits_order: the order's row follows this reservation",
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_reservations_order_id"), "reservations", ["order_id"], unique=False)
    op.create_table(
        "applied_keys",
        sa.Column("shard", Name, nullable=False),
        sa.Column("key", Name, nullable=False),
        sa.Column("verb", Name, nullable=False),
        sa.Column("applied", sa.BigInteger(), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", "key", name=op.f("pk_applied_keys")),
        comment="idempotency keys of define, restock and give_back, with the delta that each applied",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "poison_intents",
        sa.Column("shard", Name, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("payload", Name, nullable=False),
        sa.Column("error", Name, nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("shard", "epoch", "sequence", name=op.f("pk_poison_intents")),
        comment="intents that the drain could not write and set aside",
    )
    op.create_table(
        "orders",
        sa.Column("order_id", Name, nullable=False),
        sa.Column("caller", Name, nullable=False),
        sa.Column("request_id", Name, nullable=False),
        sa.Column("fingerprint", Name, nullable=False),
        sa.Column("reservation_key", Name, nullable=False),
        sa.Column("buyer", Name, nullable=False),
        sa.Column("device", Name, nullable=False),
        sa.Column("address", Name, nullable=False),
        sa.Column("region", Name, nullable=False),
        sa.Column("channel", Name, nullable=False),
        sa.Column("currency", Name, nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("lines", Name, nullable=False),
        sa.Column("shards", Name, nullable=False),
        sa.Column("ruleset_hash", Name, nullable=False),
        sa.Column("place_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("ready_when_paid", sa.Boolean(), nullable=False),
        sa.Column("state", Name, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("paid_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("payment_id", Name, nullable=False),
        sa.Column("update_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("ship_reference", Name, nullable=False),
        sa.CheckConstraint("total_minor >= 0", name=op.f("ck_orders_total_minor")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_orders")),
        sa.UniqueConstraint("caller", "request_id", name=op.f("uq_orders_caller_request_id")),
        comment="lines are one document: frozen at order time, never recomputed, and rows per second are the drain's budget",
    )
    op.create_index("ix_orders_buyer", "orders", ["buyer"], unique=False)


def downgrade() -> None:
    op.drop_table("orders")
    op.drop_table("poison_intents")
    op.drop_table("applied_keys")
    op.drop_table("reservations")
    op.drop_table("counters")
    op.drop_table("shards")
