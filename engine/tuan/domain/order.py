"""Orders: frozen prices and the edges of the life cycle.

    PENDING_PAYMENT -> PAID -> READY_TO_SHIP -> SHIPPED -> COMPLETED
    PENDING_PAYMENT -> EXPIRED | CANCELLED        PAID | READY_TO_SHIP | SHIPPED | COMPLETED -> REFUNDING -> REFUNDED
    EXPIRED | CANCELLED, and then money arrives: -> PAID when it still fits (reinstated), else the money goes back

Only these edges exist and each raises the version, so a late or repeated message can never move an order backwards.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from msgspec import Struct

from tuan.domain.errors import Reason, TuanError


class OrderState(StrEnum):
    PENDING_PAYMENT = "pending_payment"
    PAID = "paid"
    READY_TO_SHIP = "ready_to_ship"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    REFUNDING = "refunding"
    REFUNDED = "refunded"


#: Where an order's facts keep what it redeemed, by the code of the promotion.
REDEEMED = "redeemed"

#: Where an order's facts keep what promotions wanted kept of it (`LineTerms.kept`), by their code.
KEPT = "kept"

_EDGES: dict[OrderState, frozenset[OrderState]] = {
    OrderState.PENDING_PAYMENT: frozenset({OrderState.PAID, OrderState.EXPIRED, OrderState.CANCELLED}),
    OrderState.PAID: frozenset({OrderState.READY_TO_SHIP, OrderState.REFUNDING}),
    OrderState.READY_TO_SHIP: frozenset({OrderState.SHIPPED, OrderState.REFUNDING}),
    OrderState.SHIPPED: frozenset({OrderState.COMPLETED, OrderState.REFUNDING}),
    OrderState.COMPLETED: frozenset({OrderState.REFUNDING}),
    OrderState.EXPIRED: frozenset({OrderState.PAID}),
    OrderState.CANCELLED: frozenset({OrderState.PAID}),
    OrderState.REFUNDING: frozenset({OrderState.REFUNDED}),
    OrderState.REFUNDED: frozenset(),
}

#: States in which goods may still be given back to stock by a refund.
BEFORE_SHIPPING = frozenset({OrderState.PAID, OrderState.READY_TO_SHIP})


def sources_of(target: OrderState) -> frozenset[OrderState]:
    """The states from which `target` may be entered: what a guarded UPDATE puts in its WHERE."""
    return frozenset(state for state, targets in _EDGES.items() if target in targets)


def check_edge(order_id: str, state: OrderState, target: OrderState) -> None:
    """Raises ORDER_STATE_CONFLICT when the life cycle has no such edge."""
    if target not in _EDGES[state]:
        raise TuanError(
            Reason.ORDER_STATE_CONFLICT,
            f"order {order_id} is {state.value}; it cannot become {target.value}",
            order_id=order_id,
            state=state.value,
            target=target.value,
        )


class Adjustment(Struct, frozen=True, gc=False):
    """One step of a line's price: what applied, by how much (negative lowers), who funds it (merchant, platform)."""

    rule_id: str
    amount_minor: int
    funded_by: str = "merchant"
    note: str = ""


class LineKind(StrEnum):
    """What a line of an order is. Gifts cost nothing and claim stock like goods; shipping is one unit without a SKU or stock."""

    GOODS = "goods"
    GIFT = "gift"
    SHIPPING = "shipping"


class OrderLine(Struct, frozen=True, gc=False, omit_defaults=True):
    """One SKU of an order with its price frozen down to the unit; the lines of the request come first, in its order.

    `list_unit_minor`: list price of one unit. `unit_runs`: what each unit costs after all adjustments, as runs
    `((count, unit_minor), ...)`; units are numbered from 0 in this order, and refunds read these very numbers.
    """

    line_index: int
    sku: str
    quantity: int
    activity_id: str
    list_unit_minor: int
    unit_runs: tuple[tuple[int, int], ...]
    adjustments: tuple[Adjustment, ...] = ()
    kind: LineKind = LineKind.GOODS

    @property
    def total_minor(self) -> int:
        return sum([count * unit_minor for count, unit_minor in self.unit_runs])

    def units_minor(self, first: int, count: int) -> int:
        """What the units [first, first + count) cost together."""
        total, start = 0, 0
        for run, unit_minor in self.unit_runs:
            total += unit_minor * max(0, min(start + run, first + count) - max(start, first))
            start += run
        return total


class OrderPlaced(Struct, frozen=True, gc=False):
    """The body of a reserve intent: everything that SQL needs to know of a new order. Pseudonyms only, no personal data.

    `shards`: every shard that the order reserved on, in reserve order; the order row is written when the intent of the last
    one (the commit shard) arrives. `caller`: the application that placed it; (caller, request_id) is unique for ever.
    `facts`: what rules were told by the caller, by record and name, in plain values; "line" holds a list, one per line.
    `ready_when_paid`: nothing but the money is waited for (no group has to complete), so a paid order may ship at once.
    """

    order_id: str
    caller: str
    request_id: str
    buyer: str
    device: str
    address: str
    currency: str
    total_minor: int
    lines: tuple[OrderLine, ...]
    shards: tuple[str, ...]
    ruleset_hash: str
    place_time_ms: int
    region: str = ""
    channel: str = ""
    ready_when_paid: bool = True
    facts: dict[str, Any] = {}


class Order(Struct, frozen=True, gc=False):
    """An order as SQL keeps it."""

    placed: OrderPlaced
    state: OrderState
    version: int
    due_ms: int
    paid_minor: int = 0
    refunded_minor: int = 0
    payment_id: str = ""
    update_time_ms: int = 0
    ship_reference: str = ""
