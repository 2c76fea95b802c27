# Generated from the .proto files by `make protos`. Change those, not this.
"""`InventoryService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Sequence

from tuan_client.aio.inventory import AsyncInventoryService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.inventory import AddStockResponse, SkuStock, StockChange


class InventoryService:
    """Stock: what lies in the warehouses, and what of it can be sold by which activity."""

    def __init__(self, service: AsyncInventoryService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def add_stock(
        self, changes: Sequence[StockChange], *, request_id: str | None = None, timeout_s: float | None = None
    ) -> AddStockResponse:
        """Adds units (or takes them away), all entries or none, once per request id."""
        return self._loop.run(self._service.add_stock(changes, request_id=request_id, timeout_s=timeout_s))

    def get_stock(self, skus: Sequence[str], *, timeout_s: float | None = None) -> tuple[SkuStock, ...]:
        """Reads the stock of SKUs."""
        return self._loop.run(self._service.get_stock(skus, timeout_s=timeout_s))
