"""Create and change products and SKUs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tuan.domain.catalogue import Product, Sku
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.fields import check_id
from tuan.ports import Unit
from tuan.usecases.change_stock import DELTA_MAX, StockChange, StockChanger
from tuan.usecases.fingerprint import content_fingerprint
from tuan.usecases.snapshot import SnapshotKeeper
from tuan.usecases.writer import Writer

PRODUCTS_MAX = 1_000
SKUS_MAX = 1_000
SKUS_PER_PRODUCT_MAX = 100
STOCK_MAX = 10_000
ATTRIBUTES_MAX = 16
ATTRIBUTE_BYTES_MAX = 64
TEXT_BYTES_MAX = 256
PRICE_MINOR_MAX = 10**12


@dataclass(frozen=True, slots=True)
class Rejection:
    """An item that was not taken: its path in the request and why."""

    path: str
    error: TuanError


@dataclass(frozen=True, slots=True)
class ImportedProduct:
    product: Product
    skus: tuple[Sku, ...]


@dataclass(frozen=True, slots=True)
class ImportResult:
    product_count: int
    sku_count: int
    stock_count: int
    rejections: tuple[Rejection, ...]


class CatalogueKeeper:
    def __init__(self, writer: Writer, keeper: SnapshotKeeper, stock: StockChanger) -> None:
        self._writer = writer
        self._keeper = keeper
        self._stock = stock

    async def import_products(
        self, caller: str, request_id: str, products: Sequence[ImportedProduct], stock: Sequence[StockChange]
    ) -> ImportResult:
        """Store what is right, report what is not; the initial stock is added once per request id."""
        check_id("request_id", request_id)
        if len(products) > PRODUCTS_MAX:
            raise InvalidValue("products", f"{len(products)} products; send at most {PRODUCTS_MAX} a call")
        if len(stock) > STOCK_MAX:
            raise InvalidValue("stock", f"{len(stock)} entries; send at most {STOCK_MAX} a call")
        if not products and not stock:
            raise InvalidValue("products", "is missing; send products, stock or both")
        rejections: list[Rejection] = []
        good_products, good_skus = [], []
        for index, item in enumerate(products):
            path = f"products[{index}]"
            try:
                check_product(path, item.product)
                if len(item.skus) > SKUS_PER_PRODUCT_MAX:
                    raise InvalidValue(
                        f"{path}.skus", f"{len(item.skus)} SKUs; a product has at most {SKUS_PER_PRODUCT_MAX}"
                    )
            except TuanError as error:
                rejections.append(Rejection(path, error))
                continue
            good_products.append(item.product)
            for position, sku in enumerate(item.skus):
                try:
                    check_sku(f"{path}.skus[{position}]", sku)
                    good_skus.append(
                        replace(sku, title=sku.title or item.product.title, category=item.product.category)
                    )
                except TuanError as error:
                    rejections.append(Rejection(f"{path}.skus[{position}]", error))

        content = content_fingerprint(products, stock)

        def store(unit: Unit) -> None:
            # A late repeat must not put back what was changed since.
            if unit.requests.claim(caller, request_id, "ImportProducts", content):
                unit.catalogue.put_products(good_products)
                unit.catalogue.put_skus(good_skus)

        await self._writer.write_and_refresh(store)
        # The stock is a request of its own: a crash in between leaves it to the repeat.
        stock_request_id = f"import:{content_fingerprint(request_id)}"
        added = await self._import_stock(caller, stock_request_id, stock, rejections)
        return ImportResult(len(good_products), len(good_skus), added, tuple(rejections))

    async def put_skus(self, caller: str, request_id: str, skus: Sequence[Sku]) -> list[Sku]:
        """Create or replace SKUs of existing products, all or none, once per request id; as they are stored then."""
        check_id("request_id", request_id)
        if not 1 <= len(skus) <= SKUS_MAX:
            raise InvalidValue("skus", f"{len(skus)} SKUs; send 1 to {SKUS_MAX}")
        content = content_fingerprint(skus)

        def store(unit: Unit) -> list[Sku]:
            if not unit.requests.claim(caller, request_id, "PutSkus", content):
                known = {sku.sku: sku for sku in unit.catalogue.skus([sku.sku for sku in skus])}
                return [known[sku.sku] for sku in skus]
            stored = []
            for index, sku in enumerate(skus):
                check_sku(f"skus[{index}]", sku)
                product = unit.catalogue.product(sku.product_id)
                if product is None:
                    raise TuanError(
                        Reason.PRODUCT_NOT_FOUND,
                        f"skus[{index}].product_id: no product {sku.product_id}",
                        product_id=sku.product_id[:64],
                    )
                stored.append(replace(sku, title=sku.title or product.title, category=product.category))
            unit.catalogue.put_skus(stored)
            return stored

        return await self._writer.write_and_refresh(store)

    async def update_price(self, caller: str, request_id: str, code: str, list_minor: int, currency: str) -> Sku:
        """A new list price, once per request id. Orders that are placed keep theirs."""
        check_id("request_id", request_id)
        check_id("sku", code)

        def store(unit: Unit) -> Sku:
            found = unit.catalogue.skus([code])
            if not found:
                raise TuanError(Reason.SKU_NOT_FOUND, f"no SKU {code}", sku=code[:64])
            if found[0].currency != currency:
                raise TuanError(
                    Reason.CURRENCY_MISMATCH,
                    f"{code} is priced in {found[0].currency}, not {currency}",
                    expected=found[0].currency,
                    actual=currency,
                )
            changed = replace(found[0], list_minor=list_minor)
            check_price("list_price", changed)
            if not unit.requests.claim(caller, request_id, "UpdateSkuPrice", f"{code} {list_minor} {currency}"):
                return found[0]
            unit.catalogue.put_skus([changed])
            return changed

        return await self._writer.write_and_refresh(store)

    async def _import_stock(
        self, caller: str, request_id: str, stock: Sequence[StockChange], rejections: list[Rejection]
    ) -> int:
        good = []
        for index, change in enumerate(stock):
            try:
                if change.sku not in self._keeper.current.skus:
                    raise TuanError(
                        Reason.SKU_NOT_FOUND, f"stock[{index}].sku: no SKU {change.sku}", sku=change.sku[:64]
                    )
                if not 1 <= change.delta <= DELTA_MAX:
                    raise InvalidValue(f"stock[{index}].quantity", f"{change.delta}; send 1 to 10^12 units")
                check_id(f"stock[{index}].warehouse", change.warehouse)
                good.append(change)
            except TuanError as error:
                rejections.append(Rejection(f"stock[{index}]", error))
        if good and await self._stock.change(caller, request_id, good):
            return len(good)
        return 0


def check_product(path: str, product: Product) -> None:
    check_id(f"{path}.product_id", product.product_id)
    _check_text(f"{path}.title", product.title)
    _check_text(f"{path}.category", product.category)


def check_sku(path: str, sku: Sku) -> None:
    check_id(f"{path}.sku", sku.sku)
    check_id(f"{path}.product_id", sku.product_id)
    if sku.title:
        _check_text(f"{path}.title", sku.title)
    check_price(f"{path}.list_price", sku)
    if len(sku.attributes) > ATTRIBUTES_MAX:
        raise InvalidValue(f"{path}.attributes", f"{len(sku.attributes)} entries; send at most {ATTRIBUTES_MAX}")
    for text in (*sku.attributes, *sku.attributes.values()):
        if len(text.encode()) > ATTRIBUTE_BYTES_MAX or not text.isprintable():
            raise InvalidValue(
                f"{path}.attributes", f"each must be printable text of at most {ATTRIBUTE_BYTES_MAX} bytes"
            )


def check_price(path: str, sku: Sku) -> None:
    if not 1 <= sku.list_minor <= PRICE_MINOR_MAX:
        raise InvalidValue(path, f"{sku.list_minor} minor units; a price is more than 0, at most 10^12")
    if len(sku.currency) != 3 or not sku.currency.isascii() or not sku.currency.isalpha() or not sku.currency.isupper():
        raise InvalidValue(f"{path}.currency_code", f"{sku.currency!r} is no ISO 4217 code; write for example CNY")


def _check_text(field: str, text: str) -> None:
    if not text or len(text.encode()) > TEXT_BYTES_MAX or not text.isprintable():
        raise InvalidValue(field, f"must be 1 to {TEXT_BYTES_MAX} bytes of printable text")
