"""A catalogue from a file as merchants have it: what is good is taken, what is not is named by its line."""

from __future__ import annotations

import pytest

from tuan.domain.errors import InvalidValue
from tuan.server.catalogue_csv import UNCATEGORISED, read_catalogue

HEADER = "sku,title,price,stock,product,category,currency,warehouse\n"


def mistakes(rows: str) -> list[str]:
    return read_catalogue(HEADER + rows, "CNY", "main").mistakes


def test_products_skus_and_stock() -> None:
    """Goal: rows of one product are one product, rows of one SKU its warehouses. Method: three rows, defaults left out."""
    rows = "s1,Tea,10,5,p,food,,\ns2,Tea big,20.5,,p,food,,\ns1,Tea,10.00,7,p,food,,west\ns3,,1,,,,JPY,\n"
    found = read_catalogue(HEADER + rows, "CNY", "main")
    assert found.mistakes == []
    tea, other = found.products
    assert [(sku.sku, sku.list_price.amount_minor) for sku in tea.skus] == [("s1", 1000), ("s2", 2050)]
    assert (other.product_id, other.category, other.skus[0].list_price.currency_code) == ("s3", UNCATEGORISED, "JPY")
    assert [(each.sku, each.warehouse, each.quantity) for each in found.stock] == [("s1", "main", 5), ("s1", "west", 7)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",Tea,10,,,,,", "sku"),
        ("s1,Tea,0,,,,,", "price"),
        ("s1,Tea,-1,,,,,", "price"),
        ("s1,Tea,ten,,,,,", "amount"),
        ("s1,Tea,1e9999999999,,,,,", "amount"),
        ("s1,Tea,1.005,,,,,", "decimals"),
        ("s1,Tea,1,-5,,,,", "stock"),
        ("s1,Tea,1,1.5,,,,", "stock"),
        ("good,Tea,2,,,,,", "price"),
    ],
)
def test_mistakes_are_named_by_line(row: str, said: str) -> None:
    """Goal: one bad row costs one row. Method: a good row, then a bad one; the last is a second price for the first row's SKU."""
    [mistake] = mistakes("good,Tea,1,,,,,\n" + row + "\n")
    assert mistake.startswith("3: ") and said in mistake


def test_a_file_that_breaks_off() -> None:
    """Goal: a quotation mark that is never closed is a mistake, not a crash. Method: 200 KiB behind one."""
    [mistake] = mistakes('s1,Tea,1,,,,,\ns2,"' + "x" * 200_000)
    assert "cannot be read" in mistake


def test_columns_by_mapping() -> None:
    """Goal: headers are found by name or by mapping, and one that is missing is named. Method: foreign headers."""
    text = "Code,Name,Cost\ns1,Tea,3\n"
    found = read_catalogue(text, "CNY", "main", ["sku=Code", "title=Name", "price=Cost"])
    assert found.products[0].skus[0].sku == "s1"
    for mapping, said in (
        ([], "--column sku=HEADER"),
        (["sku=Nothing"], "no column 'Nothing'"),
        (["colour=Code"], "is no field"),
        (["sku"], "no column ''"),
    ):
        with pytest.raises(InvalidValue, match=said):
            read_catalogue(text, "CNY", "main", mapping)
