"""What SQL already knows about a batch: reservations and orders that it ends, read once before it is planned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from tuan.adapters.sql_record.drain.bodies import Body, PlacedBody
from tuan.adapters.sql_record.drain.bulk import Bulk, Row
from tuan.adapters.sql_record.drain.drafts import OrderDraft, ReservationDraft
from tuan.adapters.sql_record.tables import orders, reservations
from tuan.adapters.sql_record.tables.shards import NOT_ALONE
from tuan.domain.claim import Intent, Verb
from tuan.domain.order import OrderState
from tuan.domain.payment import PaymentApplied

_ENDS = frozenset({Verb.CONFIRM, Verb.RELEASE, Verb.EXPIRE, Verb.GIVE_BACK})
_RESERVATION = ("key", "order_id", "commits_order", "state", "returned", "order_key", "sequence", "alone")
_BY_ORDER = ("order_id", *_RESERVATION)
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
    ending = [intent for intent in intents if intent.verb in _ENDS]
    paid = [
        body.order_id
        for intent, body in zip(intents, bodies, strict=True)
        if type(body) is PaymentApplied and intent.verb is Verb.RESERVE
    ]
    if not ending and not paid:
        return Context({}, {})
    made = {intent.key for intent in intents if intent.verb is Verb.RESERVE}
    ended = {intent.key: intent.label for intent in ending if intent.key not in made}
    found = _reservations(connection, bulk, shard, ended) if ended else {}
    wanted = {draft.order_id for draft in found.values() if draft.commits_order and draft.order_id}
    wanted.update(paid)
    wanted -= {body.order_id for body in bodies if isinstance(body, PlacedBody)}
    return Context(found, _orders(connection, bulk, sorted(wanted)) if wanted else {})


def _reservations(
    connection: Connection, bulk: Bulk, shard: str, labels: Mapping[str, str]
) -> dict[str, ReservationDraft]:
    """By key, those of `labels`, which has the label of each. Those that are alone are in no index by key, and are labelled with their
    order; the others are in it."""
    rows: list[Row] = []
    if named := sorted({label for label in labels.values() if label}):
        rows = [row[1:] for row in bulk.find(connection, reservations, _BY_ORDER, shard, named) if row[1] in labels]
    if others := sorted(labels.keys() - {row[0] for row in rows}):
        rows += bulk.find(connection, reservations, _RESERVATION, shard, others, where=NOT_ALONE.text)
    return {row[0]: _draft(*row) for row in rows}


def _draft(
    key: str,
    order_id: str | None,
    commits_order: int,
    state: str,
    returned: str,
    order_key: str | None,
    sequence: int,
    alone: int,
) -> ReservationDraft:
    given = _decode_returned(returned)
    return ReservationDraft(key, order_id, bool(commits_order), state, given, order_key, sequence, bool(alone))


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
