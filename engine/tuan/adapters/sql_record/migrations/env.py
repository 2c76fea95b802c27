"""Alembic runs this file for every command; connection and version table come from `migrate.config_for`."""

from alembic import context

from tuan.adapters.sql_record.tables import metadata

settings = context.config.attributes

context.configure(
    connection=settings["connection"],
    version_table=settings["version_table"],
    target_metadata=metadata,
    # Inside the caller's transaction: Alembic must not commit by itself.
    transactional_ddl=True,
)
context.run_migrations()
