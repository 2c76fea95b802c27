"""Read products with their SKUs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from tuan.domain.catalogue import Product, Sku
from tuan.domain.errors import Reason, TuanError
from tuan.domain.fields import check_id
from tuan.ports import Record
from tuan.usecases.snapshot import Snapshot, SnapshotKeeper


@dataclass(frozen=True, slots=True)
class ProductWithSkus:
    product: Product
    skus: tuple[Sku, ...]


class CatalogueReader:
    """Products from the record, their SKUs from the snapshot: it holds all of them, and own writes renew it at once."""

    def __init__(self, record: Record, keeper: SnapshotKeeper) -> None:
        self._record = record
        self._by_product: Mapping[str, list[Sku]] | None = None
        self._keeper = keeper
        keeper.on_change(self._forget)

    async def get(self, product_id: str) -> ProductWithSkus:
        """Raises PRODUCT_NOT_FOUND."""
        check_id("product_id", product_id)
        product = await self._record.read(lambda unit: unit.catalogue.product(product_id))
        if product is None:
            raise TuanError(Reason.PRODUCT_NOT_FOUND, f"no product {product_id}", product_id=product_id)
        return self._with_skus(product)

    async def list(self, after: str, count_max: int) -> list[ProductWithSkus]:
        """In order of product id, those after `after` (empty: from the start)."""
        products = await self._record.read(lambda unit: unit.catalogue.products(after, count_max))
        return [self._with_skus(product) for product in products]

    def _with_skus(self, product: Product) -> ProductWithSkus:
        if self._by_product is None:
            by_product = defaultdict(list)
            for sku in self._keeper.current.skus.values():
                by_product[sku.product_id].append(sku)
            self._by_product = by_product
        skus = sorted(self._by_product.get(product.product_id, ()), key=lambda sku: sku.sku)
        return ProductWithSkus(product, tuple(skus))

    def _forget(self, _: Snapshot) -> None:
        """Sorting 100,000 SKUs by product takes 20 ms: done once per change, and only when somebody reads."""
        self._by_product = None
