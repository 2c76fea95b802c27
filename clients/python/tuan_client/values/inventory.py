# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `inventory.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass

from tuan_api.v1 import inventory_pb2


@dataclass(frozen=True, slots=True)
class StockChange:
    """A change of one SKU's stock in one warehouse."""

    sku: str
    """SKU code."""
    warehouse: str
    """Warehouse code, 1 to 64 bytes."""
    delta: int
    """Units to add, or if negative to take away; not 0, at most 10^12 in magnitude. What orders hold cannot be taken away."""
    activity_id: str = ""
    """The activity that may sell the units. Empty: ordinary sale."""

    def to_message(self) -> inventory_pb2.StockChange:
        return inventory_pb2.StockChange(
            sku=self.sku,
            warehouse=self.warehouse,
            delta=self.delta,
            activity_id=self.activity_id,
        )


@dataclass(frozen=True, slots=True)
class AddStockResponse:
    """The stock after the changes."""

    stock: tuple[SkuStock, ...] = ()
    """One per SKU named, in the order of their first mention."""
    replayed: bool = False
    """True: this request id had been applied before, nothing was added now."""

    @classmethod
    def from_message(cls, message: inventory_pb2.AddStockResponse) -> AddStockResponse:
        return cls(
            stock=tuple(SkuStock.from_message(item) for item in message.stock),
            replayed=message.replayed,
        )


@dataclass(frozen=True, slots=True)
class SkuStock:
    """The stock of one SKU. All figures are units."""

    sku: str
    """SKU code."""
    warehouses: tuple[WarehouseStock, ...] = ()
    """What was put into warehouses less what was shipped, per warehouse."""
    available: int = 0
    """Can be sold now, over all activities."""
    reserved: int = 0
    """Held by orders that wait for payment."""
    activities: tuple[ActivityStock, ...] = ()
    """Per activity that has some of it, ordinary sale ("retail") first."""

    @classmethod
    def from_message(cls, message: inventory_pb2.SkuStock) -> SkuStock:
        return cls(
            sku=message.sku,
            warehouses=tuple(WarehouseStock.from_message(item) for item in message.warehouses),
            available=message.available,
            reserved=message.reserved,
            activities=tuple(ActivityStock.from_message(item) for item in message.activities),
        )


@dataclass(frozen=True, slots=True)
class WarehouseStock:
    """What lies in one warehouse."""

    warehouse: str
    """Warehouse code."""
    on_hand: int = 0
    """Units put there less units shipped."""

    @classmethod
    def from_message(cls, message: inventory_pb2.WarehouseStock) -> WarehouseStock:
        return cls(
            warehouse=message.warehouse,
            on_hand=message.on_hand,
        )


@dataclass(frozen=True, slots=True)
class ActivityStock:
    """What one activity may sell of a SKU. available = capacity - reserved - sold."""

    activity_id: str
    """"retail" is ordinary sale."""
    capacity: int = 0
    """Units given to the activity for sale (a buffer counts once it is released)."""
    available: int = 0
    """Can be sold now."""
    reserved: int = 0
    """Held by orders that wait for payment."""
    sold: int = 0
    """Paid for."""

    @classmethod
    def from_message(cls, message: inventory_pb2.ActivityStock) -> ActivityStock:
        return cls(
            activity_id=message.activity_id,
            capacity=message.capacity,
            available=message.available,
            reserved=message.reserved,
            sold=message.sold,
        )
