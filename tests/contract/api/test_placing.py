"""Placing orders in its three forms: what is answered, in which order, and that one bad order harms no other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import grpc
import pytest

from tests.contract.api.wire import outcome_of, stream
from tests.contract.api.world import World
from tuan_api.v1 import order_pb2 as o
from tuan_api.v1.error_reason_pb2 import ErrorReason
from tuan_api.v1.line_pb2 import CartLine
from tuan_api.v1.money_pb2 import Money


def _batch(world: World, count: int, **fields: object) -> list[o.PlaceOrderRequest]:
    return [world.order(**fields) for _ in range(count)]  # type: ignore[arg-type]


def test_a_placed_order_tells_its_price_and_its_time(world: World) -> None:
    """Goal: the answer is complete. Method: two lines, compared with the list prices and with GetOrder."""
    lines = [CartLine(sku="S1", quantity=2), CartLine(sku="S4", quantity=1), CartLine(sku="S1", quantity=1)]
    sold_out = world.ok("OrderService.PlaceOrder", world.order(lines=lines)).result
    assert sold_out.refusal.kind == o.REFUSAL_KIND_SOLD_OUT
    placed = world.ok("OrderService.PlaceOrder", world.order(lines=[lines[0], lines[2]])).result.placed
    assert (placed.total.currency_code, placed.total.amount_minor) == ("CNY", 10_500)
    assert [(line.list_unit_minor, line.total_minor) for line in placed.lines] == [(3_500, 7_000), (3_500, 3_500)]
    assert placed.ack_level == o.ACK_LEVEL_AOF
    kept = world.get(placed.order_id)
    assert kept.expire_time == placed.expire_time
    window_ms = kept.expire_time.ToMilliseconds() - kept.place_time.ToMilliseconds()
    assert window_ms == world.live.settings.payment_window_ms
    assert [line.unit_runs[0].unit_minor for line in kept.lines] == [3_500, 3_500]
    assert kept.state == o.ORDER_STATE_PENDING_PAYMENT


def test_sold_out_names_similar_goods(world: World) -> None:
    """Goal: who comes too late is shown what is left. Method: order a SKU without stock; others of its category have some."""
    world.live.run(world.live.engine.similar.refresh())
    refusal = world.ok("OrderService.PlaceOrder", world.order("S4")).result.refusal
    assert (refusal.kind, refusal.sku, refusal.available) == (o.REFUSAL_KIND_SOLD_OUT, "S4", 0)
    assert set(refusal.similar_skus) <= {"S1", "S2", "S3"}
    assert "S1" in refusal.similar_skus


def test_a_price_that_changed_is_told(world: World) -> None:
    """Goal: nobody pays another price than he saw. Method: expect too little, then what it costs."""
    wrong = world.order(expected_total=Money(currency_code="CNY", amount_minor=1))
    refusal = world.ok("OrderService.PlaceOrder", wrong).result.refusal
    assert (refusal.kind, refusal.current_total.amount_minor) == (o.REFUSAL_KIND_PRICE_CHANGED, 3_500)
    assert refusal.current_total.currency_code == "CNY"
    right = world.order(expected_total=Money(currency_code="CNY", amount_minor=3_500))
    assert world.ok("OrderService.PlaceOrder", right).result.HasField("placed")


def test_a_batch_answers_each_in_order(world: World) -> None:
    """Goal: one bad order harms no other. Method: good, malformed, unknown, foreign currency, sold out, a repeat, all in one call."""
    good = world.order(buyer_id="batch-1")
    requests = [
        good,
        world.order(quantity=0),
        world.order("none"),
        world.order(expected_total=Money(currency_code="GBP", amount_minor=1)),
        world.order("S4"),
        world.order(buyer_id="batch-2", quantity=3),
    ]
    first = world.ok("OrderService.BatchPlaceOrders", o.BatchPlaceOrdersRequest(requests=requests)).results
    assert [result.WhichOneof("outcome") for result in first] == [
        "placed",
        "error",
        "error",
        "error",
        "refusal",
        "placed",
    ]
    reasons = [ErrorReason.Name(result.error.reason) for result in first[1:4]]
    expected = ["INVALID_FIELD", "SKU_NOT_FOUND", "CURRENCY_MISMATCH"]
    assert reasons == [f"ERROR_REASON_{name}" for name in expected]
    assert dict(first[1].error.metadata) == {"field": "lines[0].quantity"}
    assert first[5].placed.total.amount_minor == 10_500
    again = world.ok("OrderService.BatchPlaceOrders", o.BatchPlaceOrdersRequest(requests=requests)).results
    assert again[0].placed.replayed
    assert again[0].placed.order_id == first[0].placed.order_id


def test_the_same_order_twice_in_a_batch_is_one_order(world: World) -> None:
    """Goal: a client that repeats itself buys once. Method: one request five times in a batch, and once with another content."""
    request = world.order(buyer_id="twice")
    other = o.PlaceOrderRequest()
    other.CopyFrom(request)
    other.lines[0].quantity = 9
    batch = o.BatchPlaceOrdersRequest(requests=[request] * 5 + [other])
    results = world.ok("OrderService.BatchPlaceOrders", batch).results
    assert len({result.placed.order_id for result in results[:5]}) == 1
    assert ErrorReason.Name(results[5].error.reason) == "ERROR_REASON_REQUEST_ID_REUSED"
    listed = world.ok("OrderService.ListOrders", o.ListOrdersRequest(buyer_id="twice")).orders
    assert len(listed) == 1


def test_a_stream_answers_every_batch_once(world: World) -> None:
    """Goal: many batches in flight, each answered under its id. Method: 40 batches of 16, all sent before the first answer is read."""
    batches = [o.PlaceOrderStreamRequest(batch_id=number, requests=_batch(world, 16)) for number in range(1, 41)]
    answers = list(stream(world.channel, "OrderService.PlaceOrderStream", iter(batches), world.mine))
    assert sorted(answer.batch_id for answer in answers) == list(range(1, 41))
    outcomes = Counter(result.WhichOneof("outcome") for answer in answers for result in answer.results)
    assert outcomes == {"placed": 640}
    ids = {result.placed.order_id for answer in answers for result in answer.results}
    assert len(ids) == 640


@pytest.mark.parametrize("wrong", [{"batch_id": 0}, {"batch_id": 3, "requests": []}], ids=["no-id", "no-requests"])
def test_a_wrong_batch_ends_the_stream_after_the_good_ones(world: World, wrong: dict[str, object]) -> None:
    """Goal: what was accepted is answered whatever comes after it. Method: two good batches, then a wrong one, then a good one."""

    def batches() -> Iterator[o.PlaceOrderStreamRequest]:
        for number in (1, 2):
            yield o.PlaceOrderStreamRequest(batch_id=number, requests=_batch(world, 8))
        yield o.PlaceOrderStreamRequest(**{"requests": _batch(world, 1), **wrong})  # type: ignore[arg-type]
        yield o.PlaceOrderStreamRequest(batch_id=4, requests=_batch(world, 1))

    answers = stream(world.channel, "OrderService.PlaceOrderStream", batches(), world.mine)
    seen: list[int] = []
    with pytest.raises(grpc.RpcError) as raised:
        seen.extend(answer.batch_id for answer in answers)
    assert outcome_of(raised.value).reason == "INVALID_FIELD"
    assert set(seen) - {4} == {1, 2}


def test_a_stream_that_breaks_leaves_whole_batches(world: World) -> None:
    """Goal: a lost connection loses no order and makes none twice. Method: cancel after the first answer, then ask again."""
    batches = [o.PlaceOrderStreamRequest(batch_id=number, requests=_batch(world, 8)) for number in range(1, 9)]
    answers = stream(world.channel, "OrderService.PlaceOrderStream", iter(batches), world.mine)
    first = next(answers)
    answers.cancel()
    again = list(stream(world.channel, "OrderService.PlaceOrderStream", iter(batches), world.mine))
    by_id = {answer.batch_id: answer for answer in again}
    assert sorted(by_id) == list(range(1, 9))
    told = [result.placed.order_id for result in first.results]
    assert [result.placed.order_id for result in by_id[first.batch_id].results] == told
    assert all(result.placed.replayed for result in by_id[first.batch_id].results)
