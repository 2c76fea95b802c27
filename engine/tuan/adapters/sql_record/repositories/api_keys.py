"""The `ApiKeys` port."""

from __future__ import annotations

from sqlalchemy import select

from tuan.adapters.sql_record.repositories.base import Repository, row_of
from tuan.adapters.sql_record.tables import api_keys
from tuan.ports import ApiKey


class SqlApiKeys(Repository):
    def put(self, key: ApiKey) -> None:
        self._upsert(api_keys, [row_of(key)])

    def all(self) -> list[ApiKey]:
        return [
            ApiKey(**row) for row in self._connection.execute(select(api_keys).order_by(api_keys.c.key_id)).mappings()
        ]
