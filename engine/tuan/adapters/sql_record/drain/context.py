"""What SQL already knows about a batch: reservations and orders that it ends, read once before it is planned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection, select, type_coerce

from tuan.adapters.sql_record.drain.bodies import Body, PlacedBody
from tuan.adapters.sql_record.drain.drafts import OrderDraft, ReservationDraft
from tuan.adapters.sql_record.repositories.base import in_chunks
from tuan.adapters.sql_record.tables import orders, reservations
from tuan.adapters.sql_record.tables.types import Name
from tuan.domain.claim import Intent, Verb
from tuan.domain.order import OrderState
from tuan.domain.payment import PaymentApplied

_ENDS = frozenset({Verb.CONFIRM, Verb.RELEASE, Verb.EXPIRE, Verb.GIVE_BACK})
_PLACED = [name for name in PlacedBody.__struct_fields__ if name != "lines"]
_DRAFT = ("fingerprint", "reservation_key", "state", "version", "due_ms", "update_time_ms", "paid_minor", "payment_id")


@dataclass(frozen=True, slots=True)
class Context:
    """By key and by order id; those that the batch itself makes are not in it. Planning changes what it finds here."""

    reservations: dict[str, ReservationDraft]
    orders: dict[str, OrderDraft]


def read_context(connection: Connection, shard: str, intents: Sequence[Intent], bodies: Sequence[Body]) -> Context:
    made = {intent.key for intent in intents if intent.verb is Verb.RESERVE}
    ended = {intent.key for intent in intents if intent.verb in _ENDS} - made
    found = _reservations(connection, shard, sorted(ended))
    placed = {body.order_id for body in bodies if isinstance(body, PlacedBody)}
    wanted = {draft.order_id for draft in found.values() if draft.commits_order and draft.order_id}
    for intent, body in zip(intents, bodies, strict=True):
        if intent.verb is Verb.RESERVE and isinstance(body, PaymentApplied):
            wanted.add(body.order_id)
    return Context(found, _orders(connection, sorted(wanted - placed)))


def _reservations(connection: Connection, shard: str, keys: Iterable[str]) -> dict[str, ReservationDraft]:
    found: dict[str, ReservationDraft] = {}
    columns = reservations.c
    query = select(columns.key, columns.order_id, columns.commits_order, columns.state, columns.returned)
    for chunk in in_chunks(keys):
        for row in connection.execute(query.where(columns.shard == shard, columns.key.in_(chunk))).all():
            found[row[0]] = ReservationDraft(*row)
    return found


def _orders(connection: Connection, order_ids: Iterable[str]) -> dict[str, OrderDraft]:
    """Locked on PostgreSQL until the batch is committed, so that no use case moves them in between."""
    found: dict[str, OrderDraft] = {}
    columns = [type_coerce(orders.c.lines, Name), *(orders.c[name] for name in (*_DRAFT, *_PLACED))]
    query = select(*columns).order_by(orders.c.order_id).with_for_update()
    for chunk in in_chunks(order_ids):
        for lines, *rest in connection.execute(query.where(orders.c.order_id.in_(chunk))).all():
            fingerprint, key, state, version, due_ms, update_time_ms, paid_minor, payment_id = rest[: len(_DRAFT)]
            placed = PlacedBody(
                **dict(zip(_PLACED, rest[len(_DRAFT) :], strict=True)), lines=msgspec.Raw(lines.encode())
            )
            found[placed.order_id] = OrderDraft(
                placed,
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
