"""Prices of carts by compiled rules: index, algebra, ledger and explanation; for whoever has checked packages and a cart."""

from tuan_rules.pricing.cart import Cart, CartLine
from tuan_rules.pricing.compiled import RulesConflict
from tuan_rules.pricing.explain import Explained, Explanation, Rejected, explain
from tuan_rules.pricing.ledger import SHIPPING, Priced, PricedLine, Step
from tuan_rules.pricing.ruleset import Ruleset

__all__ = [
    "SHIPPING",
    "Cart",
    "CartLine",
    "Explained",
    "Explanation",
    "Priced",
    "PricedLine",
    "Rejected",
    "Ruleset",
    "RulesConflict",
    "Step",
    "explain",
]
