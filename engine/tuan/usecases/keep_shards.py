"""Keeps every shard in step with SQL: rebuilds one whose counters are lost, stale or of another epoch, and drops old memories."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import structlog

from tuan.domain.errors import TuanError
from tuan.ports import Clock, Inventory, Record, ShardRow
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.rebuild import rebuild
from tuan.usecases.snapshot import SnapshotKeeper

log = structlog.get_logger()

LOOK_AGAIN_MS = 1_000
FORGET_EVERY_MS = 60_000
FORGET_BATCH = 5_000


class ShardKeeper:
    """`forget_after_ms`: ended reservations older than this are dropped from Redis; SQL answers for them from then on."""

    def __init__(
        self,
        inventory: Inventory,
        record: Record,
        keeper: SnapshotKeeper,
        watch: DrainWatch,
        clock: Clock,
        forget_after_ms: int,
    ) -> None:
        self._inventory = inventory
        self._record = record
        self._keeper = keeper
        self._watch = watch
        self._clock = clock
        self._forget_after_ms = forget_after_ms
        self._forget_at_ms = 0

    async def run(self) -> None:
        """Until cancelled: at once when a shard refused, and every second in any case."""
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._watch.refused.wait(), LOOK_AGAIN_MS / 1_000)
            self._watch.refused.clear()
            try:
                await self.check_all()
                await self._forget()
            except Exception as error:  # a store may be away; whoever asks is told UNAVAILABLE meanwhile
                log.warning("shards_unchecked", error=repr(error))

    async def follow(self) -> None:
        """Until cancelled: learn which shards another process has rebuilt, so that nobody waits for what was lost there."""
        epochs: dict[str, int] = {}
        while True:
            for row in list(self._keeper.current.shards.values()):
                if epochs.setdefault(row.shard, row.epoch) == row.epoch:
                    continue
                state = await self._inventory.shard_state(row.shard)
                if state is not None and state.epoch == row.epoch:
                    epochs[row.shard] = row.epoch
                    self._watch.rebuilt(row.shard, state.sequence)
            await asyncio.sleep(LOOK_AGAIN_MS / 1_000)

    async def check_all(self) -> list[str]:
        """Compare each shard's epoch with SQL's; the names of those that were rebuilt."""
        rebuilt = []
        for row in await self._record.read(lambda unit: unit.shards.all()):
            if row.state == "stopped":
                continue
            state = await self._inventory.shard_state(row.shard)
            healthy = state is not None and state.open and state.epoch == row.epoch and state.sequence >= row.cursor
            if healthy or (state is None and row.state == "new"):
                continue
            log.error("shard_out_of_step", shard=row.shard, epoch=row.epoch, cursor=row.cursor, found=repr(state))
            await self._rebuild(row.shard)
            rebuilt.append(row.shard)
        self._watch.refused_shards.clear()
        return rebuilt

    async def _rebuild(self, shard: str) -> None:
        """Build a shard anew; the failure is logged and it is tried again on the next look."""
        try:
            await rebuild(shard, self._inventory, self._record)
            state = await self._inventory.shard_state(shard)
            self._watch.rebuilt(shard, state.sequence if state is not None else 0)
        except TuanError as error:
            log.error("rebuild_failed", shard=shard, reason=error.reason.name, error=error.message)
        await self._keeper.refresh()

    async def _forget(self) -> None:
        now_ms = self._clock.now_ms()
        if now_ms < self._forget_at_ms:
            return
        self._forget_at_ms = now_ms + FORGET_EVERY_MS
        for row in list(self._keeper.current.shards.values()):
            await self._forget_in(row, now_ms - self._forget_after_ms)

    async def _forget_in(self, row: ShardRow, horizon_ms: int) -> None:
        """SQL is told first: a crash in between only costs a look-up, never a forgotten request."""
        if not row.forgetful:
            if not await self._has_old(row.shard, horizon_ms):
                return
            await self._record.write(lambda unit: unit.shards.set_forgetful(row.shard))
            await self._keeper.refresh()
        dropped = FORGET_BATCH
        while dropped == FORGET_BATCH:
            dropped = await self._inventory.forget(row.shard, horizon_ms, FORGET_BATCH)

    async def _has_old(self, shard: str, horizon_ms: int) -> bool:
        return await self._record.read(lambda unit: unit.shards.has_ended_before(shard, horizon_ms))
