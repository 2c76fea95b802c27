"""What SQL already knows about a batch: reservations and orders that it ends, read once before it is planned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from tuan.adapters.sql_record.drain.bodies import Body, PlacedBody
from tuan.adapters.sql_record.drain.bulk import Bulk
from tuan.adapters.sql_record.drain.drafts import OrderDraft, ReservationDraft
from tuan.adapters.sql_record.tables import orders, reservations
from tuan.domain.claim import Intent, Verb
from tuan.domain.order import OrderState
from tuan.domain.payment import PaymentApplied

_ENDS = frozenset({Verb.CONFIRM, Verb.RELEASE, Verb.EXPIRE, Verb.GIVE_BACK})
_RESERVATION = ("key", "order_id", "commits_order", "state", "returned")
_PLACED = PlacedBody.__struct_fields__
_DRAFT = ("fingerprint", "reservation_key", "state", "version", "due_ms", "update_time_ms", "paid_minor", "payment_id")
_decode_shards = msgspec.json.Decoder(tuple[str, ...]).decode
_decode_returned = msgspec.json.Decoder(dict[str, int]).decode


@dataclass(frozen=True, slots=True)
class Context:
    """By key and by order id; those that the batch itself makes are not in it. Planning changes what it finds here."""

    reservations: dict[str, ReservationDraft]
    orders: dict[str, OrderDraft]


def read_context(
    connection: Connection, bulk: Bulk, shard: str, intents: Sequence[Intent], bodies: Sequence[Body]
) -> Context:
    made = {intent.key for intent in intents if intent.verb is Verb.RESERVE}
    ended = {intent.key for intent in intents if intent.verb in _ENDS} - made
    found = _reservations(connection, bulk, shard, sorted(ended)) if ended else {}
    wanted = {draft.order_id for draft in found.values() if draft.commits_order and draft.order_id}
    placed = set()
    for intent, body in zip(intents, bodies, strict=True):
        if isinstance(body, PlacedBody):
            placed.add(body.order_id)
        elif isinstance(body, PaymentApplied) and intent.verb is Verb.RESERVE:
            wanted.add(body.order_id)
    wanted -= placed
    return Context(found, _orders(connection, bulk, sorted(wanted)) if wanted else {})


def _reservations(connection: Connection, bulk: Bulk, shard: str, keys: Sequence[str]) -> dict[str, ReservationDraft]:
    rows = bulk.find(connection, reservations, _RESERVATION, shard, keys)
    return {
        key: ReservationDraft(key, order_id, bool(commits_order), state, _decode_returned(returned))
        for key, order_id, commits_order, state, returned in rows
    }


def _orders(connection: Connection, bulk: Bulk, order_ids: Sequence[str]) -> dict[str, OrderDraft]:
    """Locked on PostgreSQL until the batch is committed, so that no use case moves them in between."""
    found: dict[str, OrderDraft] = {}
    for row in bulk.find(connection, orders, (*_PLACED, *_DRAFT), "", order_ids):
        fields = dict(zip(_PLACED, row, strict=False))
        fields["lines"] = msgspec.Raw(fields["lines"].encode())
        fields["facts"] = msgspec.Raw(fields["facts"].encode())
        fields["shards"] = _decode_shards(fields["shards"])
        fields["ready_when_paid"] = bool(fields["ready_when_paid"])
        fingerprint, key, state, version, due_ms, update_time_ms, paid_minor, payment_id = row[len(_PLACED) :]
        found[row[0]] = OrderDraft(
            PlacedBody(**fields),
            fingerprint,
            key,
            OrderState(state),
            version,
            version,
            due_ms,
            update_time_ms,
            paid_minor,
            payment_id,
        )
    return found
