"""Points that came and went."""

import sqlalchemy as sa
from alembic import op

revision = "points_0001"
down_revision = None
branch_labels = ("points",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "points_entries",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=True),
        sa.Column("reference", sa.Text, nullable=False, unique=True),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("buyer", sa.Text, nullable=False),
        sa.Column("program_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.Column("left", sa.BigInteger, nullable=False),
        sa.Column("order_id", sa.Text, nullable=False),
        sa.Column("time_ms", sa.BigInteger, nullable=False),
        sa.Column("expire_time_ms", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("worth_minor", sa.BigInteger, nullable=False),
        sa.Column("funded_by", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_points_entries_buyer", "points_entries", ["caller", "buyer", "number"])
    op.create_index("ix_points_entries_order_id", "points_entries", ["order_id"])
    op.create_index("ix_points_entries_expire_time_ms", "points_entries", ["expire_time_ms", "left"])


def downgrade() -> None:
    op.drop_table("points_entries")
