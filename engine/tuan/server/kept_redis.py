"""The embedded Redis of a process that serves: launched with it, again when it dies, ended with it."""

from __future__ import annotations

import asyncio

import structlog

from tuan.adapters.embedded_redis import EmbeddedRedis
from tuan.settings import Settings

log = structlog.get_logger()

RESTART_PAUSE_S = 0.5


class KeptRedis:
    def __init__(self, settings: Settings) -> None:
        limit = settings.redis_memory_bytes_max
        self._loop = asyncio.get_running_loop()
        self._redis = EmbeddedRedis(
            settings.data_dir,
            settings.redis_bin,
            options={"maxmemory": str(limit)} if limit else {},
            on_death=self._died,
        )
        self._revival: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Its URL; commands are answered when this returns. Raises EmbeddedRedisError."""
        await asyncio.to_thread(self._redis.start)
        return self._redis.url

    async def stop(self) -> None:
        if self._revival is not None:
            self._revival.cancel()
        await asyncio.to_thread(self._redis.stop)

    def _died(self, *_: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._revive)

    def _revive(self) -> None:
        """It died (a full disk, an operator's kill): launch it again until it runs."""
        if self._revival is None or self._revival.done():
            self._revival = self._loop.create_task(self._restart())

    async def _restart(self) -> None:
        while True:
            try:
                await asyncio.to_thread(self._redis.restart)
                log.info("redis_revived", pid=self._redis.pid)
                return
            except Exception as error:
                log.error("redis_not_revived", error=str(error))
                await asyncio.sleep(RESTART_PAUSE_S)
