"""How the shards are: what the claims store has given out, what the record has of it, and how old the rest is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tuan.domain.claim import ShardState
from tuan.ports import IntentLog, Inventory, Record, ShardRow


@dataclass(frozen=True, slots=True)
class SeenShard:
    """`lag_ms`: age of the oldest intent that the record has not; 0 when it has all. `state`: of the record's row."""

    shard: str
    epoch: int
    sequence: int
    cursor: int
    lag_ms: int
    open: bool
    state: str


class StatusReader:
    def __init__(self, inventory: Inventory, record: Record, intent_log: IntentLog) -> None:
        self._inventory = inventory
        self._record = record
        self._intent_log = intent_log

    async def shards(self) -> list[SeenShard]:
        """By name."""
        rows = await self._record.read(lambda unit: unit.shards.all())
        return list(await asyncio.gather(*(self._see(row) for row in sorted(rows, key=lambda row: row.shard))))

    async def shard(self, name: str) -> SeenShard | None:
        row = await self._record.read(lambda unit: unit.shards.get(name))
        return None if row is None else await self._see(row)

    async def _see(self, row: ShardRow) -> SeenShard:
        state = await self._inventory.shard_state(row.shard)
        if state is None:
            return SeenShard(row.shard, row.epoch, 0, row.cursor, 0, False, row.state)
        is_open = state.open and state.epoch == row.epoch and row.state != "stopped"
        lag_ms = await self._lag_ms(row, state)
        return SeenShard(row.shard, state.epoch, state.sequence, row.cursor, lag_ms, is_open, row.state)

    async def _lag_ms(self, row: ShardRow, state: ShardState) -> int:
        if state.sequence <= row.cursor:
            return 0
        waiting = await asyncio.to_thread(self._intent_log.read, row.shard, row.cursor, 1)
        return max(0, state.time_ms - waiting[0].time_ms) if waiting else 0
