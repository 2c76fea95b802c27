"""Facts that orders were priced by; stages and sets of rulesets, and what shadows would have cost; which record this is."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0004_priced_by_rules"
down_revision = "0003_money_and_work"
branch_labels = None
depends_on = None

Name = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
STAGES = "state IN ('draft', 'checked', 'shadow', 'canary', 'active', 'retired')"


def upgrade() -> None:
    op.add_column("orders", sa.Column("facts", Name, nullable=False, server_default="{}"))
    _set_aside()
    with op.batch_alter_table("rulesets") as rulesets:
        rulesets.drop_constraint(op.f("ck_rulesets_state"), type_="check")
        rulesets.create_check_constraint(op.f("ck_rulesets_state"), STAGES)
        rulesets.add_column(sa.Column("canary_percent", sa.Integer(), nullable=False, server_default="0"))
        rulesets.add_column(sa.Column("activate_time_ms", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE rulesets SET activate_time_ms = publish_time_ms")
    _put_back()
    op.create_table(
        "ruleset_sets",
        sa.Column("set_hash", Name, nullable=False),
        sa.Column("ruleset_hashes", Name, nullable=False),
        sa.PrimaryKeyConstraint("set_hash", name=op.f("pk_ruleset_sets")),
        comment="rulesets of several packages that price one cart together; orders name the set",
    )
    op.create_table(
        "shadow_totals",
        sa.Column("ruleset_hash", Name, nullable=False),
        sa.Column("currency", Name, nullable=False),
        sa.Column("orders", sa.BigInteger(), nullable=False),
        sa.Column("cheaper", sa.BigInteger(), nullable=False),
        sa.Column("dearer", sa.BigInteger(), nullable=False),
        sa.Column("failed", sa.BigInteger(), nullable=False),
        sa.Column("dropped", sa.BigInteger(), nullable=False),
        sa.Column("live_minor", sa.BigInteger(), nullable=False),
        sa.Column("shadow_minor", sa.BigInteger(), nullable=False),
        sa.Column("update_time_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ruleset_hash", "currency", name=op.f("pk_shadow_totals")),
    )
    identity = op.create_table(
        "record_identity",
        sa.Column("record_id", Name, nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_record_identity")),
        comment="one row: which record this is; a claims store that belongs to another is refused",
    )
    op.bulk_insert(identity, [{"record_id": uuid4().hex}])


def downgrade() -> None:
    op.drop_table("record_identity")
    op.drop_table("shadow_totals")
    op.drop_table("ruleset_sets")
    op.execute("UPDATE rulesets SET state = 'retired' WHERE state <> 'active'")
    _set_aside()
    with op.batch_alter_table("rulesets") as rulesets:
        rulesets.drop_column("activate_time_ms")
        rulesets.drop_column("canary_percent")
        rulesets.drop_constraint(op.f("ck_rulesets_state"), type_="check")
        rulesets.create_check_constraint(op.f("ck_rulesets_state"), "state IN ('active', 'retired')")
    _put_back()
    op.drop_column("orders", "facts")


def _set_aside() -> None:
    """SQLite changes a constraint by copying the table and dropping the old one, which rows that refer to it would forbid."""
    op.execute("CREATE TEMPORARY TABLE kept_price_rules AS SELECT * FROM price_rules")
    op.execute("DELETE FROM price_rules")


def _put_back() -> None:
    op.execute("INSERT INTO price_rules SELECT * FROM kept_price_rules")
    op.execute("DROP TABLE kept_price_rules")
