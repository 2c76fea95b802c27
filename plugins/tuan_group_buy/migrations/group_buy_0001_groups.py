"""Groups, their members and their draws."""

import sqlalchemy as sa
from alembic import op

revision = "group_buy_0001"
down_revision = None
branch_labels = ("group_buy",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "group_buy_groups",
        sa.Column("group_id", sa.Text, primary_key=True),
        sa.Column("activity_id", sa.Text, nullable=False),
        sa.Column("share_code", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("seats", sa.Integer, nullable=False),
        sa.Column("seats_left", sa.Integer, nullable=False),
        sa.Column("members_min", sa.Integer, nullable=False),
        sa.Column("min_new", sa.Integer, nullable=False),
        sa.Column("reached", sa.Integer, nullable=False),
        sa.Column("virtual", sa.Integer, nullable=False),
        sa.Column("prizes", sa.Integer, nullable=False),
        sa.Column("leader_order_id", sa.Text, nullable=False),
        sa.Column("open_time_ms", sa.BigInteger, nullable=False),
        sa.Column("expire_time_ms", sa.BigInteger, nullable=False),
        sa.Column("end_time_ms", sa.BigInteger, nullable=False),
        sa.Column("duration_ms", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    joinable = ["activity_id", "state", "seats_left", "open_time_ms", "group_id"]
    op.create_index("ix_group_buy_groups_joinable", "group_buy_groups", joinable)
    op.create_index(
        "ix_group_buy_groups_fastest", "group_buy_groups", ["activity_id", "state", "duration_ms", "group_id"]
    )
    op.create_index("ix_group_buy_groups_share_code", "group_buy_groups", ["share_code"])
    op.create_table(
        "group_buy_members",
        sa.Column("order_id", sa.Text, primary_key=True),
        sa.Column("group_id", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("buyer", sa.Text, nullable=False),
        sa.Column("is_new", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("join_time_ms", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_group_buy_members_group_id", "group_buy_members", ["group_id", "place"])
    op.create_index("ix_group_buy_members_buyer", "group_buy_members", ["caller", "buyer", "join_time_ms", "order_id"])

    op.create_table(
        "group_buy_draws",
        sa.Column("group_id", sa.Text, primary_key=True),
        sa.Column("announced", sa.Text, nullable=False),
        sa.Column("frozen", sa.Text, nullable=False),
        sa.Column("revealed", sa.Text, nullable=False),
    )
    op.create_table(
        "group_buy_seeds",
        sa.Column("group_id", sa.Text, primary_key=True),
        sa.Column("seed", sa.Text, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("group_buy_seeds")
    op.drop_table("group_buy_draws")
    op.drop_table("group_buy_members")
    op.drop_table("group_buy_groups")
