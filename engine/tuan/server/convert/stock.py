"""Stock changes and stock figures."""

from __future__ import annotations

from collections.abc import Sequence

from tuan.usecases.change_stock import StockChange
from tuan.usecases.read_stock import SkuStock
from tuan_api.v1 import inventory_pb2


def stock_changes(changes: Sequence[inventory_pb2.StockChange]) -> list[StockChange]:
    return [StockChange(item.sku, item.warehouse, item.delta, item.activity_id) for item in changes]


def sku_stock(item: SkuStock) -> inventory_pb2.SkuStock:
    return inventory_pb2.SkuStock(
        sku=item.sku,
        warehouses=[
            inventory_pb2.WarehouseStock(warehouse=level.warehouse, on_hand=level.on_hand) for level in item.levels
        ],
        available=sum(shelf.available for shelf in item.shelves),
        reserved=sum(shelf.reserved for shelf in item.shelves),
        activities=[
            inventory_pb2.ActivityStock(
                activity_id=shelf.activity_id,
                capacity=shelf.capacity,
                available=shelf.available,
                reserved=shelf.reserved,
                sold=shelf.sold,
            )
            for shelf in item.shelves
        ],
    )
