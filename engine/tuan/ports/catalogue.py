"""Products, SKUs and stock by warehouse, in SQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from tuan.domain.catalogue import Product, Sku, StockLevel


class Catalogue(Protocol):
    def put_products(self, products: Iterable[Product]) -> None: ...
    def put_skus(self, skus: Iterable[Sku]) -> None: ...
    def skus(self, codes: Sequence[str] | None = None) -> list[Sku]: ...
    def product(self, product_id: str) -> Product | None: ...
    def products(self, after: str, count_max: int) -> list[Product]:
        """In order of product id, those after `after` ("" from the start)."""

    def stock_levels(self, codes: Sequence[str] | None = None) -> list[StockLevel]: ...
    def add_stock(self, key: str, levels: Sequence[StockLevel]) -> bool:
        """Add `on_hand` (either sign) to each level, once per key; False when the key was used before."""

    def revision(self) -> int:
        """Rises with every change, so that other processes know when to read again."""
