"""The drain's short cuts stay true to what they stand for."""

from __future__ import annotations

import msgspec
import pytest

from tuan.adapters.sql_record.drain.bodies import PlacedBody, decode_body, decode_lines, release_reason
from tuan.adapters.sql_record.drain.drafts import OrderDraft, ReservationDraft
from tuan.adapters.sql_record.tables import orders, reservations
from tuan.codec import encode
from tuan.domain.claim import Intent, Verb
from tuan.domain.order import Adjustment, OrderLine, OrderPlaced, OrderState
from tuan.domain.payment import PaymentApplied

LINES = (OrderLine(0, "tea", 3, "sale", 2990, ((1, 1991), (2, 1990)), (Adjustment("flash", -2999),)),)
FACTS = {"buyer": {"level": 3}}
PLACED = OrderPlaced(
    "o1", "shop", "r1", "b", "d", "a", "CNY", 5971, LINES, ("a", "sale"), "h", 7, "east", "app", False, FACTS
)
APPLIED = PaymentApplied("o1", "p1", "sandbox", "tx1", 5971, 9)


def intent(verb: Verb, body: bytes, confirmed: bool = False, key: str = "k") -> Intent:
    return Intent(1, verb, key, 5, 1, "f", 60, confirmed, (("stock/tea", 3, -1, 0, 0),), body=body.decode(), label="o1")


def test_the_drains_body_has_the_fields_of_the_orders() -> None:
    """Goal: a field added to OrderPlaced cannot be forgotten here. Method: names, order and defaults of both."""
    ours = [(field.name, field.default) for field in msgspec.structs.fields(PlacedBody)]
    fields = msgspec.inspect.type_info(OrderPlaced).fields  # type: ignore[attr-defined]
    raw = {"facts": PlacedBody.__struct_defaults__[-1]}
    assert ours == [(field.name, raw.get(field.name, field.default)) for field in fields]


def test_a_placed_order_is_decoded_with_its_lines_as_they_came() -> None:
    """Goal: what SQL stores is what was reserved. Method: every field of the decoded body, and its lines decoded later."""
    body = decode_body(intent(Verb.RESERVE, encode(PLACED)))
    assert isinstance(body, PlacedBody)
    assert decode_lines(body.lines) == LINES
    assert bytes(body.facts) == b'{"buyer":{"level":3}}'
    for name in OrderPlaced.__struct_fields__:
        if name not in ("lines", "facts"):
            assert getattr(body, name) == getattr(PLACED, name)


def test_the_body_says_what_a_confirmed_reserve_brings() -> None:
    """Goal: money or an order. Method: both bodies in a confirmed reserve, and the wrong one in a confirm."""
    assert decode_body(intent(Verb.RESERVE, encode(APPLIED), confirmed=True)) == APPLIED
    assert isinstance(decode_body(intent(Verb.RESERVE, encode(PLACED), confirmed=True)), PlacedBody)
    assert decode_body(intent(Verb.CONFIRM, encode(APPLIED), confirmed=True)) == APPLIED
    with pytest.raises(msgspec.ValidationError):
        decode_body(intent(Verb.CONFIRM, encode(PLACED), confirmed=True))


@pytest.mark.parametrize("verb", [Verb.EXPIRE, Verb.GIVE_BACK, Verb.RESTOCK, Verb.RELEASE])
def test_other_bodies_are_not_the_records(verb: Verb) -> None:
    """Goal: a plugin's own body does no harm. Method: text that is no JSON; only a release's must be."""
    assert decode_body(intent(verb, b"anything")) is None


def test_a_release_may_say_why() -> None:
    """Goal: the reason travels to the event. Method: none, one, and other fields beside it."""
    assert release_reason(intent(Verb.RELEASE, b"")) == ""
    assert release_reason(intent(Verb.RELEASE, b'{"reason":"cancelled","by":"shop"}')) == "cancelled"


def test_rows_are_in_the_order_of_their_columns() -> None:
    """Goal: a column added in the middle cannot shift the others. Method: each value of a row under its column's name."""
    body = decode_body(intent(Verb.RESERVE, encode(PLACED)))
    assert isinstance(body, PlacedBody)
    draft = OrderDraft(body, "f", "k", OrderState.PAID, 2, 0, 60, 8, 5971, "p1")
    row = dict(zip(orders.c.keys(), draft.row(), strict=True))
    for name in OrderPlaced.__struct_fields__:
        if name not in ("lines", "shards", "facts"):
            assert row[name] == getattr(PLACED, name), name
    assert msgspec.json.decode(row["lines"], type=tuple[OrderLine, ...]) == LINES
    assert row["facts"] == '{"buyer":{"level":3}}'
    assert row["shards"] == '["a","sale"]'
    own = ("fingerprint", "reservation_key", "state", "version", "due_ms", "paid_minor", "payment_id", "update_time_ms")
    assert [row[name] for name in own] == ["f", "k", "paid", 2, 60, 5971, "p1", 8]
    assert (row["refunded_minor"], row["ship_reference"]) == (0, "")

    held = ReservationDraft("k", "o1", True, "confirmed", {"stock/tea": 1}, "k")
    row = dict(zip(reservations.c.keys(), held.row("sale", intent(Verb.RESERVE, b"")), strict=True))
    assert row == {
        "shard": "sale",
        "sequence": 1,
        "key": "k",
        "order_id": "o1",
        "order_key": "k",
        "commits_order": True,
        "fingerprint": "f",
        "label": "o1",
        "state": "confirmed",
        "create_time_ms": 5,
        "due_ms": 60,
        "claims": '[["stock/tea",3,-1,0,0]]',
        "returned": '{"stock/tea":1}',
        "alone": False,
    }
