"""The claims store, with an eye on what goes back into it: what was sold out then may not be any more."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import TypeVar

from tuan.domain.claim import (
    Answer,
    CounterSpec,
    CounterState,
    EndRequest,
    GiveBackRequest,
    ReserveRequest,
    RestockRequest,
    ShardSnapshot,
    ShardState,
)
from tuan.ports import Inventory
from tuan.usecases.sold_out import SoldOut

T = TypeVar("T")


class WatchedInventory:
    """The `Inventory` port. What may raise a counter makes `sold_out` forget its shard, once the store has answered or failed to."""

    def __init__(self, inventory: Inventory, sold_out: SoldOut) -> None:
        self._inventory = inventory
        self._sold_out = sold_out

    async def define(self, shard: str, epoch: int, key: str, counters: Sequence[CounterSpec]) -> Answer:
        return await self._raising(shard, self._inventory.define(shard, epoch, key, counters))

    async def reserve(self, shard: str, epoch: int, requests: Sequence[ReserveRequest]) -> list[Answer]:
        return await self._inventory.reserve(shard, epoch, requests)

    async def confirm(self, shard: str, epoch: int, requests: Sequence[EndRequest]) -> list[Answer]:
        return await self._inventory.confirm(shard, epoch, requests)

    async def release(self, shard: str, epoch: int, requests: Sequence[EndRequest]) -> list[Answer]:
        return await self._raising(shard, self._inventory.release(shard, epoch, requests))

    async def expire(self, shard: str, epoch: int, count_max: int) -> list[str]:
        expired = await self._inventory.expire(shard, epoch, count_max)
        if expired:  # it is asked for several times a second
            self._sold_out.forget(shard)
        return expired

    async def restock(self, shard: str, epoch: int, requests: Sequence[RestockRequest]) -> list[Answer]:
        return await self._raising(shard, self._inventory.restock(shard, epoch, requests))

    async def give_back(self, shard: str, epoch: int, requests: Sequence[GiveBackRequest]) -> list[Answer]:
        return await self._raising(shard, self._inventory.give_back(shard, epoch, requests))

    async def counters(self, shard: str, names: Sequence[str] | None = None) -> dict[str, CounterState]:
        return await self._inventory.counters(shard, names)

    async def reservations(self, shard: str, keys: Sequence[str]) -> list[Answer]:
        return await self._inventory.reservations(shard, keys)

    async def shard_state(self, shard: str) -> ShardState | None:
        return await self._inventory.shard_state(shard)

    async def load(self, shard: str, snapshot: ShardSnapshot) -> None:
        await self._raising(shard, self._inventory.load(shard, snapshot))

    async def open_shard(self, shard: str, epoch: int) -> None:
        await self._inventory.open_shard(shard, epoch)

    async def close_shard(self, shard: str) -> None:
        await self._inventory.close_shard(shard)

    async def forget(self, shard: str, ended_before_ms: int, count_max: int) -> int:
        return await self._inventory.forget(shard, ended_before_ms, count_max)

    async def _raising(self, shard: str, call: Awaitable[T]) -> T:
        try:
            return await call
        finally:
            self._sold_out.forget(shard)
