"""Messages from templates are the messages that they stand for: parsed by the real stubs, order by order."""

from __future__ import annotations

import pytest

from tests.bench.load.orders import Messages, varint
from tests.bench.load.outcomes import Outcomes, of_results
from tests.bench.load.settings import Form, LoadSettings
from tests.bench.load.transfer import settings_from_json, settings_to_json
from tuan_api.v1 import group_buy_pb2 as group_buy_pb
from tuan_api.v1 import order_pb2 as pb
from tuan_api.v1 import pricing_pb2 as pricing_pb

#: Lengths that are a percent sign, and text that is one: a template must take neither for a place to fill in.
GOODS = [("S1", "sale"), ("S%d", "a" * 37), ("%b", "b" * 300)]


def _messages(form: Form, **settings: int) -> Messages:
    return Messages(LoadSettings("here", "key", GOODS, "run-1", form, **settings))


def _checked(orders: list[pb.PlaceOrderRequest], first: int) -> None:
    for number, order in enumerate(orders, first):
        who = f"run-1-{number:09d}"
        sku, activity = GOODS[number % len(GOODS)]
        assert (order.request_id, order.buyer_id) == (who, who)
        assert (order.device_id, order.address_id, order.currency_code) == (f"d{who}", f"a{who}", "CNY")
        assert [(line.sku, line.quantity, line.activity_id) for line in order.lines] == [(sku, 1, activity)]


def test_batches_are_batches_of_new_orders() -> None:
    """Goal: no order is sent twice, and none is broken. Method: two batches of ten over three goods, parsed."""
    messages = _messages("batch", batch=10)
    first, second = (list(pb.BatchPlaceOrdersRequest.FromString(messages.next()).requests) for _ in range(2))
    assert len(first) == len(second) == 10
    _checked(first + second, 1)


def test_a_stream_is_told_the_batch_by_its_number() -> None:
    """Goal: answers find their batch. Method: the number before the bytes, as the wire writes it; 300 needs two bytes."""
    message = pb.PlaceOrderStreamRequest.FromString(b"\x08" + varint(300) + _messages("stream", batch=3).next())
    assert message.batch_id == 300
    _checked(list(message.requests), 1)


def test_single_orders_and_quotes() -> None:
    """Goal: the other two forms, too. Method: parse one of each."""
    _checked([pb.PlaceOrderRequest.FromString(_messages("unary").next())], 1)
    quote = pricing_pb.QuoteRequest.FromString(_messages("quote").next())
    assert [(line.sku, line.activity_id) for line in quote.lines] == [GOODS[1]]


def test_groups_are_joined_in_turn() -> None:
    """Goal: each group gets as many as the others, with goods of its activity. Method: five orders for two groups of one sale."""
    messages = Messages(LoadSettings("here", "key", GOODS[:1], "run-1", "batch", batch=5, groups=["g-1", "g-2"]))
    orders = list(pb.BatchPlaceOrdersRequest.FromString(messages.next()).requests)
    assert [order.group_id for order in orders] == ["g-2", "g-1", "g-2", "g-1", "g-2"]
    assert {(order.lines[0].sku, order.lines[0].activity_id) for order in orders} == {GOODS[0]}


def test_a_quick_join_is_an_order_in_a_message() -> None:
    """Goal: the form of a quick join is that of the API. Method: parse two of them."""
    messages = _messages("quick_join")
    _checked([group_buy_pb.QuickJoinGroupRequest.FromString(messages.next()).order for _ in range(2)], 1)


def test_each_result_is_counted_once() -> None:
    """Goal: an order that was put off is not one that failed. Method: a result of each kind, and one that is none."""
    results = pb.BatchPlaceOrdersResponse()
    results.results.add().placed.order_id = "1"
    results.results.add().refusal.kind = pb.REFUSAL_KIND_SOLD_OUT
    results.results.add().error.retry_delay.seconds = 1
    results.results.add().error.message = "broken"
    results.results.add()
    found = of_results(results.results)
    assert found == Outcomes(placed=1, refused=1, shed=1, failed=2)
    assert found.all == 5


@pytest.mark.parametrize("form", ["unary", "batch", "stream", "quote", "quick_join"])
def test_settings_travel(form: Form) -> None:
    """Goal: the process measures what it was told. Method: there and back as its line of JSON."""
    settings = LoadSettings("here", "key", GOODS, "run-1", form, "poisson", rate=12.5, timeline=True)
    assert settings_from_json(settings_to_json(settings)) == settings
