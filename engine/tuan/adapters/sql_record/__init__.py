"""The record: SQL behind the `Record` port, its migrations and the drain of intents; imported by `server/` alone."""

from tuan.adapters.sql_record.drain import Drainer, DrainSettings
from tuan.adapters.sql_record.record import SqlRecord

__all__ = ["DrainSettings", "Drainer", "SqlRecord"]
