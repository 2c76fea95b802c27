"""A store that goes away is left alone, calls that need it are refused at once, and it is used again when it is back."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from tests.contract.api.live import ADMIN_KEY, LiveEngine
from tests.contract.api.wire import Outcome
from tests.contract.api.world import World, until
from tests.support.redis import RedisServer
from tuan_api.v1 import admin_pb2, catalogue_pb2
from tuan_api.v1.money_pb2 import Money


@pytest.fixture(scope="module")
def redis_of_its_own() -> Iterator[RedisServer]:
    with RedisServer() as server:
        yield server


@pytest.fixture(scope="module")
def world(redis_of_its_own: RedisServer) -> Iterator[World]:
    with LiveEngine(redis_url=redis_of_its_own.url) as live:
        shop = World(live, live.channel(), mine=ADMIN_KEY)
        request = catalogue_pb2.ImportProductsRequest(request_id=shop.new_id())
        product = request.products.add(product_id="P1", title="Apple", category="fruit")
        product.skus.add(sku="S1", list_price=Money(currency_code="CNY", amount_minor=3500))
        request.stock.add(sku="S1", warehouse="W1", quantity=1_000)
        shop.ok("CatalogueService.ImportProducts", request)
        yield shop


def test_a_redis_that_is_stopped_and_started(world: World, redis_of_its_own: RedisServer) -> None:
    """Goal: after a few failures nobody waits for it, the refusal says when to come back, GetStatus tells, and it closes by itself.

    Method: kill a Redis that the test started; call; start it again on the same folder; call.
    """
    world.place()
    assert _claims(world).state == "closed"
    redis_of_its_own.kill()
    until(lambda: _place(world).status != "OK" and _claims(world).state != "closed", "the breaker opens")
    refused, quick_s = _quickest_refusal(world)
    assert (refused.status, refused.reason, refused.metadata) == (
        "UNAVAILABLE",
        "STORE_UNAVAILABLE",
        {"store": "claims"},
    )
    assert refused.retry_ms is not None
    assert 0 < refused.retry_ms <= 3_000
    assert quick_s < 0.5
    status = _claims(world)
    assert status.failure_count >= 5
    assert status.last_failure
    assert status.HasField("retry_time")
    redis_of_its_own.restart()
    until(lambda: _place(world).status == "OK", "orders are placed again")
    assert _claims(world).state == "closed"


def _place(world: World) -> Outcome:
    return world.call("OrderService.PlaceOrder", world.order())


def _claims(world: World) -> admin_pb2.DependencyStatus:
    """As GetStatus tells it, which answers whatever else is away."""
    status = world.ok("AdminService.GetStatus")
    [claims] = [each for each in status.dependencies if each.name == "claims"]
    return claims


def _quickest_refusal(world: World) -> tuple[Outcome, float]:
    """Of ten calls, one of which may be the probe."""
    outcomes = []
    for _ in range(10):
        begin_s = time.perf_counter()
        outcome = _place(world)
        outcomes.append((time.perf_counter() - begin_s, outcome))
    open_ones = [(took_s, outcome) for took_s, outcome in outcomes if outcome.metadata]
    took_s, outcome = min(open_ones, key=lambda each: each[0])
    return outcome, took_s
