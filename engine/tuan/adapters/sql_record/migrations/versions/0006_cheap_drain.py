"""Reservations that are alone are not in the index by key; a row of the outbox may tell of a run of events."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0006_cheap_drain"
down_revision = "0005_orders_by_time"
branch_labels = None
depends_on = None

NOT_ALONE = sa.text("NOT alone")
#: One shard in the order's list, and the reservation is labelled with the order that its intent placed.
ARE_ALONE = """
UPDATE reservations SET alone = true WHERE label = order_id AND "key" = order_key AND EXISTS (
    SELECT 1 FROM orders WHERE orders.order_id = reservations.order_id AND orders.shards NOT LIKE '%","%'
)
"""


def upgrade() -> None:
    op.add_column("outbox", sa.Column("run", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("reservations", table_kwargs={"sqlite_with_rowid": False}) as reservations:
        reservations.add_column(sa.Column("alone", sa.Boolean(), nullable=False, server_default=sa.false()))
        reservations.drop_constraint(op.f("uq_reservations_shard_key"), type_="unique")
    op.execute(ARE_ALONE)
    op.create_index(
        "uq_reservations_shard_key",
        "reservations",
        ["shard", "key"],
        unique=True,
        sqlite_where=NOT_ALONE,
        postgresql_where=NOT_ALONE,
    )


def downgrade() -> None:
    op.drop_index("uq_reservations_shard_key", table_name="reservations")
    with op.batch_alter_table("reservations", table_kwargs={"sqlite_with_rowid": False}) as reservations:
        reservations.drop_column("alone")
        reservations.create_unique_constraint(op.f("uq_reservations_shard_key"), ["shard", "key"])
    _tell_apart()
    op.drop_column("outbox", "run")


def _tell_apart() -> None:
    """A row for each event of a run again, under the ids that they have."""
    outbox = sa.table(
        "outbox", *map(sa.column, ("event_id", "kind", "subject", "activity_id", "time_ms", "data", "run"))
    )
    connection = op.get_bind()
    for row in connection.execute(sa.select(outbox).where(outbox.c.run > 1)).mappings().all():
        connection.execute(outbox.delete().where(outbox.c.event_id == row["event_id"]))
        for event_id, data in enumerate(json.loads(row["data"]), row["event_id"] - row["run"] + 1):
            alone = {"event_id": event_id, "subject": data["order_id"], "data": json.dumps(data), "run": 1}
            connection.execute(outbox.insert().values({**row, **alone}))
