"""Orders are read by time, for backtests of a window of it."""

from alembic import op

revision = "0005_orders_by_time"
down_revision = "0004_priced_by_rules"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_orders_place_time_ms", "orders", ["currency", "place_time_ms", "order_id"])


def downgrade() -> None:
    op.drop_index("ix_orders_place_time_ms", table_name="orders")
