"""`tuan catalog import FILE.csv`: products, SKUs, prices and stock from a spreadsheet, with a mapping of its columns."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tuan import settings as settings_module
from tuan.server.catalogue_csv import COLUMNS, read_catalogue
from tuan.server.cli.online import admin_client, new_request_id
from tuan_client.values.catalogue import InitialStock, Product

BATCH = 500


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    importer = actions.add_parser("import", help="import a CSV file", description=__doc__)
    importer.add_argument("file", type=Path, help="CSV, UTF-8, with a header line")
    importer.add_argument("--currency", default="CNY", help="ISO 4217 code of prices without a currency column (CNY)")
    importer.add_argument("--warehouse", default="main", help="warehouse of stock without a warehouse column (main)")
    importer.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="FIELD=HEADER",
        help=f"which column is which, for example --column sku=StockCode; fields: {', '.join(COLUMNS)}",
    )
    importer.add_argument("--request-id", default="", help="repeat an import without adding its stock twice")
    importer.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    text = options.file.read_text(encoding="utf-8-sig")
    catalogue = read_catalogue(text, options.currency, options.warehouse, options.column)
    for mistake in catalogue.mistakes:
        print(f"{options.file}:{mistake}", file=sys.stderr)
    request_id = options.request_id or new_request_id("import")
    rejected = 0
    totals = [0, 0, 0]
    with admin_client(settings_module.load()) as client:
        for number, start in enumerate(range(0, len(catalogue.products), BATCH)):
            products: list[Product] = catalogue.products[start : start + BATCH]
            codes = {sku.sku for product in products for sku in product.skus}
            stock: list[InitialStock] = [item for item in catalogue.stock if item.sku in codes]
            answer = client.catalogue.import_products(products, stock, request_id=f"{request_id}-{number}")
            for rejection in answer.rejections:
                rejected += 1
                print(f"{options.file}: {rejection.path}: {rejection.error}", file=sys.stderr)
            totals = [
                total + count
                for total, count in zip(
                    totals, (answer.product_count, answer.sku_count, answer.stock_count), strict=True
                )
            ]
    print(f"imported {totals[0]} products, {totals[1]} SKUs, {totals[2]} stock entries (request id {request_id})")
    return 1 if catalogue.mistakes or rejected else 0
