"""Blocks that count where a list names them. Goal: no other cart is touched by them, or asked. Method: a `voucher` block of a test."""

from __future__ import annotations

import pytest

from tuan_rules import REFERENCE, BlockSchema, Field, SourceFile, Vocabulary, check
from tuan_rules.core_facts import CORE_FACTS
from tuan_rules.pricing import Cart, CartLine, Ruleset
from tuan_rules.schema import GIVE, INTEGER

FIELDS = (
    Field("give", GIVE, "what", required=True, example="off(¥1)"),
    Field("stack", REFERENCE("stack"), "where", required=True, example='stack "s"'),
    Field("priority", INTEGER, "when", default=0, example="1"),
)
TEXT = """
package "p" { version = "1.0.0"  zone = "UTC"  currency = "CNY" }
stack "s" { phase = order_discount  scope = order  pick = all  base = running }
voucher "a" { give = off(¥1)  stack = stack "s"  priority = 1 }
voucher "b" { give = off(¥2)  stack = stack "s"  priority = 2 }
"""


def vocabulary(named_in: str) -> Vocabulary:
    return Vocabulary([BlockSchema("voucher", "A voucher.", FIELDS, named_in=named_in)], CORE_FACTS)


def ruleset(named_in: str) -> Ruleset:
    package = check([SourceFile("t.tuan", TEXT)], vocabulary(named_in)).package
    assert package is not None
    return Ruleset.of([package], vocabulary(named_in))


@pytest.mark.parametrize(
    ("names", "total_minor"),
    [((), 10_00), (("a",), 9_00), (("p/voucher/b",), 8_00), (("a", "b", "c"), 7_00), (("q/voucher/a",), 10_00)],
)
def test_a_block_counts_where_it_is_named(names: tuple[str, ...], total_minor: int) -> None:
    """Goal: by label or by rule id, and by no other package's. Method: carts with names; index and scan agree."""
    rules = ruleset("cart.coupons")
    cart = Cart([CartLine("S1", 1, 10_00)], 0, {"cart": {"coupons": names}})
    assert rules.price(cart).total_minor == rules.price(cart, scan=True).total_minor == total_minor


def test_it_is_found_by_its_name() -> None:
    """Goal: 10,000 coupons cost a cart without any nothing. Method: the index says by what each rule is found."""
    assert {str(found) for found in ruleset("cart.coupons").explain_index().values()} == {
        "found by cart.coupons (2 values)"
    }


def test_without_a_list_it_always_counts() -> None:
    """Goal: nothing changes for other blocks. Method: the same blocks with no list."""
    assert ruleset("").price(Cart([CartLine("S1", 1, 10_00)], 0)).total_minor == 7_00


@pytest.mark.parametrize("named_in", ["cart.coupns", "coupons", "cart.units", "line.tags", "nobody.coupons"])
def test_a_list_that_is_not_there_is_refused(named_in: str) -> None:
    """Goal: a misspelt name is found at start-up. Method: unknown facts, and facts that are no list of the cart's texts."""
    with pytest.raises(ValueError, match="no list of texts"):
        vocabulary(named_in)
