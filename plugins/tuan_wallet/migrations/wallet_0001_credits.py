"""Credits and what is left of them."""

import sqlalchemy as sa
from alembic import op

revision = "wallet_0001"
down_revision = None
branch_labels = ("wallet",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "wallet_credits",
        sa.Column("reward_id", sa.Text, primary_key=True),
        sa.Column("caller", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("funded_by", sa.Text, nullable=False),
        sa.Column("grant_time_ms", sa.BigInteger, nullable=False),
        sa.Column("left_minor", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_wallet_credits_recipient", "wallet_credits", ["caller", "recipient"])


def downgrade() -> None:
    op.drop_table("wallet_credits")
