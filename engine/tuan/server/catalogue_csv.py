"""A catalogue from a CSV file: one row per SKU and warehouse, columns found by name or by mapping, mistakes by line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from tuan.domain.errors import InvalidValue
from tuan.domain.money import parse_minor
from tuan_client.values.catalogue import InitialStock, Product, Sku
from tuan_client.values.money import Money

#: Fields of a row; the others than those of _REQUIRED have defaults.
COLUMNS = ("sku", "title", "price", "stock", "product", "category", "currency", "warehouse")
_REQUIRED = ("sku", "title", "price")
#: Every product is somewhere in the tree; similar goods are looked for beside it.
UNCATEGORISED = "uncategorised"


@dataclass(slots=True)
class CatalogueFile:
    """What a file holds. `mistakes`: `line: what is wrong`, of rows that were left out."""

    products: list[Product] = field(default_factory=list)
    stock: list[InitialStock] = field(default_factory=list)
    mistakes: list[str] = field(default_factory=list)


def read_catalogue(text: str, currency: str, warehouse: str, mapping: Sequence[str] = ()) -> CatalogueFile:
    """`mapping`: `field=header` for headers that are named otherwise. Raises InvalidValue for a header that is missing."""
    rows = csv.DictReader(io.StringIO(text))
    headers = _headers(rows.fieldnames or [], mapping)
    found = CatalogueFile()
    products: dict[str, Product] = {}
    for line, row in _lines(rows, found.mistakes):
        values = {name: (row.get(header) or "").strip() for name, header in headers.items()}
        try:
            product, item, stock = _row(values, currency, warehouse)
            known = products.setdefault(product.product_id, product)
            earlier = next((sku for sku in known.skus if sku.sku == item.sku), None)
            if earlier is not None and earlier.list_price != item.list_price:
                raise InvalidValue("price", f"{values['price']}, but a line before had another for {item.sku}")
        except InvalidValue as error:
            found.mistakes.append(f"{line}: {error.message}")
            continue
        if earlier is None:
            products[product.product_id] = replace(known, skus=(*known.skus, item))
        if stock.quantity:
            found.stock.append(stock)
    found.products = list(products.values())
    return found


def _lines(rows: csv.DictReader[str], mistakes: list[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows with their line numbers, as far as the file can be read."""
    try:
        for row in rows:
            yield rows.line_num, row
    except csv.Error as error:  # a field of more than 128 KiB: most often a quotation mark that was never closed
        mistakes.append(f"{rows.line_num}: cannot be read, nor what follows: {error}")


def _headers(given: Sequence[str], mapping: Sequence[str]) -> dict[str, str]:
    headers = {name: name for name in COLUMNS if name in given}
    for pair in mapping:
        name, _, header = pair.partition("=")
        if name not in COLUMNS:
            raise InvalidValue("--column", f"{name!r} is no field; the fields are {', '.join(COLUMNS)}")
        if header not in given:
            raise InvalidValue("--column", f"the file has no column {header!r}; it has {', '.join(given)}")
        headers[name] = header
    missing = [name for name in _REQUIRED if name not in headers]
    if missing:
        raise InvalidValue(
            "--column",
            f"no column for {', '.join(missing)}; the file has {', '.join(given) or 'no header'}. Name it: --column {missing[0]}=HEADER",
        )
    return headers


def _row(values: dict[str, str], currency: str, warehouse: str) -> tuple[Product, Sku, InitialStock]:
    code = values["sku"]
    if not code:
        raise InvalidValue("sku", "is empty")
    row_currency = values.get("currency") or currency
    price_minor = parse_minor(values["price"], row_currency)
    if price_minor <= 0:
        raise InvalidValue("price", f"{values['price']} is not more than 0")
    quantity_text = values.get("stock") or "0"
    if not quantity_text.isdecimal():
        raise InvalidValue("stock", f"{quantity_text!r} is not a number of units")
    product_id = values.get("product") or code
    title = values["title"] or code
    item = Sku(sku=code, list_price=Money(row_currency, price_minor), product_id=product_id, title=title)
    product = Product(product_id, title, values.get("category") or UNCATEGORISED)
    return product, item, InitialStock(code, values.get("warehouse") or warehouse, int(quantity_text))
