"""Who does the work that one process does for all."""

import sqlalchemy as sa
from alembic import op

revision = "0007_duties"
down_revision = "0006_cheap_drain"
branch_labels = None
depends_on = None

Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "duties",
        sa.Column("duty", Name, nullable=False),
        sa.Column("owner", Name, nullable=False),
        sa.Column("expire_time_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("duty", name=op.f("pk_duties")),
        comment="work that one process does for all, and until when it is that one's",
    )


def downgrade() -> None:
    op.drop_table("duties")
