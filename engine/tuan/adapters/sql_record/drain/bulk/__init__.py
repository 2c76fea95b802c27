"""Many rows in few statements, past SQLAlchemy's per-row work; for the drain alone."""

from tuan.adapters.sql_record.drain.bulk.port import Bulk, Columns, Row, columns_of
from tuan.adapters.sql_record.drain.bulk.postgres import PostgresBulk
from tuan.adapters.sql_record.drain.bulk.sqlite import SqliteBulk

__all__ = ["Bulk", "Columns", "PostgresBulk", "Row", "SqliteBulk", "bulk_for", "columns_of"]


def bulk_for(dialect: str) -> Bulk:
    return PostgresBulk() if dialect == "postgresql" else SqliteBulk()
