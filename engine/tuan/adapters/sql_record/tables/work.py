"""What is still to be done or told, and who does it: jobs, alarms, the outbox with its readers' cursors, duties; who called or may call."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Table, UniqueConstraint

from tuan.adapters.sql_record.tables.types import Document, IdentityInteger, Name, metadata

jobs = Table(
    "jobs",
    metadata,
    Column("job_id", IdentityInteger, primary_key=True, autoincrement=True),
    Column("kind", Name, nullable=False),
    Column("key", Name, nullable=False),
    Column("run_time_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("payload", Document(dict[str, Any]), nullable=False),
    Column("state", Name, nullable=False),
    Column("last_error", Name, nullable=False),
    UniqueConstraint("kind", "key"),
    CheckConstraint("state IN ('open', 'failed', 'done')", name="state"),
    comment="a job that is done stays, so that (kind, key) runs once for ever",
)
Index("ix_jobs_state_run_time_ms", jobs.c.state, jobs.c.run_time_ms)

outbox = Table(
    "outbox",
    metadata,
    Column("event_id", IdentityInteger, primary_key=True, autoincrement=True),
    Column("kind", Name, nullable=False),
    Column("subject", Name, nullable=False),
    Column("activity_id", Name, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("data", Document(dict[str, Any] | list[dict[str, Any]]), nullable=False),
    # Of how many events the row tells: those of one kind and moment, each the data of one, and event_id that of the last.
    Column("run", Integer, nullable=False, server_default="1"),
    comment="event_id rises in the order of commit",
    sqlite_autoincrement=True,
)

outbox_cursors = Table(
    "outbox_cursors",
    metadata,
    Column("consumer", Name, primary_key=True),
    Column("event_id", BigInteger, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", Name, primary_key=True),
    Column("key_hash", Name, nullable=False, unique=True),
    Column("caller", Name, nullable=False),
    Column("scopes", Document(tuple[str, ...]), nullable=False),
    Column("active", Boolean, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("caller", Name, primary_key=True),
    Column("request_id", Name, primary_key=True),
    Column("method", Name, nullable=False),
    Column("fingerprint", Name, nullable=False),
    comment="request ids of every write but orders and payments, which have a key of their own; kept for ever",
)

alarms = Table(
    "alarms",
    metadata,
    Column("alarm_id", IdentityInteger, primary_key=True, autoincrement=True),
    Column("kind", Name, nullable=False),
    Column("subject", Name, nullable=False),
    Column("message", Name, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("shard", Name, nullable=False),
    Column("open", Boolean, nullable=False),
    comment="open: the record is not whole, and the audit says so until it is",
)

duties = Table(
    "duties",
    metadata,
    Column("duty", Name, primary_key=True),
    Column("owner", Name, nullable=False),
    Column("expire_time_ms", BigInteger, nullable=False),
    comment="work that one process does for all, and until when it is that one's",
)
