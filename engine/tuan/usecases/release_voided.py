"""Give back what an order holds that the record would not take: its request id had been used through another shard."""

from __future__ import annotations

from tuan.domain.claim import EndRequest
from tuan.ports import Inventory, Job, Record
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.shard_away import refuse_if_away
from tuan.usecases.snapshot import SnapshotKeeper

RELEASE_VOIDED = "release_voided"


class VoidedReleaser:
    """Handler of the job that the drain leaves behind when it voids an order."""

    def __init__(self, inventory: Inventory, record: Record, keeper: SnapshotKeeper, watch: DrainWatch) -> None:
        self._inventory = inventory
        self._record = record
        self._keeper = keeper
        self._watch = watch

    async def handle(self, job: Job) -> None:
        order_id = str(job.payload["order_id"])
        reservations = await self._record.read(lambda unit: unit.orders.reservations(order_id))
        for item in reservations:
            request = EndRequest(item.key, b'{"reason":"voided"}')
            [answer] = await self._inventory.release(item.shard, self._keeper.epoch(item.shard), [request])
            refuse_if_away(answer, item.shard, self._watch)
