"""The drain's short cuts stay true to what they stand for."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tuan.adapters.sql_record.drain.bodies import PlacedBody, decode_body, decode_lines, release_reason
from tuan.adapters.sql_record.drain.bulk import Columns
from tuan.adapters.sql_record.drain.drafts import OrderDraft, ReservationDraft, order_columns, reservation_columns
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


def test_columns_are_those_of_the_tables() -> None:
    """Goal: no column is forgotten, and none has the values of another. Method: each value of a row under its column's name."""
    body = decode_body(intent(Verb.RESERVE, encode(PLACED)))
    assert isinstance(body, PlacedBody)
    draft = OrderDraft(body, "f", "k", OrderState.PAID, 2, 0, 60, 8, 5971, "p1")
    row = only_row(order_columns([draft]))
    assert row.keys() == set(orders.c.keys())
    for name in OrderPlaced.__struct_fields__:
        if name not in ("lines", "shards", "facts"):
            assert row[name] == getattr(PLACED, name), name
    assert msgspec.json.decode(row["lines"], type=tuple[OrderLine, ...]) == LINES
    assert row["facts"] == '{"buyer":{"level":3}}'
    assert row["shards"] == '["a","sale"]'
    own = ("fingerprint", "reservation_key", "state", "version", "due_ms", "paid_minor", "payment_id", "update_time_ms")
    assert [row[name] for name in own] == ["f", "k", "paid", 2, 60, 5971, "p1", 8]
    assert (row["refunded_minor"], row["ship_reference"]) == (0, "")
    assert type(row["state"]) is str  # the driver is slow with what is only like one

    held = ReservationDraft("k", "o1", True, "confirmed", {"stock/tea": 1}, "k")
    row = only_row(reservation_columns("sale", [(intent(Verb.RESERVE, b""), held)]))
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
    assert row.keys() == set(reservations.c.keys())


def test_claims_whose_counters_have_line_ends_keep_to_their_rows() -> None:
    """Goal: claims that are encoded together come apart again. Method: counters with every kind of line end."""
    named = [f"a{end}b" for end in ("\n", "\r\n", "\u2028", "\x85", "\x0b")]
    made = [
        (
            Intent(at, Verb.RESERVE, f"k{at}", 5, 1, claims=((name, 1, -1, 0, 0),)),
            ReservationDraft(f"k{at}", None, False, "", {}),
        )
        for at, name in enumerate(named)
    ]
    columns = reservation_columns("sale", made)
    assert [msgspec.json.decode(text)[0][0] for text in columns["claims"]] == named


def only_row(columns: Columns) -> dict[str, Any]:
    (row,) = zip(*columns.values(), strict=True)
    return dict(zip(columns, row, strict=True))
