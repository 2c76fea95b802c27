"""Similar goods for whoever comes too late: the same category, in stock, nearest in price."""

from __future__ import annotations

import asyncio

import structlog

from tuan.domain.activity import RETAIL, stock_counter
from tuan.ports import Inventory
from tuan.usecases.snapshot import SnapshotKeeper

log = structlog.get_logger()

#: The stock that it looks at is at most so old: a hint, not a promise.
REFRESH_MS = 1_000


class SimilarGoods:
    """Answers from memory, because it is asked most when a sale has just sold out and 49,000 buyers hear so."""

    def __init__(self, inventory: Inventory, keeper: SnapshotKeeper) -> None:
        self._inventory = inventory
        self._keeper = keeper
        self._in_stock: frozenset[str] = frozenset()
        self._answers: dict[str, tuple[str, ...]] = {}

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.refresh()
            except Exception as error:  # only a hint: the last one serves on
                log.info("similar_goods_stale", error=repr(error))
            await asyncio.sleep(REFRESH_MS / 1_000)

    async def refresh(self) -> None:
        codes = list(self._keeper.current.skus)
        states = await self._inventory.counters(RETAIL, [stock_counter(code) for code in codes])
        self._in_stock = frozenset(
            code
            for code in codes
            if (state := states.get(stock_counter(code))) is not None and (state.capacity or 0) > state.used
        )
        self._answers = {}

    def to(self, code: str, count_max: int = 3) -> tuple[str, ...]:
        """Up to `count_max` SKUs, best first."""
        if code not in self._answers:
            self._answers[code] = self._find(code)
        return self._answers[code][:count_max]

    def _find(self, code: str) -> tuple[str, ...]:
        snapshot = self._keeper.current
        sku = snapshot.skus.get(code)
        if sku is None:
            return ()
        others = [
            snapshot.skus[other]
            for other in snapshot.skus_by_category.get(sku.category, ())
            if other != code and other in self._in_stock and snapshot.skus[other].active
        ]
        others.sort(key=lambda other: (abs(other.list_minor - sku.list_minor), other.sku))
        return tuple(other.sku for other in others[:8])
