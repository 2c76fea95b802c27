"""What a complete group gives back of what its members prepaid (差价退款)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuan.plugin import Order, Unit
from tuan_group_buy.offer import Offer
from tuan_group_buy.tiers import Prepaid, tier_rebates


def rebates_by_order(offer: Offer, reached: int, orders: Sequence[Order], unit: Unit) -> Iterator[tuple[str, int]]:
    """(order id, minor units) for each order that gets something back."""
    if not offer.ladder:
        return
    for order in orders:
        amount_minor = 0
        for line in _prepaid(order, offer, unit):
            ladder = offer.steps(order.placed.lines[line.line].list_unit_minor)
            amount_minor += sum(rebate.amount_minor for rebate in tier_rebates(ladder, reached, [line]))
        if amount_minor:
            yield order.placed.order_id, amount_minor


def _prepaid(order: Order, offer: Offer, unit: Unit) -> Iterator[Prepaid]:
    """The group's goods that the order still has, and what was paid for them."""
    refunds = unit.refunds.of_order(order.placed.order_id)
    for line in order.placed.lines:
        gone = [part for refund in refunds for part in refund.units if part.line_index == line.line_index]
        quantity = line.quantity - sum(part.count for part in gone)
        amount_minor = line.total_minor - sum(line.units_minor(part.first, part.count) for part in gone)
        if quantity > 0 and line.sku in offer.goods and line.list_unit_minor:
            yield Prepaid(order.placed.order_id, line.line_index, quantity, amount_minor)
