# Generated from the .proto files by `make protos`. Change those, not this.
"""`CatalogueService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuan_client.aio.catalogue import AsyncCatalogueService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.catalogue import ImportProductsResponse, InitialStock, Product, Sku
from tuan_client.values.money import Money


class CatalogueService:
    """Products, their SKUs and list prices."""

    def __init__(self, service: AsyncCatalogueService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def import_products(
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
        return self._loop.run(
            self._service.import_products(products, stock, request_id=request_id, timeout_s=timeout_s)
        )

    def put_skus(
        self, skus: Sequence[Sku], *, request_id: str | None = None, timeout_s: float | None = None
    ) -> tuple[Sku, ...]:
        """Creates or replaces SKUs of existing products, all or none."""
        return self._loop.run(self._service.put_skus(skus, request_id=request_id, timeout_s=timeout_s))

    def update_sku_price(
        self, sku: str, list_price: Money, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> Sku:
        """Changes the list price of one SKU. Orders that are placed keep theirs."""
        return self._loop.run(
            self._service.update_sku_price(sku, list_price, request_id=request_id, timeout_s=timeout_s)
        )

    def get_product(self, product_id: str, *, timeout_s: float | None = None) -> Product:
        """Reads one product with its SKUs."""
        return self._loop.run(self._service.get_product(product_id, timeout_s=timeout_s))

    def list_products(self, page_size: int = 0, *, timeout_s: float | None = None) -> Iterator[Product]:
        """Lists products with their SKUs, by product id."""
        return self._loop.iterate(self._service.list_products(page_size, timeout_s=timeout_s))
