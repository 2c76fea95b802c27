"""What a batch makes of orders and reservations before it is written: their state after the last intent that concerns them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

import msgspec
from msgspec.structs import astuple

from tuan.adapters.sql_record.drain.bodies import PlacedBody
from tuan.adapters.sql_record.drain.bulk import Columns
from tuan.codec import encode, encode_lines
from tuan.domain.claim import Intent
from tuan.domain.order import OrderState, check_edge

_PLACED = PlacedBody.__struct_fields__


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


def order_columns(drafts: Sequence[OrderDraft]) -> Columns:
    """Of `orders`."""
    placed = dict(zip(_PLACED, zip(*[astuple(draft.placed) for draft in drafts], strict=True), strict=True))
    count = len(drafts)
    return {
        **placed,
        "lines": [str(lines, "utf-8") for lines in placed["lines"]],
        "facts": [str(facts, "utf-8") for facts in placed["facts"]],
        "shards": [_shards_json(shards) for shards in placed["shards"]],
        "fingerprint": [draft.fingerprint for draft in drafts],
        "reservation_key": [draft.reservation_key for draft in drafts],
        "state": [str(draft.state) for draft in drafts],
        "version": [draft.version for draft in drafts],
        "due_ms": [draft.due_ms for draft in drafts],
        "paid_minor": [draft.paid_minor for draft in drafts],
        "refunded_minor": [0] * count,
        "payment_id": [draft.payment_id for draft in drafts],
        "update_time_ms": [draft.update_time_ms for draft in drafts],
        "ship_reference": [""] * count,
    }


def reservation_columns(shard: str, reserved: Collection[tuple[Intent, ReservationDraft]]) -> Columns:
    """Of `reservations`, each with the intent that made it."""
    intents, drafts = zip(*reserved, strict=True)
    return {
        "shard": [shard] * len(drafts),
        "sequence": [intent.sequence for intent in intents],
        "key": [intent.key for intent in intents],
        "order_id": [draft.order_id for draft in drafts],
        "order_key": [draft.order_key for draft in drafts],
        "commits_order": [draft.commits_order for draft in drafts],
        "fingerprint": [intent.fingerprint for intent in intents],
        "label": [intent.label for intent in intents],
        "state": [draft.state for draft in drafts],
        "create_time_ms": [intent.time_ms for intent in intents],
        "due_ms": [intent.due_ms for intent in intents],
        "claims": _json_texts([intent.claims for intent in intents]),
        "returned": _json_texts([draft.returned for draft in drafts]),
        "alone": [draft.alone for draft in drafts],
    }


@lru_cache(1024)
def _shards_json(shards: tuple[str, ...]) -> str:
    return str(encode(shards), "utf-8")


def _json_texts(values: list[Any]) -> list[str]:
    """Encoded in one call. JSON has no line ends within it: those of texts are escaped."""
    return str(encode_lines(values), "utf-8").split("\n")[:-1]
