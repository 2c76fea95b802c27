"""Who is new: had never paid for an order, by the engine's own record, whatever applications say."""

from __future__ import annotations

from tuan.plugin import Unit

_ORDERS_PER_READ = 200


def is_new(unit: Unit, caller: str, buyer: str, but: str = "") -> bool:
    """`but`: an order that does not count."""
    after = ""
    while orders := unit.orders.list(caller, buyer, (), after, _ORDERS_PER_READ):
        if any(order.payment_id and order.placed.order_id != but for order in orders):
            return False
        after = orders[-1].placed.order_id
    return True
