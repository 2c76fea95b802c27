"""The drainer of a single-process engine: in a thread, reporting to the event loop how far it has come."""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable
from dataclasses import replace

import structlog

from tuan.adapters.redis_inventory import RedisIntentLog
from tuan.adapters.sql_record import Drainer, DrainSettings, SqlRecord
from tuan.ports import Clock
from tuan.settings import Settings

log = structlog.get_logger()

#: Beside unary calls drain and writer took 179 µs an order; with 50 ms more of gathering 109.
PATIENCE_MS = 100


class DrainThread:
    """`on_commit(shard, cursor)` and `on_alarm(kind, shard, detail)` are called in the drain's thread.

    `exclusive`: no other drainer can exist, so leases of a dead one are taken over at once instead of waited for.
    """

    def __init__(
        self,
        record: SqlRecord,
        intent_log: RedisIntentLog,
        settings: Settings,
        clock: Clock,
        exclusive: bool,
        on_commit: Callable[[str, int], None],
        on_alarm: Callable[[str, str, str], None],
    ) -> None:
        self._stop = threading.Event()
        self._exclusive = exclusive
        self.drainer = Drainer(
            record.store,
            intent_log,
            owner=str(uuid.uuid4()),
            clock=clock,
            settings=replace(drain_settings(settings), patience_ms=PATIENCE_MS),
            on_commit=on_commit,
            on_alarm=on_alarm,
        )
        self._thread = threading.Thread(target=self.drainer.run, args=(self._stop,), name="tuan-drain", daemon=True)

    def start(self) -> None:
        if self._exclusive:
            self.drainer.take_over()
        self._thread.start()

    def hurry(self) -> None:
        """Somebody waits for what was not written yet."""
        self.drainer.hurry()

    async def stop(self) -> None:
        """What was read is written and the leases are given up when this returns."""
        self._stop.set()
        if self._thread.ident is None:
            return  # the engine's start failed before the drain's
        self.hurry()
        await asyncio.to_thread(self._thread.join)


def drain_settings(settings: Settings) -> DrainSettings:
    return DrainSettings(
        batch_max=settings.drain_batch_rows_max,
        lease_ms=settings.drain_lease_ms,
        refresh_ms=settings.drain_wait_ms,
        tries_max=settings.drain_attempts_max,
    )
