"""Shards as their drained intents left them: counters, reservations, used keys, and what the drain could not write."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, ForeignKey, Index, Integer, Table, text

from tuan.adapters.sql_record.tables.types import Document, Name, metadata

#: (counter, quantity, limit or -1, window_ms, kept 0/1), as intents write claims.
ClaimTuple = tuple[str, int, int, int, int]

shards = Table(
    "shards",
    metadata,
    Column("shard", Name, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("cursor", BigInteger, nullable=False),
    Column("state", Name, nullable=False),
    Column("forgetful", Boolean, nullable=False),
    Column("lease_owner", Name, nullable=False),
    Column("lease_token", BigInteger, nullable=False),
    Column("lease_expire_time_ms", BigInteger, nullable=False),
    comment="cursor: last drained sequence number; lease_token: fences off an owner that lost its lease",
)

counters = Table(
    "counters",
    metadata,
    Column("shard", Name, ForeignKey("shards.shard"), primary_key=True),
    Column("name", Name, primary_key=True),
    Column("capacity", BigInteger, nullable=False),
    Column("used", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False),
    Column("open_time_ms", BigInteger, nullable=False),
    Column("close_time_ms", BigInteger, nullable=False),
    Column("confirm_deadline_ms", BigInteger, nullable=False),
    CheckConstraint("used <= capacity", name="not_oversold"),
    CheckConstraint("taken <= used", name="taken_within_used"),
    CheckConstraint("taken >= 0", name="not_negative"),
    comment="named capacities; per-subject limits are sums over reservations",
    sqlite_with_rowid=False,
)

reservations = Table(
    "reservations",
    metadata,
    Column("shard", Name, primary_key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("key", Name, nullable=False),
    Column("order_id", Name, index=True),
    Column("order_key", Name),
    Column("commits_order", Boolean, nullable=False),
    Column("fingerprint", Name, nullable=False),
    Column("label", Name, nullable=False),
    Column("state", Name, nullable=False),
    Column("create_time_ms", BigInteger, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("claims", Document(tuple[ClaimTuple, ...]), nullable=False),
    Column("returned", Document(dict[str, int]), nullable=False),
    # The first and only one of an order on one shard, and labelled with its order_id.
    Column("alone", Boolean, nullable=False),
    # By sequence, not by key: rows arrive in that order, and keys are hashes that would scatter them over the whole tree.
    sqlite_with_rowid=False,
    comment="order_key: key of the order's first reservation; commits_order: the order's row follows this reservation",
)
#: The condition of the index below, word for word, or SQLite does not use it.
NOT_ALONE = text("NOT alone")
# Those that are alone are found by their order, whose id rises with time, and are as unique as its request. Keys are hashes: among
# a million orders this index took a page of WAL for each, 4 KB.
Index(
    "uq_reservations_shard_key",
    reservations.c.shard,
    reservations.c.key,
    unique=True,
    sqlite_where=NOT_ALONE,
    postgresql_where=NOT_ALONE,
)

applied_keys = Table(
    "applied_keys",
    metadata,
    Column("shard", Name, primary_key=True),
    Column("key", Name, primary_key=True),
    Column("verb", Name, nullable=False),
    Column("applied", BigInteger, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    comment="idempotency keys of define, restock and give_back, with the delta that each applied",
    sqlite_with_rowid=False,
)

record_identity = Table(
    "record_identity",
    metadata,
    Column("record_id", Name, primary_key=True),
    comment="one row: which record this is; a claims store that belongs to another is refused",
)

poison_intents = Table(
    "poison_intents",
    metadata,
    Column("shard", Name, primary_key=True),
    Column("epoch", BigInteger, primary_key=True),
    Column("sequence", BigInteger, primary_key=True),
    Column("payload", Name, nullable=False),
    Column("error", Name, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    comment="intents that the drain could not write and set aside",
)
