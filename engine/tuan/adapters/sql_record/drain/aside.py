"""What the drain could not write: intents set aside, and alarms for an operator (`tuan audit` shows both)."""

from __future__ import annotations

from sqlalchemy import Connection, update

from tuan.adapters.sql_record.drain.bulk import Bulk, columns_of
from tuan.adapters.sql_record.drain.lease import Lease, advance
from tuan.adapters.sql_record.repositories.alarms import SqlAlarms
from tuan.adapters.sql_record.tables import poison_intents, shards
from tuan.codec import encode
from tuan.domain.claim import Intent

ERROR_LENGTH_MAX = 2000


def set_aside(
    connection: Connection,
    bulk: Bulk,
    lease: Lease,
    intent: Intent,
    error: BaseException,
    tries: int,
    now_ms: int,
    expire_time_ms: int,
) -> None:
    """Keep the intent whole for an operator and let the cursor pass it."""
    advance(connection, lease, intent.sequence, expire_time_ms)
    # A NUL, which PostgreSQL keeps in no text, may be the very reason why the intent is here.
    payload = encode(intent).decode().replace("\x00", "")
    message = f"{type(error).__name__}: {error}".replace("\x00", "")[:ERROR_LENGTH_MAX]
    row = (lease.shard, intent.epoch, intent.sequence, payload, message, tries, now_ms)
    bulk.insert_new(connection, poison_intents, columns_of(poison_intents, [row]))


def stop_shard(connection: Connection, shard: str, kind: str, sequence: int, message: str, now_ms: int) -> None:
    """Nobody rebuilds a shard with a gap by itself: what is missing may still be found, in a copy of the AOF."""
    if kind == "gap":
        connection.execute(update(shards).where(shards.c.shard == shard).values(state="stopped"))
    SqlAlarms(connection).write(kind, f"{shard}/{sequence}", message, now_ms, shard, is_open=True)
