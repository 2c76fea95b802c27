"""Lists and streams: pages that join without gap or repeat, tokens that are good for their own list alone, resumed streams."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contract.api.wire import stream
from tests.contract.api.world import World
from tuan_api.v1 import admin_pb2 as a
from tuan_api.v1 import campaign_pb2 as c
from tuan_api.v1 import catalogue_pb2 as k
from tuan_api.v1 import event_pb2 as e
from tuan_api.v1 import order_pb2 as o
from tuan_api.v1 import rules_pb2 as r

LISTS: list[tuple[str, Callable[[World], Any], str, str]] = [
    ("OrderService.ListOrders", lambda world: o.ListOrdersRequest(buyer_id="buyer-1"), "orders", "order_id"),
    ("OrderService.ListRefunds", lambda world: o.ListRefundsRequest(order_id=world.paid_order), "refunds", "refund_id"),
    ("CatalogueService.ListProducts", lambda world: k.ListProductsRequest(), "products", "product_id"),
    ("CampaignService.ListActivities", lambda world: c.ListActivitiesRequest(), "activities", "activity_id"),
    ("RuleService.ListRulesets", lambda world: r.ListRulesetsRequest(), "rulesets", "ruleset_hash"),
    ("EventService.ListEvents", lambda world: e.ListEventsRequest(kinds=["order.placed"]), "events", "event_id"),
    ("AdminService.ListApiKeys", lambda world: a.ListApiKeysRequest(), "api_keys", "key_id"),
    ("AdminService.ListJobs", lambda world: a.ListJobsRequest(), "jobs", "job_id"),
    ("AdminService.ListAlarms", lambda world: a.ListAlarmsRequest(), "alarms", "alarm_id"),
]


@pytest.mark.parametrize(("method", "make", "items", "key"), LISTS, ids=[row[0] for row in LISTS])
def test_pages_join(world: World, method: str, make: Callable[[World], Any], items: str, key: str) -> None:
    """Goal: nothing is left out or told twice. Method: pages of one and of two items against one page of all."""
    whole = [getattr(item, key) for item in getattr(world.ok(method, make(world)), items)]
    assert len(set(whole)) == len(whole)
    for size in (1, 2):
        request, seen = make(world), []
        request.page_size = size
        for _ in range(len(whole) + 1):
            answer = world.ok(method, request)
            page = [getattr(item, key) for item in getattr(answer, items)]
            assert len(page) <= size
            seen += page
            request.page_token = answer.next_page_token
            if not request.page_token:
                break
        assert seen == whole


def test_a_token_is_for_its_filter_alone(world: World) -> None:
    """Goal: a token with another filter is an error, not another list. Method: change the buyer between two pages."""
    world.place()
    world.place()
    request = o.ListOrdersRequest(buyer_id="buyer-1", page_size=1)
    token = world.ok("OrderService.ListOrders", request).next_page_token
    assert token
    for other in (
        o.ListOrdersRequest(buyer_id="buyer-2", page_token=token),
        o.ListOrdersRequest(buyer_id="buyer-1", states=[o.ORDER_STATE_PAID], page_token=token),
        o.ListOrdersRequest(buyer_id="buyer-1", page_token=token[:-2] + "xx"),
    ):
        assert world.call("OrderService.ListOrders", other).reason == "PAGE_TOKEN_INVALID"
    mine = o.ListOrdersRequest(buyer_id="buyer-1", page_token=token)
    assert world.call("OrderService.ListOrders", mine, key=world.theirs).reason == "PAGE_TOKEN_INVALID"


def test_page_sizes(world: World) -> None:
    """Goal: 0 means 100, more than 1,000 means 1,000. Method: 120 orders of one buyer."""
    requests = [world.order(buyer_id="collector") for _ in range(120)]
    world.ok("OrderService.BatchPlaceOrders", o.BatchPlaceOrdersRequest(requests=requests))
    for size, count in ((0, 100), (1_001, 120), (2**31 - 1, 120), (119, 119)):
        answer = world.ok("OrderService.ListOrders", o.ListOrdersRequest(buyer_id="collector", page_size=size))
        assert len(answer.orders) == count
        assert bool(answer.next_page_token) == (count < 120)


def test_a_page_ends_before_it_is_too_large_for_a_client(world: World) -> None:
    """Goal: default clients (4 MB a message) can read every list. Method: products with 100 SKUs of 2 KB each, 1,000 asked for."""
    attributes = {f"attribute-{number:02}": "x" * 64 for number in range(16)}
    request = k.ImportProductsRequest(request_id=world.new_id())
    for number in range(24):
        product = request.products.add(product_id=f"Z{number:03}", title="x" * 256, category="bulk")
        for position in range(100):
            product.skus.add(
                sku=f"Z{number:03}-{position}",
                title="x" * 256,
                list_price={"currency_code": "CNY", "amount_minor": 1},  # type: ignore[arg-type]
                attributes=attributes,
            )
    for start in range(0, 24, 4):
        part = k.ImportProductsRequest(request_id=world.new_id(), products=request.products[start : start + 4])
        assert not world.ok("CatalogueService.ImportProducts", part).rejections
    seen: list[str] = []
    listing = k.ListProductsRequest(page_size=1_000)
    page_count = 0
    while page_count == 0 or listing.page_token:
        answer = world.ok("CatalogueService.ListProducts", listing)
        assert answer.ByteSize() < 4 << 20
        seen += [product.product_id for product in answer.products]
        listing.page_token = answer.next_page_token
        page_count += 1
    assert page_count > 1
    assert [product for product in seen if product.startswith("Z")] == [f"Z{number:03}" for number in range(24)]


def test_events_are_followed_and_resumed(world: World) -> None:
    """Goal: a follower sees each event, also over a broken connection. Method: follow, place, break off, place, resume by token."""
    request = e.WatchEventsRequest(kinds=["order.placed"])
    following = stream(world.channel, "EventService.WatchEvents", request, world.mine)
    opening = next(following)
    assert not opening.events and opening.resume_token
    first = world.place()
    answer = next(following)
    assert [event.subject for event in answer.events] == [first]
    following.cancel()
    missed = [world.place() for _ in range(3)]
    request.resume_token = answer.resume_token
    resumed = stream(world.channel, "EventService.WatchEvents", request, world.mine)
    assert next(resumed).resume_token == answer.resume_token
    seen: list[str] = []
    while len(seen) < 3:
        seen += [event.subject for event in next(resumed).events]
    resumed.cancel()
    assert seen == missed


def test_events_from_the_start_are_those_of_the_list(world: World) -> None:
    """Goal: stream and list tell the same. Method: compare the first 50 of both."""
    listed = world.ok("EventService.ListEvents", e.ListEventsRequest(page_size=50)).events
    following = stream(world.channel, "EventService.WatchEvents", e.WatchEventsRequest(from_start=True), world.mine)
    seen: list[e.Event] = []
    while len(seen) < len(listed):
        seen += next(following).events
    following.cancel()
    assert seen[: len(listed)] == list(listed)
