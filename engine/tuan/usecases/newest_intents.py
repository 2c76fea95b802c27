"""What the claims store has given out so far, whichever process asked for it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from tuan.ports import Inventory
from tuan.usecases.snapshot import SnapshotKeeper


class NewestIntents:
    """By live shard, the number of its last intent. Of those that are lost or of another epoch nothing is known until they are rebuilt."""

    def __init__(self, inventory: Inventory, keeper: SnapshotKeeper) -> None:
        self._inventory = inventory
        self._keeper = keeper

    async def __call__(self) -> Mapping[str, int]:
        """Raises STORE_UNAVAILABLE."""
        rows = self._keeper.current.live_shards()
        states = await asyncio.gather(*(self._inventory.shard_state(row.shard) for row in rows))
        return {
            row.shard: state.sequence
            for row, state in zip(rows, states, strict=True)
            if state is not None and state.epoch == row.epoch
        }
