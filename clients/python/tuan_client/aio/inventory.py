# Generated from the .proto files by `make protos`. Change those, not this.
"""`InventoryService`, asynchronous."""

from __future__ import annotations

from collections.abc import Sequence

from tuan_api.v1 import inventory_pb2
from tuan_client.convert import (
    new_request_id,
)
from tuan_client.link import Link, Rpc
from tuan_client.values.inventory import AddStockResponse, SkuStock, StockChange

_ADD_STOCK = Rpc(
    "/tuan_api.v1.InventoryService/AddStock",
    inventory_pb2.AddStockRequest,
    inventory_pb2.AddStockResponse,
    repeatable=True,
)
_GET_STOCK = Rpc(
    "/tuan_api.v1.InventoryService/GetStock",
    inventory_pb2.GetStockRequest,
    inventory_pb2.GetStockResponse,
    repeatable=True,
)


class AsyncInventoryService:
    """Stock: what lies in the warehouses, and what of it can be sold by which activity."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def add_stock(
        self, changes: Sequence[StockChange], *, request_id: str | None = None, timeout_s: float | None = None
    ) -> AddStockResponse:
        """Adds units (or takes them away), all entries or none, once per request id."""
        request = inventory_pb2.AddStockRequest(
            request_id=request_id or new_request_id(), changes=[item.to_message() for item in changes]
        )
        response = await self._link.unary(_ADD_STOCK, request, timeout_s)
        return AddStockResponse.from_message(response)

    async def get_stock(self, skus: Sequence[str], *, timeout_s: float | None = None) -> tuple[SkuStock, ...]:
        """Reads the stock of SKUs."""
        request = inventory_pb2.GetStockRequest(skus=skus)
        response = await self._link.unary(_GET_STOCK, request, timeout_s)
        return tuple(SkuStock.from_message(item) for item in response.stock)
