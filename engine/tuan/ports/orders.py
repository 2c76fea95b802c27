"""Orders and what they reserved, in SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tuan.domain.claim import Claim, ReservationState
from tuan.domain.order import Order, OrderState


@dataclass(frozen=True, slots=True)
class OrderReservation:
    """One of an order's reservations; `state` as of the last drained intent."""

    shard: str
    key: str
    claims: tuple[Claim, ...]
    state: ReservationState
    given_back: bool = False
    """All that it claimed was given back after it was confirmed."""
    returned: Mapping[str, int] = field(default_factory=dict)

    def left(self) -> dict[str, int]:
        """What it claimed and has not given back, by counter."""
        left: dict[str, int] = {}
        for claim in self.claims:
            left[claim.counter] = left.get(claim.counter, -self.returned.get(claim.counter, 0)) + claim.quantity
        return {counter: count for counter, count in left.items() if count > 0}


@dataclass(frozen=True, slots=True)
class OrderSummary:
    """What paying an order has to know of it: all but its lines, which cost more to read than the rest."""

    order_id: str
    caller: str
    request_id: str
    buyer: str
    currency: str
    total_minor: int
    shards: tuple[str, ...]
    payment_id: str
    state: OrderState


class Orders(Protocol):
    def get(self, order_id: str) -> Order | None: ...
    def lock(self, order_id: str) -> Order | None:
        """Like `get`, and nobody else changes the order until this transaction ends."""

    def reservations(self, order_id: str) -> list[OrderReservation]:
        """In reserve order (by shard, then key)."""

    def many(self, order_ids: Sequence[str]) -> list[Order]: ...
    def summaries(self, order_ids: Sequence[str]) -> dict[str, OrderSummary]:
        """Those that exist, by id."""

    def by_requests(self, keys: Sequence[tuple[str, str]]) -> list[tuple[Order, str]]:
        """(order, fingerprint) of those (caller, request_id) that are known."""

    def list(self, caller: str, buyer: str, states: Sequence[OrderState], after: str, count_max: int) -> list[Order]:
        """Newest first by order id; `after` is the last id of the page before. Empty caller or buyer: any."""

    def placed_between(
        self,
        currency: str,
        start_time_ms: int,
        end_time_ms: int,
        states: Sequence[OrderState],
        after: tuple[int, str] | None,
        count_max: int,
    ) -> Sequence[Order]:
        """Placed in [start_time_ms, end_time_ms), oldest first; `after`: time and id of the last one of the page before."""

    def move(self, order_id: str, target: OrderState, time_ms: int, **columns: Any) -> Order:
        """Guarded transition: raises the version; ORDER_STATE_CONFLICT when the edge does not exist from where it is."""

    def add_refunded(self, order_id: str, amount_minor: int) -> None: ...
