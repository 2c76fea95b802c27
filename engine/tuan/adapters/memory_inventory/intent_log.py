"""The IntentLog port over a MemoryInventory."""

from __future__ import annotations

import time
from collections.abc import Mapping

from tuan.adapters.memory_inventory.inventory import MemoryInventory
from tuan.domain.claim import Intent

#: Between two looks. The inventory belongs to an event loop, which a waiting thread must not touch.
_LOOK_EVERY_S = 0.002


class MemoryIntentLog:
    def __init__(self, inventory: MemoryInventory) -> None:
        self._inventory = inventory

    def wait(self, cursors: Mapping[str, int], timeout_ms: int) -> list[str]:
        deadline = time.monotonic() + timeout_ms / 1000
        while True:
            found = [shard for shard, cursor in cursors.items() if self._after(shard, cursor)]
            if found or time.monotonic() >= deadline:
                return found
            time.sleep(_LOOK_EVERY_S)

    def read(self, shard: str, after: int, count_max: int) -> list[Intent]:
        return self._after(shard, after)[:count_max]

    def trim(self, shard: str, through: int) -> None:
        if shard in self._inventory.shards:
            self._inventory.shards[shard].intents = self._after(shard, through)

    def _after(self, shard: str, sequence: int) -> list[Intent]:
        known = self._inventory.shards.get(shard)
        return [intent for intent in list(known.intents) if intent.sequence > sequence] if known else []
