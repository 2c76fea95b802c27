"""The migrations make exactly the tables that the code names, and a ledger that nobody can change."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from tuan.adapters.sql_record import SqlRecord
from tuan.adapters.sql_record.tables import metadata
from tuan.domain.ledger import LedgerEntry, LedgerTransaction

PLUGIN_SCRIPT = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("lottery_tickets", sa.Column("ticket", sa.Text, primary_key=True))
"""


def test_migrations_from_empty_equal_the_metadata(record: SqlRecord) -> None:
    """Goal: no column, index or constraint is forgotten. Method: Alembic's own comparison finds nothing to do."""

    def differences(connection: Connection) -> list[object]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))

    assert record.store.read(differences).result() == []


def test_checks_of_the_tables_are_in_the_database(record: SqlRecord) -> None:
    """Goal: Alembic does not compare CHECKs, so they get a test. Method: the names in the database are those of the code."""

    def names(connection: Connection) -> set[str]:
        inspector = inspect(connection)
        found: set[str] = set()
        for table in inspector.get_table_names():
            found |= {str(check["name"]) for check in inspector.get_check_constraints(table)}
        return found

    wanted = {
        str(constraint.name)
        for table in metadata.tables.values()
        for constraint in table.constraints
        if isinstance(constraint, CheckConstraint)
    }
    assert record.store.read(names).result() == wanted
    assert "ck_counters_not_oversold" in wanted


def test_migrating_again_changes_nothing(record: SqlRecord) -> None:
    """Goal: every engine may migrate when it starts. Method: migrate twice with a row in between."""
    record.write_now(lambda unit: unit.shards.register("sale"))
    record.migrate()
    assert [row.shard for row in record.read_now(lambda unit: unit.shards.all())] == ["sale"]


def test_a_plugin_brings_tables_under_a_version_of_its_own(record: SqlRecord, tmp_path: Path) -> None:
    """Goal: plugins migrate apart. Method: a folder with one script; its revision id is free to collide with the engine's."""
    (tmp_path / "0001_tickets.py").write_text(PLUGIN_SCRIPT)
    for _ in range(2):
        record.migrate({"lottery": tmp_path})

    def look(connection: Connection) -> tuple[bool, str]:
        version = connection.execute(text("SELECT version_num FROM alembic_version_lottery")).scalar_one()
        return inspect(connection).has_table("lottery_tickets"), version

    assert record.store.read(look).result() == (True, "0001")


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_entries SET amount_minor = 0",
        "DELETE FROM ledger_entries",
        "UPDATE ledger_transactions SET currency = 'EUR'",
        "DELETE FROM ledger_transactions",
    ],
)
def test_the_ledger_is_append_only(record: SqlRecord, statement: str) -> None:
    """Goal: no code path can rewrite money. Method: raw SQL is refused by the triggers, and the rows are as they were."""
    entries = (LedgerEntry("channel:sandbox", 5), LedgerEntry("sales:shop", -5))
    record.write_now(lambda unit: unit.ledger.post([LedgerTransaction("sale", "o", "o", "CNY", 1, entries)]))
    with pytest.raises(DBAPIError):
        record.store.write(lambda connection: connection.execute(text(statement))).result()
    assert record.read_now(lambda unit: unit.ledger.balances()) == {
        ("channel:sandbox", "CNY"): 5,
        ("sales:shop", "CNY"): -5,
    }


def test_replacing_a_ledger_row_is_refused_too(sqlite_url: str) -> None:
    """Goal: SQLite's REPLACE deletes rows. Method: it must still run into the trigger (recursive_triggers is on)."""
    record = SqlRecord(sqlite_url)
    record.migrate()
    entries = (LedgerEntry("channel:sandbox", 5), LedgerEntry("sales:shop", -5))
    record.write_now(lambda unit: unit.ledger.post([LedgerTransaction("sale", "o", "o", "CNY", 1, entries)]))
    replace = text("INSERT OR REPLACE INTO ledger_transactions VALUES ('sale', 'o', 'other', 'CNY', 2)")
    with pytest.raises(DBAPIError):
        record.store.write(lambda connection: connection.execute(replace)).result()
    record.close()
