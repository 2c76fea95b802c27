"""What the outside world knows: what was asked, what was acknowledged. The engine is judged by it, not by its own books alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tests.chaos.verdict import Verdict
from tuan.domain.order import Order, OrderState
from tuan.domain.payment import Refund
from tuan.usecases.order_commands import PlaceOrder

#: States in which an order has its units, or has had them and shipped them.
HOLDING = frozenset(
    {
        OrderState.PENDING_PAYMENT,
        OrderState.PAID,
        OrderState.READY_TO_SHIP,
        OrderState.SHIPPED,
        OrderState.COMPLETED,
        OrderState.REFUNDING,
        OrderState.REFUNDED,
    }
)
SOLD = HOLDING - {OrderState.PENDING_PAYMENT}


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """An order as the buyer heard of it."""

    order_id: str
    total_minor: int
    command: PlaceOrder


@dataclass(slots=True)
class Books:
    """`placed` by request id."""

    placed: dict[str, Acknowledged] = field(default_factory=dict)
    verdict: Verdict = field(default_factory=Verdict)

    def acknowledge(self, command: PlaceOrder, order_id: str, total_minor: int) -> bool:
        """Write an order down; False when it is the answer to a repeat. A repeat must get the first answer."""
        first = self.placed.setdefault(command.request_id, Acknowledged(order_id, total_minor, command))
        if first.order_id != order_id:
            self.verdict.add("duplicated", 1, f"request {command.request_id} is order {first.order_id} and {order_id}")
        elif first.command.lines != command.lines or first.total_minor != total_minor:
            self.verdict.add("wrong", 1, f"request {command.request_id} was granted with another content")
        return first.command is command

    def compare(self, orders: list[Order]) -> None:
        """Each acknowledged order is in the record once, as it was acknowledged, and nobody has one that he did not ask for."""
        by_request = Counter(order.placed.request_id for order in orders)
        by_id = {order.placed.order_id: order for order in orders}
        for request_id, count in by_request.items():
            self.verdict.add("duplicated", count - 1, f"request {request_id} has {count} orders")
        for request_id, known in self.placed.items():
            order = by_id.get(known.order_id)
            if order is None:
                self.verdict.add("lost", 1, f"order {known.order_id} of request {request_id}")
                continue
            asked = [(line.sku, line.quantity) for line in known.command.lines]
            kept = [(line.sku, line.quantity) for line in order.placed.lines]
            if asked != kept or order.placed.total_minor != known.total_minor:
                self.verdict.add("wrong", 1, f"order {known.order_id} is not what was acknowledged")


def units_out(order: Order, refunds: list[Refund]) -> Counter[tuple[str, str]]:
    """(activity, SKU) -> units that an order has: what it took, less what a refund put back for sale."""
    units: Counter[tuple[str, str]] = Counter()
    if order.state not in HOLDING:
        return units
    lines = order.placed.lines
    for line in lines:
        units[line.activity_id, line.sku] += line.quantity
    for refund in refunds:
        for part in refund.units if refund.restocked else ():
            units[lines[part.line_index].activity_id, lines[part.line_index].sku] -= part.count
    return units
