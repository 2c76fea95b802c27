"""Collected coupons, and what they were used for."""

import sqlalchemy as sa
from alembic import op

revision = "coupon_0001"
down_revision = None
branch_labels = ("coupon",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "coupons",
        sa.Column("coupon_id", sa.Text, primary_key=True),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("buyer", sa.Text, nullable=False),
        sa.Column("template_id", sa.Text, nullable=False),
        sa.Column("ruleset_hash", sa.Text, nullable=False),
        sa.Column("collect_time_ms", sa.BigInteger, nullable=False),
        sa.Column("expire_time_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_coupons_buyer", "coupons", ["caller", "buyer", "collect_time_ms", "coupon_id"])
    op.create_table(
        "coupon_uses",
        sa.Column("order_id", sa.Text, primary_key=True),
        sa.Column("coupon_id", sa.Text, primary_key=True),
        sa.Column("template_id", sa.Text, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("buyer", sa.Text, nullable=False),
        sa.Column("counter", sa.Text, nullable=False),
        sa.Column("off_minor", sa.BigInteger, nullable=False),
        sa.Column("use_time_ms", sa.BigInteger, nullable=False),
        sa.Column("restored", sa.Boolean, nullable=False),
    )
    op.create_index("ix_coupon_uses_counter", "coupon_uses", ["counter", "restored"])
    op.create_index("ix_coupon_uses_template_id", "coupon_uses", ["template_id", "restored"])


def downgrade() -> None:
    op.drop_table("coupon_uses")
    op.drop_table("coupons")
