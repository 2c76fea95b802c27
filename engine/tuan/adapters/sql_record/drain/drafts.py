"""What a batch makes of orders and reservations before it is written: their state after the last intent that concerns them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from tuan.adapters.sql_record.drain.bodies import PlacedBody
from tuan.codec import encode
from tuan.domain.claim import Intent
from tuan.domain.order import OrderState, check_edge


class OrderDraft(msgspec.Struct, gc=False):
    """An order that this batch places (`version_before` 0) or moves."""

    placed: PlacedBody
    fingerprint: str
    reservation_key: str
    state: OrderState
    version: int
    version_before: int
    due_ms: int
    update_time_ms: int
    paid_minor: int = 0
    payment_id: str = ""

    def move(self, target: OrderState, time_ms: int) -> None:
        check_edge(self.placed.order_id, self.state, target)
        self.state = target
        self.version += 1
        self.update_time_ms = time_ms

    def row(self) -> tuple[Any, ...]:
        """In the order of the columns of `orders`."""
        placed = self.placed
        return (
            placed.order_id,
            placed.caller,
            placed.request_id,
            self.fingerprint,
            self.reservation_key,
            placed.buyer,
            placed.device,
            placed.address,
            placed.region,
            placed.channel,
            placed.currency,
            placed.total_minor,
            str(placed.lines, "utf-8"),
            _shards_json(placed.shards),
            placed.ruleset_hash,
            placed.place_time_ms,
            placed.ready_when_paid,
            self.state.value,
            self.version,
            self.due_ms,
            self.paid_minor,
            0,
            self.payment_id,
            self.update_time_ms,
            "",
            str(placed.facts, "utf-8"),
        )


class ReservationDraft(msgspec.Struct, gc=False):
    """A reservation that this batch makes or ends; `state` as SQL or an earlier intent of the batch left it.

    `alone`: the order's only shard, and labelled with the order's id, by which whatever ends it finds it.
    """

    key: str
    order_id: str | None
    commits_order: bool
    state: str
    returned: dict[str, int]
    order_key: str | None = None
    sequence: int = 0
    alone: bool = False

    def row(self, shard: str, intent: Intent) -> tuple[Any, ...]:
        """In the order of the columns of `reservations`; `intent` made it."""
        return (
            shard,
            intent.sequence,
            self.key,
            self.order_id,
            self.order_key,
            self.commits_order,
            intent.fingerprint,
            intent.label,
            self.state,
            intent.time_ms,
            intent.due_ms,
            _json(intent.claims),
            _json(self.returned) if self.returned else "{}",
            self.alone,
        )


@lru_cache(1024)
def _shards_json(shards: tuple[str, ...]) -> str:
    return _json(shards)


def _json(value: Any) -> str:
    return str(encode(value), "utf-8")
