"""InventoryService."""

from __future__ import annotations

from typing import Any

from tuan.server.convert.fields import check_count, required_id
from tuan.server.convert.stock import sku_stock, stock_changes
from tuan.server.interceptors.call import current_call
from tuan.server.servicers.bench import Bench
from tuan.usecases.read_stock import StockReader
from tuan_api.v1 import inventory_pb2 as api
from tuan_api.v1 import inventory_pb2_grpc

CHANGES_MAX = 1_000
SKUS_MAX = 100


class InventoryServicer(inventory_pb2_grpc.InventoryServiceServicer):
    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._reader = StockReader(bench.engine.inventory, bench.engine.record, bench.engine.keeper)

    async def AddStock(self, request: api.AddStockRequest, context: Any) -> api.AddStockResponse:
        check_count("changes", len(request.changes), CHANGES_MAX)
        changes = stock_changes(request.changes)
        new = await self._bench.shielded(
            self._bench.engine.stock.change(current_call.get().caller, request.request_id, changes)
        )
        stock = await self._reader.read(list(dict.fromkeys(change.sku for change in changes)))
        return api.AddStockResponse(stock=[sku_stock(item) for item in stock], replayed=not new)

    async def GetStock(self, request: api.GetStockRequest, context: Any) -> api.GetStockResponse:
        check_count("skus", len(request.skus), SKUS_MAX)
        for index, code in enumerate(request.skus):
            required_id(f"skus[{index}]", code)
        return api.GetStockResponse(stock=[sku_stock(item) for item in await self._reader.read(request.skus)])
