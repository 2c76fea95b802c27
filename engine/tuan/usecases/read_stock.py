"""Read the stock of SKUs: what lies in the warehouses, and what each activity may sell of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from tuan.domain.activity import RETAIL, buffer_key, stock_counter
from tuan.domain.catalogue import StockLevel
from tuan.domain.claim import ReservationState
from tuan.domain.errors import Reason, TuanError
from tuan.ports import Inventory, Record
from tuan.usecases.snapshot import SnapshotKeeper


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one activity may sell of a SKU, in units: available = capacity - reserved - sold. A buffer held back is no part of it."""

    activity_id: str
    capacity: int
    reserved: int
    sold: int

    @property
    def available(self) -> int:
        return max(0, self.capacity - self.reserved - self.sold)


@dataclass(frozen=True, slots=True)
class SkuStock:
    """`shelves`: ordinary sale first, then by activity id."""

    sku: str
    levels: tuple[StockLevel, ...]
    shelves: tuple[Shelf, ...]


class StockReader:
    def __init__(self, inventory: Inventory, record: Record, keeper: SnapshotKeeper) -> None:
        self._inventory = inventory
        self._record = record
        self._keeper = keeper

    async def read(self, skus: Sequence[str]) -> list[SkuStock]:
        """One per SKU, in order. Raises SKU_NOT_FOUND."""
        for index, sku in enumerate(skus):
            if sku not in self._keeper.current.skus:
                raise TuanError(Reason.SKU_NOT_FOUND, f"skus[{index}]: no SKU {sku}", sku=sku[:64])
        wanted = list(dict.fromkeys(skus))
        levels = await self._record.read(lambda unit: unit.catalogue.stock_levels(wanted))
        shelves = await self._shelves(wanted)
        return [
            SkuStock(sku, tuple(level for level in levels if level.sku == sku), tuple(shelves[sku])) for sku in skus
        ]

    async def _shelves(self, skus: list[str]) -> dict[str, list[Shelf]]:
        others = sorted(row.shard for row in self._keeper.current.live_shards() if row.shard != RETAIL)
        found: dict[str, list[Shelf]] = {sku: [] for sku in skus}
        for shelves in await asyncio.gather(*(self._of_shard(shard, skus) for shard in (RETAIL, *others))):
            for sku, shelf in shelves:
                found[sku].append(shelf)
        return found

    async def _of_shard(self, shard: str, skus: list[str]) -> list[tuple[str, Shelf]]:
        counters = await self._inventory.counters(shard, [stock_counter(sku) for sku in skus])
        present = [sku for sku in skus if stock_counter(sku) in counters]
        buffers = await self._buffers(shard, present) if shard != RETAIL else {}
        shelves = []
        for sku in present:
            state, buffer = counters[stock_counter(sku)], buffers.get(sku, 0)
            reserved = state.used - state.taken - buffer
            shelves.append((sku, Shelf(shard, (state.capacity or 0) - buffer, reserved, state.taken)))
        return shelves

    async def _buffers(self, shard: str, skus: list[str]) -> dict[str, int]:
        """The units that a standing reservation still holds back, per SKU; its label says how many."""
        if not skus:
            return {}
        answers = await self._inventory.reservations(shard, [buffer_key(sku) for sku in skus])
        held = {
            sku: answer
            for sku, answer in zip(skus, answers, strict=True)
            if answer.state is ReservationState.PENDING and answer.label.isdecimal()
        }
        return {sku: int(answer.label) for sku, answer in held.items()}
