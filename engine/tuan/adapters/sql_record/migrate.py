"""Bring a database up to date: the engine's own migrations, then each plugin's, each with a version table of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, func, select

SCRIPTS = Path(__file__).parent / "migrations"
#: Two engines that start at once must not both create the tables. Any number will do, if all use the same one.
MIGRATION_LOCK = 0x7475616F


def migrate(connection: Connection, plugins: Mapping[str, Path]) -> None:
    """`plugins`: code -> folder of Alembic version scripts. All or nothing: both databases roll back table changes."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(MIGRATION_LOCK)))
    command.upgrade(config_for(connection, SCRIPTS / "versions", "alembic_version"), "head")
    for code, folder in sorted(plugins.items()):
        command.upgrade(config_for(connection, folder, f"alembic_version_{code}"), "head")


def config_for(connection: Connection, versions: Path, version_table: str) -> Config:
    """Alembic settings without an alembic.ini: the scripts are found beside this module, wherever it is installed."""
    config = Config()
    config.set_main_option("script_location", _escaped(SCRIPTS))
    config.set_main_option("version_locations", _escaped(versions))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = version_table
    return config


def _escaped(path: Path) -> str:
    """A config value may interpolate with %."""
    return str(path).replace("%", "%%")
