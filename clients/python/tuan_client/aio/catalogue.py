# Generated from the .proto files by `make protos`. Change those, not this.
"""`CatalogueService`, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from tuan_api.v1 import catalogue_pb2
from tuan_client.convert import (
    new_request_id,
)
from tuan_client.link import Link, Rpc
from tuan_client.values.catalogue import ImportProductsResponse, InitialStock, Product, Sku
from tuan_client.values.money import Money

_IMPORT_PRODUCTS = Rpc(
    "/tuan_api.v1.CatalogueService/ImportProducts",
    catalogue_pb2.ImportProductsRequest,
    catalogue_pb2.ImportProductsResponse,
    repeatable=True,
)
_PUT_SKUS = Rpc(
    "/tuan_api.v1.CatalogueService/PutSkus",
    catalogue_pb2.PutSkusRequest,
    catalogue_pb2.PutSkusResponse,
    repeatable=True,
)
_UPDATE_SKU_PRICE = Rpc(
    "/tuan_api.v1.CatalogueService/UpdateSkuPrice",
    catalogue_pb2.UpdateSkuPriceRequest,
    catalogue_pb2.UpdateSkuPriceResponse,
    repeatable=True,
)
_GET_PRODUCT = Rpc(
    "/tuan_api.v1.CatalogueService/GetProduct",
    catalogue_pb2.GetProductRequest,
    catalogue_pb2.GetProductResponse,
    repeatable=True,
)
_LIST_PRODUCTS = Rpc(
    "/tuan_api.v1.CatalogueService/ListProducts",
    catalogue_pb2.ListProductsRequest,
    catalogue_pb2.ListProductsResponse,
    repeatable=True,
)


class AsyncCatalogueService:
    """Products, their SKUs and list prices."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def import_products(
        self,
        products: Sequence[Product],
        stock: Sequence[InitialStock] = (),
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> ImportProductsResponse:
        """Creates or replaces products with their SKUs, and adds initial stock, many at once. Items that cannot be taken are
        reported one by one; the others are stored. Repeating it with the same request id adds no stock twice.
        """
        request = catalogue_pb2.ImportProductsRequest(
            request_id=request_id or new_request_id(),
            products=[item.to_message() for item in products],
            stock=[item.to_message() for item in stock],
        )
        response = await self._link.unary(_IMPORT_PRODUCTS, request, timeout_s)
        return ImportProductsResponse.from_message(response)

    async def put_skus(
        self, skus: Sequence[Sku], *, request_id: str | None = None, timeout_s: float | None = None
    ) -> tuple[Sku, ...]:
        """Creates or replaces SKUs of existing products, all or none."""
        request = catalogue_pb2.PutSkusRequest(
            request_id=request_id or new_request_id(), skus=[item.to_message() for item in skus]
        )
        response = await self._link.unary(_PUT_SKUS, request, timeout_s)
        return tuple(Sku.from_message(item) for item in response.skus)

    async def update_sku_price(
        self, sku: str, list_price: Money, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> Sku:
        """Changes the list price of one SKU. Orders that are placed keep theirs."""
        request = catalogue_pb2.UpdateSkuPriceRequest(
            request_id=request_id or new_request_id(), sku=sku, list_price=list_price.to_message()
        )
        response = await self._link.unary(_UPDATE_SKU_PRICE, request, timeout_s)
        return Sku.from_message(response.sku)

    async def get_product(self, product_id: str, *, timeout_s: float | None = None) -> Product:
        """Reads one product with its SKUs."""
        request = catalogue_pb2.GetProductRequest(product_id=product_id)
        response = await self._link.unary(_GET_PRODUCT, request, timeout_s)
        return Product.from_message(response.product)

    async def list_products(self, page_size: int = 0, *, timeout_s: float | None = None) -> AsyncIterator[Product]:
        """Lists products with their SKUs, by product id."""
        request = catalogue_pb2.ListProductsRequest(page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_PRODUCTS, request, timeout_s)
            for item in page.products:
                yield Product.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
