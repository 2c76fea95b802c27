"""End what nobody paid in time: the scripts decide what is due, by their own clock; this only asks, often and in batches."""

from __future__ import annotations

import asyncio

import structlog

from tuan.domain.errors import Reason, TuanError
from tuan.ports import Inventory
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.snapshot import SnapshotKeeper

log = structlog.get_logger()

BATCH = 256


class Expirer:
    """`pause_ms`: between two rounds; an order may outlive its hold by so much."""

    def __init__(self, inventory: Inventory, keeper: SnapshotKeeper, watch: DrainWatch, pause_ms: int) -> None:
        self._inventory = inventory
        self._keeper = keeper
        self._watch = watch
        self._pause_s = pause_ms / 1_000

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(self._pause_s)
            await self.expire_all()

    async def expire_all(self) -> int:
        """One round over all shards; how many reservations ended."""
        count = 0
        for row in self._keeper.current.live_shards():
            try:
                count += await self._expire(row.shard, row.epoch)
            except TuanError as error:
                log.info("expire_skipped", shard=row.shard, reason=error.reason.name)
                if error.reason is Reason.SHARD_REBUILDING:
                    self._watch.shard_refused(row.shard)
        return count

    async def _expire(self, shard: str, epoch: int) -> int:
        count = 0
        while True:
            ended = await self._inventory.expire(shard, epoch, BATCH)
            count += len(ended)
            if len(ended) < BATCH:
                return count
