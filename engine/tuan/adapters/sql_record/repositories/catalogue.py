"""The `Catalogue` port."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import RowMapping, select

from tuan.adapters.sql_record.repositories.base import in_chunks, row_of
from tuan.adapters.sql_record.repositories.revisions import Revised
from tuan.adapters.sql_record.tables import products, skus, stock_changes, stock_levels
from tuan.domain.catalogue import Product, Sku, StockLevel


class SqlCatalogue(Revised):
    """The revision counts changes of products and SKUs; stock moves with every shipment, and nobody caches it."""

    subject = "catalogue"

    def put_products(self, products_: Iterable[Product]) -> None:
        for chunk in in_chunks(products_):
            self._upsert(products, [row_of(product) for product in chunk])
            self._raise_revision()

    def put_skus(self, skus_: Iterable[Sku]) -> None:
        for chunk in in_chunks(skus_):
            self._upsert(skus, [row_of(sku) for sku in chunk])
            self._raise_revision()

    def skus(self, codes: Sequence[str] | None = None) -> list[Sku]:
        query = select(skus).order_by(skus.c.sku)
        if codes is None:
            return [Sku(**row) for row in self._connection.execute(query).mappings()]
        found: list[Sku] = []
        for chunk in in_chunks(codes):
            found += [Sku(**row) for row in self._connection.execute(query.where(skus.c.sku.in_(chunk))).mappings()]
        return found

    def product(self, product_id: str) -> Product | None:
        query = select(products).where(products.c.product_id == product_id)
        row = self._connection.execute(query).mappings().one_or_none()
        return None if row is None else Product(**row)

    def products(self, after: str, count_max: int) -> list[Product]:
        query = select(products).where(products.c.product_id > after).order_by(products.c.product_id).limit(count_max)
        return [Product(**row) for row in self._connection.execute(query).mappings()]

    def stock_levels(self, codes: Sequence[str] | None = None) -> list[StockLevel]:
        query = select(stock_levels).order_by(stock_levels.c.sku, stock_levels.c.warehouse)
        if codes is None:
            return [_level(row) for row in self._connection.execute(query).mappings()]
        found: list[StockLevel] = []
        for chunk in in_chunks(codes):
            rows = self._connection.execute(query.where(stock_levels.c.sku.in_(chunk))).mappings()
            found += [_level(row) for row in rows]
        return found

    def add_stock(self, key: str, levels: Sequence[StockLevel]) -> bool:
        known = select(stock_changes.c.key).where(stock_changes.c.key == key).limit(1)
        if self._connection.execute(known).first() is not None:
            return False
        deltas: dict[tuple[str, str], int] = {}
        for level in levels:
            place = (level.sku, level.warehouse)
            deltas[place] = deltas.get(place, 0) + level.on_hand
        rows = [{"sku": sku, "warehouse": warehouse, "delta": delta} for (sku, warehouse), delta in deltas.items()]
        if not rows:
            return True
        self._connection.execute(stock_changes.insert(), [{"key": key, **row} for row in rows])
        statement = self._insert(stock_levels)
        added = statement.on_conflict_do_update(
            index_elements=["sku", "warehouse"], set_={"on_hand": stock_levels.c.on_hand + statement.excluded.on_hand}
        )
        self._connection.execute(
            added, [{"sku": row["sku"], "warehouse": row["warehouse"], "on_hand": row["delta"]} for row in rows]
        )
        return True


def _level(row: RowMapping) -> StockLevel:
    return StockLevel(row["sku"], row["warehouse"], row["on_hand"])
