"""The bodies of intents as the drain needs them: an order's lines stay JSON, since SQL stores them as they came.

Decoding `OrderPlaced` whole and encoding its lines again cost 12 of the 45 µs that an order took; this costs 3.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec

from tuan.codec import decode_payment_applied
from tuan.domain.claim import Intent, Verb
from tuan.domain.order import LineKind, OrderLine
from tuan.domain.payment import PaymentApplied


class PlacedBody(msgspec.Struct, gc=False):
    """The fields of `OrderPlaced` (a test compares them), `lines` and `facts` undecoded."""

    order_id: str
    caller: str
    request_id: str
    buyer: str
    device: str
    address: str
    currency: str
    total_minor: int
    lines: msgspec.Raw
    shards: tuple[str, ...]
    ruleset_hash: str
    place_time_ms: int
    region: str = ""
    channel: str = ""
    ready_when_paid: bool = True
    facts: msgspec.Raw = msgspec.Raw(b"{}")


class EventLine(msgspec.Struct, gc=False, omit_defaults=True):
    """What events tell of a line; checks in passing that lines are lines."""

    sku: str
    quantity: int
    activity_id: str
    kind: LineKind = LineKind.GOODS


class TakenForGood(msgspec.Struct, forbid_unknown_fields=True):
    """The body of claims that a plugin took at once and for good: the event by which it learns of them, whatever becomes of it."""

    event_kind: str
    subject: str
    data: dict[str, Any]


class _Facts(msgspec.Struct):
    redeemed: dict[str, Any] = {}
    kept: dict[str, Any] = {}


class _Release(msgspec.Struct):
    reason: str = ""


Body = PlacedBody | PaymentApplied | TakenForGood | None

decode_placed = msgspec.json.Decoder(PlacedBody).decode
decode_event_lines = msgspec.json.Decoder(list[EventLine]).decode
decode_lines = msgspec.json.Decoder(tuple[OrderLine, ...]).decode
_decode_taken = msgspec.json.Decoder(TakenForGood).decode
_decode_facts = msgspec.json.Decoder(_Facts).decode
_decode_release = msgspec.json.Decoder(_Release).decode


def decode_body(intent: Intent) -> Body:
    """A pending reserve brings an order; one that is confirmed at once usually brings the money that reinstates one."""
    verb = intent.verb
    if not intent.body or not (verb is Verb.RESERVE or verb is Verb.CONFIRM):
        return None
    if intent.confirmed:
        try:
            return decode_payment_applied(intent.body)
        except msgspec.ValidationError:
            if verb is Verb.CONFIRM:
                raise
        with suppress(msgspec.ValidationError):
            return _decode_taken(intent.body)
    return decode_placed(intent.body)


def kept_of(placed: PlacedBody) -> dict[str, Any]:
    """What promotions wanted kept of the order, by their code; nearly always nothing, too."""
    return _decode_facts(placed.facts).kept if b'"kept"' in bytes(placed.facts) else {}


def redeemed_by(placed: PlacedBody) -> dict[str, Any]:
    """What the order redeemed, by the promotion's code; nearly always nothing, which a look at the bytes tells."""
    return _decode_facts(placed.facts).redeemed if b'"redeemed"' in bytes(placed.facts) else {}


def release_reason(intent: Intent) -> str:
    """The body of a release; anything else in it is not the record's."""
    return _decode_release(intent.body).reason if intent.body else ""
