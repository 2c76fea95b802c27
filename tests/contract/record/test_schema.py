"""The migrations make exactly the tables that the code names, and a ledger that nobody can change."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import CheckConstraint, Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from tests.contract.record.world import World, key_of, order_placed
from tuan.adapters.sql_record import SqlRecord
from tuan.adapters.sql_record.migrate import SCRIPTS, config_for
from tuan.adapters.sql_record.tables import metadata
from tuan.domain.ledger import LedgerEntry, LedgerTransaction
from tuan.domain.order import OrderState

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


async def test_a_record_goes_back_a_version_and_comes_again(world: World) -> None:
    """Goal: reservations and events survive the change of their tables. Method: orders on one shard and on two, drained; every row
    before, and after a downgrade and an upgrade."""

    def downgrade(connection: Connection) -> list[str]:
        command.downgrade(config_for(connection, SCRIPTS / "versions", "alembic_version"), "0005_orders_by_time")
        return [str(each["name"]) for each in inspect(connection).get_unique_constraints("reservations")]

    for shard in ("sale", "other"):
        await world.open(shard)
    for number in range(4):
        await world.place(order_placed(f"o{number}"))
    await world.pay(order_placed("o1"))
    await world.place(order_placed("both", shards=("sale", "other")))
    world.drain()
    before = await world.dump()
    alone = {row[2]: row[-1] for row in before["reservations"]}
    assert alone == {key_of(order_placed(name)): name != "both" for name in ("o0", "o1", "o2", "o3", "both")}
    assert world.record.store.write(downgrade).result() == ["uq_reservations_shard_key"]
    world.record.migrate()
    assert await world.dump() == before
    await world.pay(order_placed("o2"), "payment-2")
    assert world.drain() == 1 and (await world.order("o2")).state is OrderState.READY_TO_SHIP


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
