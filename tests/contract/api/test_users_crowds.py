"""Callers who overdo it: what they get, and that nobody else pays for it."""

from __future__ import annotations

from collections import Counter

from tests.contract.api.live import ADMIN_KEY, LiveEngine
from tests.contract.api.wire import bearer
from tuan_api.v1 import pricing_pb2, pricing_pb2_grpc

CALLS = 3_000


def test_a_burst_is_served_or_told_why(live: LiveEngine) -> None:
    """Goal: within TUAN_CALLS_IN_FLIGHT_MAX nobody is turned away without a reason; gRPC itself cancels calls at random once 1,000
    wait to be taken up. Method: three thousand calls at once on one connection."""
    with live.channel() as channel:
        quote = pricing_pb2_grpc.PricingServiceStub(channel).Quote
        request = pricing_pb2.QuoteRequest(currency_code="CNY")
        pending = [quote.future(request, timeout=60, metadata=bearer(ADMIN_KEY)) for _ in range(CALLS)]
        statuses = Counter(each.exception(timeout=60).code().name for each in pending)
    assert set(statuses) <= {"INVALID_ARGUMENT", "RESOURCE_EXHAUSTED"}, statuses
    assert statuses["INVALID_ARGUMENT"] > 1_000
