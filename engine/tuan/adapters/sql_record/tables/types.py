"""Column types and names that every table file uses."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import BigInteger, Integer, MetaData, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from tuan.codec import encode

#: Constraint names are fixed, because a migration that drops one has to know it on both databases.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

#: SQLite gives ids by itself only to a column that is declared INTEGER PRIMARY KEY.
IdentityInteger = BigInteger().with_variant(Integer(), "sqlite")


#: Ids and words compare by bytes on both databases, so that pages and sorted ids agree with Python whatever the locale.
Name = Text().with_variant(Text(collation="C"), "postgresql")


class Document(TypeDecorator[Any]):
    """JSON text of a domain value, decoded and type-checked as `kind` on the way out.

    Text and not JSONB: PostgreSQL would parse and rebuild each document while the drain copies it in, and nothing in the
    engine asks SQL about its inside. An operator may cast: `lines::jsonb`.
    """

    impl = Name
    cache_ok = True

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self.kind = kind
        self._decode = msgspec.json.Decoder(kind).decode

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else encode(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self._decode(value)
