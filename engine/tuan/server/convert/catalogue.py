"""Products, SKUs and what an import brings."""

from __future__ import annotations

from collections.abc import Sequence

from tuan.domain.catalogue import Product, Sku
from tuan.domain.errors import InvalidValue
from tuan.server.convert.item_error import item_error
from tuan.server.convert.money import money
from tuan.usecases.change_stock import StockChange
from tuan.usecases.import_catalogue import ImportedProduct, Rejection
from tuan.usecases.read_catalogue import ProductWithSkus
from tuan_api.v1 import catalogue_pb2


def product(item: ProductWithSkus) -> catalogue_pb2.Product:
    return catalogue_pb2.Product(
        product_id=item.product.product_id,
        title=item.product.title,
        category=item.product.category,
        skus=[sku(each) for each in item.skus],
    )


def sku(item: Sku) -> catalogue_pb2.Sku:
    return catalogue_pb2.Sku(
        sku=item.sku,
        product_id=item.product_id,
        title=item.title,
        list_price=money(item.list_minor, item.currency),
        inactive=not item.active,
        attributes=item.attributes,
    )


def imported(index: int, message: catalogue_pb2.Product) -> ImportedProduct:
    """Raises InvalidValue when a SKU names another product than the one that it stands in."""
    for position, item in enumerate(message.skus):
        if item.product_id not in ("", message.product_id):
            path = f"products[{index}].skus[{position}].product_id"
            raise InvalidValue(path, f"is {item.product_id}, inside product {message.product_id}; leave it out")
    skus = tuple(given_sku(item, message.product_id) for item in message.skus)
    return ImportedProduct(Product(message.product_id, message.title, message.category), skus)


def given_sku(message: catalogue_pb2.Sku, product_id: str) -> Sku:
    """As the caller gave it; the use case checks it, and fills in the category."""
    return Sku(
        sku=message.sku,
        product_id=product_id,
        title=message.title,
        category="",
        currency=message.list_price.currency_code,
        list_minor=message.list_price.amount_minor,
        active=not message.inactive,
        attributes=dict(message.attributes),
    )


def initial_stock(stock: Sequence[catalogue_pb2.InitialStock]) -> list[StockChange]:
    return [StockChange(item.sku, item.warehouse, item.quantity) for item in stock]


def rejection(item: Rejection) -> catalogue_pb2.ImportRejection:
    return catalogue_pb2.ImportRejection(path=item.path, error=item_error(item.error))
