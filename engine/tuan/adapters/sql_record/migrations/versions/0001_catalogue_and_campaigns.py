"""Products, SKUs, stock, rulesets, activities and transfers."""

import sqlalchemy as sa
from alembic import op

revision = "0001_catalogue_and_campaigns"
down_revision = None
branch_labels = None
depends_on = None

Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "products",
        sa.Column("product_id", Name, nullable=False),
        sa.Column("title", Name, nullable=False),
        sa.Column("category", Name, nullable=False),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_products")),
    )
    op.create_table(
        "skus",
        sa.Column("sku", Name, nullable=False),
        sa.Column("product_id", Name, nullable=False),
        sa.Column("title", Name, nullable=False),
        sa.Column("category", Name, nullable=False),
        sa.Column("currency", Name, nullable=False),
        sa.Column("list_minor", sa.BigInteger(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("attributes", Name, nullable=False),
        sa.CheckConstraint("list_minor >= 0", name=op.f("ck_skus_list_minor")),
        sa.PrimaryKeyConstraint("sku", name=op.f("pk_skus")),
    )
    op.create_index(op.f("ix_skus_product_id"), "skus", ["product_id"], unique=False)
    op.create_table(
        "stock_levels",
        sa.Column("sku", Name, nullable=False),
        sa.Column("warehouse", Name, nullable=False),
        sa.Column("on_hand", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sku", "warehouse", name=op.f("pk_stock_levels")),
    )
    op.create_table(
        "stock_changes",
        sa.Column("key", Name, nullable=False),
        sa.Column("sku", Name, nullable=False),
        sa.Column("warehouse", Name, nullable=False),
        sa.Column("delta", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key", "sku", "warehouse", name=op.f("pk_stock_changes")),
        comment="every change of stock_levels, under the idempotency key that made it",
    )
    op.create_table(
        "revisions",
        sa.Column("subject", Name, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_revisions")),
        comment="rises with every change of its subject, so that other processes know when to read again",
    )
    op.create_table(
        "rulesets",
        sa.Column("ruleset_hash", Name, nullable=False),
        sa.Column("package", Name, nullable=False),
        sa.Column("version", Name, nullable=False),
        sa.Column("files", Name, nullable=False),
        sa.Column("state", Name, nullable=False),
        sa.Column("publish_time_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'retired')", name=op.f("ck_rulesets_state")),
        sa.PrimaryKeyConstraint("ruleset_hash", name=op.f("pk_rulesets")),
    )
    op.create_index(op.f("ix_rulesets_package"), "rulesets", ["package"], unique=False)
    op.create_table(
        "price_rules",
        sa.Column("ruleset_hash", Name, nullable=False),
        sa.Column("rule_id", Name, nullable=False),
        sa.Column("promotion", Name, nullable=False),
        sa.Column("config", Name, nullable=False),
        sa.Column("start_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("skus", Name, nullable=False),
        sa.Column("priority", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["ruleset_hash"], ["rulesets.ruleset_hash"], name=op.f("fk_price_rules_ruleset_hash")),
        sa.PrimaryKeyConstraint("ruleset_hash", "rule_id", name=op.f("pk_price_rules")),
    )
    op.create_table(
        "activities",
        sa.Column("activity_id", Name, nullable=False),
        sa.Column("promotion", Name, nullable=False),
        sa.Column("block_id", Name, nullable=False),
        sa.Column("title", Name, nullable=False),
        sa.Column("ruleset_hash", Name, nullable=False),
        sa.Column("start_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("config", Name, nullable=False),
        sa.Column("stock", Name, nullable=False),
        sa.Column("counters", Name, nullable=False),
        sa.Column("state", Name, nullable=False),
        sa.Column("campaign_id", Name, nullable=False),
        sa.Column("released_buffer", Name, nullable=False),
        sa.Column("provision_time_ms", sa.BigInteger(), nullable=False),
        sa.Column("package", Name, nullable=False),
        sa.PrimaryKeyConstraint("activity_id", name=op.f("pk_activities")),
    )
    op.create_index(op.f("ix_activities_state"), "activities", ["state"], unique=False)
    op.create_table(
        "stock_transfers",
        sa.Column("transfer_id", Name, nullable=False),
        sa.Column("from_shard", Name, nullable=False),
        sa.Column("to_shard", Name, nullable=False),
        sa.Column("sku", Name, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=True),
        sa.Column("state", Name, nullable=False),
        sa.Column("taken", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('planned', 'taken', 'done')", name=op.f("ck_stock_transfers_state")),
        sa.CheckConstraint("taken >= 0", name=op.f("ck_stock_transfers_taken")),
        sa.PrimaryKeyConstraint("transfer_id", name=op.f("pk_stock_transfers")),
        comment="quantity NULL: all that is available",
    )
    op.create_index("ix_stock_transfers_state", "stock_transfers", ["state"], unique=False)


def downgrade() -> None:
    op.drop_table("stock_transfers")
    op.drop_table("activities")
    op.drop_table("price_rules")
    op.drop_table("rulesets")
    op.drop_table("revisions")
    op.drop_table("stock_changes")
    op.drop_table("stock_levels")
    op.drop_table("skus")
    op.drop_table("products")
