# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `catalogue.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass, field

from tuan_api.v1 import catalogue_pb2
from tuan_client.failure import TuanApiError, error_from_item
from tuan_client.values.money import Money


@dataclass(frozen=True, slots=True)
class Product:
    """A product: what a buyer looks at. What is bought is one of its SKUs."""

    product_id: str
    """1 to 64 bytes, chosen by the caller."""
    title: str
    """1 to 256 bytes."""
    category: str
    """Path from the root, `/`-separated, at most 256 bytes: "fresh/fruit/apple"."""
    skus: tuple[Sku, ...] = ()
    """At most 100."""

    def to_message(self) -> catalogue_pb2.Product:
        return catalogue_pb2.Product(
            product_id=self.product_id,
            title=self.title,
            category=self.category,
            skus=[item.to_message() for item in self.skus],
        )

    @classmethod
    def from_message(cls, message: catalogue_pb2.Product) -> Product:
        return cls(
            product_id=message.product_id,
            title=message.title,
            category=message.category,
            skus=tuple(Sku.from_message(item) for item in message.skus),
        )


@dataclass(frozen=True, slots=True)
class Sku:
    """A thing that can be bought."""

    sku: str
    """SKU code, 1 to 64 bytes, unique in the catalogue."""
    list_price: Money
    """List price of one unit, tax included; more than 0 and at most 10^12 minor units."""
    product_id: str = ""
    """The product that it belongs to. May be left out inside a Product."""
    title: str = ""
    """1 to 256 bytes. Empty: the product's title."""
    inactive: bool = False
    """True: it is not sold. Orders that are placed stay as they are."""
    attributes: dict[str, str] = field(default_factory=dict)
    """Size, colour and the like: at most 16 entries of at most 64 bytes each."""

    def to_message(self) -> catalogue_pb2.Sku:
        return catalogue_pb2.Sku(
            sku=self.sku,
            product_id=self.product_id,
            title=self.title,
            list_price=self.list_price.to_message(),
            inactive=self.inactive,
            attributes=self.attributes,
        )

    @classmethod
    def from_message(cls, message: catalogue_pb2.Sku) -> Sku:
        return cls(
            sku=message.sku,
            product_id=message.product_id,
            title=message.title,
            list_price=Money.from_message(message.list_price),
            inactive=message.inactive,
            attributes=dict(message.attributes),
        )


@dataclass(frozen=True, slots=True)
class InitialStock:
    """Stock that an import brings."""

    sku: str
    """SKU code."""
    warehouse: str
    """Warehouse code, 1 to 64 bytes."""
    quantity: int
    """Units, 1 to 10^12."""

    def to_message(self) -> catalogue_pb2.InitialStock:
        return catalogue_pb2.InitialStock(
            sku=self.sku,
            warehouse=self.warehouse,
            quantity=self.quantity,
        )


@dataclass(frozen=True, slots=True)
class ImportProductsResponse:
    """Tells what was stored."""

    product_count: int = 0
    """Products created or replaced."""
    sku_count: int = 0
    """SKUs created or replaced."""
    stock_count: int = 0
    """Stock entries added. 0 when this request id had added them before."""
    rejections: tuple[ImportRejection, ...] = ()
    """What was not taken, in the order of the request."""

    @classmethod
    def from_message(cls, message: catalogue_pb2.ImportProductsResponse) -> ImportProductsResponse:
        return cls(
            product_count=message.product_count,
            sku_count=message.sku_count,
            stock_count=message.stock_count,
            rejections=tuple(ImportRejection.from_message(item) for item in message.rejections),
        )


@dataclass(frozen=True, slots=True)
class ImportRejection:
    """An item that an import did not take."""

    path: str
    """Its path in the request: "products[3].skus[0]", "stock[17]"."""
    error: TuanApiError
    """Why."""

    @classmethod
    def from_message(cls, message: catalogue_pb2.ImportRejection) -> ImportRejection:
        return cls(
            path=message.path,
            error=error_from_item(message.error),
        )
