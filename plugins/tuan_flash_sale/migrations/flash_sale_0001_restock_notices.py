"""Buyers who want to be told when a SKU can be bought again."""

import sqlalchemy as sa
from alembic import op

revision = "flash_sale_0001"
down_revision = None
branch_labels = ("flash_sale",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "flash_sale_restock_notices",
        sa.Column(
            "notice_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True
        ),
        sa.Column("activity_id", sa.Text, nullable=False),
        sa.Column("sku", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("buyer", sa.Text, nullable=False),
        sa.Column("create_time_ms", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("activity_id", "sku", "caller", "buyer", name="uq_flash_sale_restock_notices"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_flash_sale_restock_notices_sku", "flash_sale_restock_notices", ["activity_id", "sku", "notice_id"]
    )


def downgrade() -> None:
    op.drop_table("flash_sale_restock_notices")
