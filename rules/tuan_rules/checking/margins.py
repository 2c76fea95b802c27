"""The worst case of a promotion: what it takes off together with what distributors earn, against the margin that the file states."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from tuan_rules.checked import CheckedBlock
from tuan_rules.checking.context import Context
from tuan_rules.currencies import shown_money
from tuan_rules.market import shown_percent
from tuan_rules.schema import BlockSchema
from tuan_rules.values import Money, PriceAction


def check_margins(pairs: Iterable[tuple[CheckedBlock, BlockSchema]], context: Context) -> None:
    """Reports TR-509 for a block that states `list_price` and `margin`, at the lowest price that it makes."""
    pairs = list(pairs)
    rate = max((_rates(block) for block, _ in pairs if block.kind == "commission"), default=Fraction(0))
    for block, _ in pairs:
        listed, margin = block.values.get("list_price"), block.values.get("margin")
        if not isinstance(listed, Money) or not isinstance(margin, Fraction) or listed.amount_minor <= 0:
            continue
        price = lowest_price(block, listed)
        if price is None:
            continue
        share = price / listed.amount_minor
        total = 1 - share + share * rate
        if total > margin:
            context.report.add(
                "TR-509", block.field_spans["price"], price=shown_money(round(price), listed.currency),
                list_price=shown_money(listed.amount_minor, listed.currency), discount=shown_percent(1 - share),
                rate=shown_percent(rate), commission=shown_percent(share * rate), total=shown_percent(total),
                margin=shown_percent(margin),
            )  # fmt: skip


def lowest_price(block: CheckedBlock, listed: Money) -> Fraction | None:
    """The lowest price of one unit that a promotion's `price` makes of its list price, in minor units."""
    price = block.values.get("price")
    if isinstance(price, PriceAction):
        return max(Fraction(0), price.price_of(listed.amount_minor))
    if isinstance(price, tuple):
        return Fraction(min(step.amount_minor for _, step in price))
    return None


def _rates(block: CheckedBlock) -> Fraction:
    rates = [level.values.get("rate") for level in block.children_of("level")]
    return sum((rate for rate in rates if isinstance(rate, Fraction)), Fraction(0))
