"""Checked `group_buy` blocks for tests, from what a merchant would write."""

from __future__ import annotations

from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY
from tuan_rules import CheckedBlock, SourceFile, check

PACKAGE = 'package "shop" { version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }\n'
OTHERS = """
stack "coupons" { phase = order_discount  scope = order  pick = all  base = running }
coupon "care-5" {
  title = { zh: "五元关怀券", en: "¥5 care coupon" }  give = off(¥5.00)  stack = stack "coupons"  personal = true
}
"""


def group_of(
    more: str = "", price: str = "set(¥35.00)", size: int = 3, on_fail: str = "refund(route: original)"
) -> CheckedBlock:
    """The block `g`, with `more` fields. Raises AssertionError where the file has errors."""
    text = f'group_buy "g" {{\n  on = line.sku in ["S1"]  price = {price}  size = {size}\n  window = 24h  on_fail = {on_fail}\n{more}\n}}'
    result = check([SourceFile("shop.tuan", PACKAGE + text + OTHERS)], MARKET_VOCABULARY)
    assert result.package is not None, result.errors
    block = result.package.block("group_buy", "g")
    assert block is not None
    return block
