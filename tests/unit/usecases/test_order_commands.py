"""What may be asked, and how a repeat is recognised."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from tuan.domain.errors import InvalidValue, Reason
from tuan.usecases.fingerprint import content_fingerprint
from tuan.usecases.order_commands import (
    LINES_MAX,
    QUANTITY_PER_LINE_MAX,
    PlaceOrder,
    RecentRequests,
    WantedLine,
    fingerprint_of,
    have_plain_ids,
    request_key,
)

GOOD = PlaceOrder("app", "r1", "b1", "CNY", (WantedLine("tea", 1), WantedLine("cup", 2, "sale")))


def check(order: PlaceOrder) -> None:
    order.check_ids()
    order.check_extras()
    order.check_goods()


def with_line(**changes: Any) -> dict[str, Any]:
    return {"lines": (GOOD.lines[0], replace(GOOD.lines[1], **changes))}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"request_id": ""}, "request_id"),
        ({"request_id": "x" * 65}, "request_id"),
        ({"request_id": "é" * 33}, "request_id"),
        ({"request_id": "a b"}, "request_id"),
        ({"request_id": "a\tb"}, "request_id"),
        ({"request_id": "a\0b"}, "request_id"),
        ({"request_id": "a\u200bb"}, "request_id"),
        ({"buyer": ""}, "buyer_id"),
        ({"buyer": "x" * 65}, "buyer_id"),
        ({"device": "a b"}, "device_id"),
        ({"address": "\n"}, "address_id"),
        ({"region": "x" * 65}, "region"),
        ({"channel": "a\u3000b"}, "channel"),
        ({"ticket": "x" * 513}, "ticket"),
        ({"currency": ""}, "currency_code"),
        ({"currency": "cny"}, "currency_code"),
        ({"currency": "CNYX"}, "currency_code"),
        ({"currency": "C1Y"}, "currency_code"),
        ({"currency": "ÄÖÜ"}, "currency_code"),
        ({"lines": ()}, "lines"),
        ({"lines": (WantedLine("tea", 1),) * (LINES_MAX + 1)}, "lines"),
        (with_line(sku=""), "lines[1].sku"),
        (with_line(sku="a b"), "lines[1].sku"),
        (with_line(activity_id="x" * 65), "lines[1].activity_id"),
        (with_line(quantity=0), "lines[1].quantity"),
        (with_line(quantity=-1), "lines[1].quantity"),
        (with_line(quantity=QUANTITY_PER_LINE_MAX + 1), "lines[1].quantity"),
    ],
)
def test_refused(changes: dict[str, Any], field: str) -> None:
    """Goal: the first wrong field is named, by its name in the API. Method: a good order with one thing wrong."""
    with pytest.raises(InvalidValue) as caught:
        check(replace(GOOD, **changes))
    assert caught.value.field == field


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"request_id": "x" * 64, "buyer": "买家", "device": "d", "address": "a", "region": "east", "channel": "app"},
        {"ticket": "x" * 512},
        {"lines": (WantedLine("tea", QUANTITY_PER_LINE_MAX),) * LINES_MAX},
    ],
)
def test_accepted(changes: dict[str, Any]) -> None:
    """Goal: everything up to the limits. Method: orders at them."""
    check(replace(GOOD, **changes))


@pytest.mark.parametrize(
    ("changes", "plain"),
    [
        ({}, True),
        ({"device": "d", "address": "a", "region": "east", "channel": "x" * 64}, True),
        ({"request_id": ""}, False),
        ({"buyer": ""}, False),
        ({"device": "a b"}, False),
        ({"address": "\x7f"}, False),
        ({"region": "x" * 65}, False),
        ({"channel": "渠道"}, False),
    ],
)
def test_a_look_at_a_whole_batch(changes: dict[str, Any], plain: bool) -> None:
    """Goal: one order that has to be looked at closely is found among many, and only such a one. Method: it between good ones."""
    assert have_plain_ids([GOOD, replace(GOOD, **changes), GOOD]) is plain
    assert have_plain_ids([])


def test_a_repeat_has_the_same_fingerprint() -> None:
    """Goal: a repeat with a new ticket is the same request. Method: another ticket, another id, another caller."""
    for changes in ({"ticket": "new"}, {"request_id": "r2"}, {"caller": "other"}):
        assert fingerprint_of(replace(GOOD, **changes)) == fingerprint_of(GOOD)


def test_another_content_has_another_fingerprint() -> None:
    """Goal: no two contents share one, also where texts could run together. Method: change each part; move a character from
    one field to the next."""
    others = [
        replace(GOOD, **changes)
        for changes in (
            {"buyer": "b2"},
            {"currency": "EUR"},
            {"device": "d"},
            {"address": "d"},
            {"region": "d"},
            {"channel": "d"},
            {"expected_total_minor": 0},
            {"expected_total_minor": 1},
            {"device": "ab", "address": "c"},
            {"device": "a", "address": "bc"},
            {"lines": GOOD.lines[:1]},
            {"lines": GOOD.lines[::-1]},
            with_line(quantity=3),
            with_line(activity_id=""),
        )
    ]
    marks = [fingerprint_of(order) for order in (GOOD, *others)]
    assert len(set(marks)) == len(marks)
    assert content_fingerprint("a b", "c") != content_fingerprint("a", "b c")
    assert content_fingerprint(GOOD.lines) == content_fingerprint(list(GOOD.lines))


def test_request_keys() -> None:
    """Goal: 22 characters without a dot (which marks reinstatements), one per caller and id. Method: ids that run together."""
    pairs = [("a", "bc"), ("ab", "c"), ("a", "b"), ("b", "a"), ("", "abc")]
    keys = {request_key(*pair) for pair in pairs}
    assert len(keys) == len(pairs)
    assert all(len(key) == 22 and "." not in key and key.isascii() for key in keys)
    assert request_key("a", "bc") in keys


def test_recent_requests_forget_the_oldest() -> None:
    """Goal: memory is bounded, the newest are kept. Method: room for two, three remembered."""
    recent = RecentRequests(count_max=2)
    for key in ("k1", "k2", "k3"):
        recent.remember(key, "mark")
    assert recent.conflict("k1", "other", "r1") is None
    assert recent.conflict("k3", "mark", "r3") is None
    reused = recent.conflict("k3", "other", "r3")
    assert reused is not None
    assert reused.reason is Reason.REQUEST_ID_REUSED
