"""Thirty mistakes that merchants make: each is found where it stands, and the message says what to write instead."""

from __future__ import annotations

import pytest

from tuan_flash_sale.block import FLASH_SALE
from tuan_rules import SourceFile, Vocabulary, apply_fixes, check, render_text

VOCABULARY = Vocabulary([FLASH_SALE])
PACKAGE = 'package "m" { version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }\n'
GOOD = (
    PACKAGE
    + """flash_sale "a" {
  on = line.sku in ["S1001"]
  price = set(¥9.90)
  active = from 2027-02-10 until 2027-02-13
  sessions = daily(at: 10:00, for: 1h)
}
"""
)
#: (what is written, what is written instead of it, code, line, column, a word of the message or of its suggestion)
MISTAKES = [
    ("  price =", "  prise =", "TR-102", 4, 3, "price"),
    ("price =", "价格 =", "TR-102", 4, 3, "价格"),
    ("price = set(¥9.90)", "", "TR-103", 2, 1, "price = set"),
    ("set(¥9.90)", "set(¥9.999)", "TR-202", 4, 15, "10.00"),
    ("set(¥9.90)", "set(9.90)", "TR-209", 4, 15, "¥9.9"),
    ("set(¥9.90)", "set($9.90)", "TR-214", 4, 15, "USD"),
    ("set(¥9.90)", "88%", "TR-215", 4, 11, "pay(88%)"),
    ("set(¥9.90)", "pay(88折)", "TR-210", 4, 15, "8.8折"),
    ("set(¥9.90)", "off(8折)", "TR-211", 4, 15, "pay(8折)"),
    ("set(¥9.90)", "set(-¥9.90)", "TR-217", 4, 15, "at least 0"),
    ("set(¥9.90)", "set(¥9.90);", "TR-014", 4, 21, ";"),
    ("price =", "price:", "TR-012", 4, 8, "="),
    ("from 2027-02-10 until 2027-02-13", "from 2027-02-13 until 2027-02-10", "TR-206", 5, 34, "2027-02-10 until 2027-02-13"),
    ("from 2027-02-10", "from 2027-02-30", "TR-205", 5, 17, "2027-02-30"),
    ("at: 10:00", "at: 25:00", "TR-205", 6, 24, "20:00"),
    ("at: 10:00, for: 1h", "at: [10:00, 11:00], for: 2h", "TR-216", 6, 14, "overlap"),
    ("  sessions", "  limit = 1 per person\n  sessions", "TR-115", 6, 11, "buyer"),
    ("  sessions", "  limit = 0 per buyer\n  sessions", "TR-217", 6, 11, "at least 1"),
    ("  sessions", "  stock = 110% of sku.available\n  sessions", "TR-212", 6, 11, "100 %"),
    ('["S1001"]', '["S1001", "S1001"]', "TR-218", 3, 30, "twice"),
    ("flash_sale", "flash_sales", "TR-101", 2, 1, "flash_sale"),
    ("Asia/Shanghai", "Asia/Beijing", "TR-204", 1, 41, "Asia/Shanghai"),
    ('"CNY"', '"RMB"', "TR-203", 1, 69, "mean `CNY`"),
    ('"CNY"', '"人民币"', "TR-203", 1, 69, "mean `CNY`"),
    ('"1.0.0"', '"v1"', "TR-221", 1, 25, "1.4.0"),
    (PACKAGE, "", "TR-113", 1, 1, "package"),
    (PACKAGE, PACKAGE + PACKAGE, "TR-112", 2, 1, "1 at most"),
    (PACKAGE, PACKAGE + GOOD.removeprefix(PACKAGE), "TR-105", 8, 12, "another label"),
    (PACKAGE, PACKAGE + "# 注释\n", "TR-010", 2, 1, "//"),
    ("}\n", "", "TR-008", 1, 13, "}"),
    ("(¥9.90)", "（￥9.90）", "TR-002", 4, 14, "(¥"),
    ('"a"', "“a”", "TR-002", 2, 12, '"a"'),
]  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong", "code", "line", "column", "word"), MISTAKES, ids=lambda value: str(value)[:24]
)
def test_a_mistake_is_found_where_it_stands(
    right: str, wrong: str, code: str, line: int, column: int, word: str
) -> None:
    """Goal: a merchant repairs it without asking anybody. Method: a good file with one mistake; the remark with the code."""
    source = SourceFile("m.tuan", GOOD.replace(right, wrong, 1))
    found = next(item for item in check([source], VOCABULARY).diagnostics if item.code == code)
    assert (found.code, found.span.line, found.span.column) == (code, line, column), found
    assert word in render_text([found], [source], "en")
    assert found.message("zh") != found.message("en")


def test_a_comment_of_another_language_hides_nothing() -> None:
    """Goal: `#` costs one round, not two. Method: such a comment before a block with a mistake; then its fix."""
    source = SourceFile("m.tuan", PACKAGE + "# 注释 comment\n" + GOOD.removeprefix(PACKAGE))
    result = check([source], VOCABULARY)
    fixed, count = apply_fixes(source, result.diagnostics)
    assert (count, check([fixed], VOCABULARY).diagnostics) == (1, ())
    two = SourceFile("m.tuan", source.text.replace("price", "prise"))
    assert [item.code for item in check([two], VOCABULARY).errors] == ["TR-010", "TR-102"]
