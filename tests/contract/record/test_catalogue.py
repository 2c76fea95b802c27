"""The catalogue: products, SKUs, stock by warehouse."""

from __future__ import annotations

from tuan.adapters.sql_record import SqlRecord
from tuan.domain.catalogue import Product, Sku, StockLevel
from tuan.ports import Unit

TEA = Sku("tea", "p1", "Green tea 100 g", "drinks/tea", "CNY", 1990, True, {"weight": "100 g"})


def test_products_and_skus_are_replaced_by_their_ids(record: SqlRecord) -> None:
    """Goal: an import may be repeated with corrections. Method: put twice, read what the second one said."""

    def put(title: str, price_minor: int) -> None:
        product = Product("p1", title, "drinks/tea")
        sku = Sku("tea", "p1", title, "drinks/tea", "CNY", price_minor, False, {"weight": "100 g"})
        record.write_now(lambda unit: unit.catalogue.put_products([product]))
        record.write_now(lambda unit: unit.catalogue.put_skus([sku]))

    put("Tea", 100)
    put("Green tea 茶", 1990)
    assert record.read_now(lambda unit: unit.catalogue.product("p1")) == Product("p1", "Green tea 茶", "drinks/tea")
    [sku] = record.read_now(lambda unit: unit.catalogue.skus())
    assert (sku.title, sku.list_minor, sku.active, sku.attributes) == ("Green tea 茶", 1990, False, {"weight": "100 g"})


def test_many_skus_are_found_by_code(record: SqlRecord) -> None:
    """Goal: more codes than fit into one statement. Method: 1,201 SKUs, asked for by all their codes and two unknown ones."""
    skus = [Sku(f"sku-{n:05}", "p", "t", "c", "CNY", n) for n in range(1201)]
    record.write_now(lambda unit: unit.catalogue.put_skus(skus))
    codes = [sku.sku for sku in skus] + ["unknown", ""]
    assert record.read_now(lambda unit: unit.catalogue.skus(codes)) == skus


def test_products_come_in_pages_in_the_order_of_bytes(record: SqlRecord) -> None:
    """Goal: page tokens agree with Python's order whatever the locale. Method: ids that a locale would sort otherwise."""
    ids = ["A", "B", "_", "a", "a-1", "a1", "é", "茶"]
    record.write_now(lambda unit: unit.catalogue.put_products([Product(id_, "t", "c") for id_ in ids]))

    def page(after: str) -> list[str]:
        return [product.product_id for product in record.read_now(lambda unit: unit.catalogue.products(after, 3))]

    seen = page("")
    while more := page(seen[-1]):
        seen += more
    assert seen == sorted(ids) == ids


def test_stock_is_added_once_per_key(record: SqlRecord) -> None:
    """Goal: an import that is repeated does not double stock. Method: the same key twice, then another one, with a shipment."""

    def add(key: str, *levels: StockLevel) -> bool:
        return record.write_now(lambda unit: unit.catalogue.add_stock(key, levels))

    east, west = StockLevel("tea", "east", 5), StockLevel("tea", "west", 7)
    assert add("k1", east, west, east)
    assert not add("k1", east)
    assert add("ship:o1", StockLevel("tea", "east", -4))
    assert add("nothing")
    levels = record.read_now(lambda unit: unit.catalogue.stock_levels(["tea"]))
    assert levels == [StockLevel("tea", "east", 6), StockLevel("tea", "west", 7)]
    assert levels == record.read_now(lambda unit: unit.catalogue.stock_levels())


def test_the_revision_rises_with_products_and_skus(record: SqlRecord) -> None:
    """Goal: other processes notice changes. Method: the number after each kind of change; shipments must not move it."""

    def after(change: object) -> int:
        return record.read_now(lambda unit: unit.catalogue.revision())

    def put_sku(unit: Unit) -> None:
        unit.catalogue.put_skus([TEA])

    first = record.read_now(lambda unit: unit.catalogue.revision())
    second = after(record.write_now(put_sku))
    third = after(record.write_now(lambda unit: unit.catalogue.put_products([Product("p1", "t", "c")])))
    fourth = after(record.write_now(lambda unit: unit.catalogue.add_stock("k", [StockLevel("tea", "east", 1)])))
    assert first == 0 < second < third == fourth
