"""Opens the stores that the settings name: the embedded ones, or real servers."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import redis.asyncio

from tuan.adapters.embedded_redis.folder_lock import FolderLock
from tuan.adapters.redis_inventory import RedisIntentLog, RedisInventory, check_owner, check_server, connect
from tuan.adapters.sql_record import SqlRecord
from tuan.breaker import Breaker
from tuan.domain.errors import Reason, TuanError
from tuan.server.kept_redis import KeptRedis
from tuan.settings import Settings

READS, WRITES = "record.read", "record.write"


class Stores:
    """`exclusive`: nobody else can write this database (SQLite under the folder's lock). `breakers`: of these stores."""

    def __init__(
        self,
        inventory: RedisInventory,
        record: SqlRecord,
        redis_url: str,
        client: redis.asyncio.Redis,
        embedded: KeptRedis | None,
        folder_lock: FolderLock | None,
        exclusive: bool,
        breakers: Sequence[Breaker] = (),
    ) -> None:
        self.inventory = inventory
        self.record = record
        self.redis_url = redis_url
        self.exclusive = exclusive
        self.breakers = breakers
        self._client = client
        self._embedded = embedded
        self._folder_lock = folder_lock

    def intent_log(self) -> RedisIntentLog:
        """With a connection of its own: the drainer blocks on it."""
        return RedisIntentLog(self.redis_url)

    def record_away(self) -> TuanError | None:
        """What a call that needs SQL would hear, while SQL is known not to answer.

        Reads alone tell: the keys are read twice a second, so that somebody tries again, whoever else stays away.
        """
        for breaker in self.breakers:
            if breaker.name == READS and not breaker.closed:
                return store_away(breaker.name, max(1, breaker.retry_ms()))
        return None

    async def redis_info(self) -> Mapping[str, object]:
        """What INFO says; nothing when Redis does not answer."""
        try:
            info: Mapping[str, object] = await self._client.info()
        except (redis.RedisError, OSError):
            return {}
        return info

    async def close(self) -> None:
        await self._client.aclose()
        await asyncio.to_thread(self.record.close)
        if self._embedded is not None:
            await self._embedded.stop()
        if self._folder_lock is not None:
            self._folder_lock.release()


async def open_stores(settings: Settings, migrations: Mapping[str, Path]) -> Stores:
    """Everything is up, migrated and checked when this returns. Raises TuanError or EmbeddedRedisError that says what to do."""
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    sqlite = settings.database_url.startswith("sqlite")
    embedded: KeptRedis | None = None
    folder_lock: FolderLock | None = None
    if settings.redis_url:
        redis_url = settings.redis_url
        if sqlite:
            # SQLite allows one writing process; the embedded Redis would have taken this lock.
            folder_lock = FolderLock(settings.data_dir)
            folder_lock.acquire()
    else:
        embedded = KeptRedis(settings)
        redis_url = await embedded.start()
    client = connect(redis_url)
    try:
        await check_server(client, over_tcp=not redis_url.startswith("unix:"))
        breakers = [_breaker(name, settings) for name in ("claims", READS, WRITES)]
        record = SqlRecord(settings.database_url, breakers[1], breakers[2])
        await asyncio.to_thread(record.migrate, migrations)
        await check_owner(client, await asyncio.to_thread(record.record_id))
    except BaseException:
        await client.aclose()
        if embedded is not None:
            await embedded.stop()
        if folder_lock is not None:
            folder_lock.release()
        raise
    inventory = RedisInventory(client, breaker=breakers[0])
    return Stores(inventory, record, redis_url, client, embedded, folder_lock, exclusive=sqlite, breakers=breakers)


def _breaker(name: str, settings: Settings) -> Breaker:
    return Breaker(name, store_away, settings.breaker_failures_max, settings.breaker_pause_ms_max / 1_000)


def store_away(name: str, retry_after_ms: int) -> TuanError:
    """`name`: of the breaker; its first part is the store."""
    store = name.partition(".")[0]
    message = f"the {store} store has failed again and again and is left alone for a moment; nothing was done"
    return TuanError(Reason.STORE_UNAVAILABLE, message, retry_after_ms=retry_after_ms, store=store)
