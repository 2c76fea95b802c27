"""Random messages to every method: an answer or a refusal, never a fault of ours, and the books are right afterwards."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NoReturn

import grpc
import pytest
import structlog
from google.protobuf.descriptor import MethodDescriptor

from tests.contract.api.fuzz import Fuzzer
from tests.contract.api.live import LiveEngine
from tests.contract.api.wire import bearer, call, methods
from tests.contract.api.world import World, build
from tuan_api.v1 import admin_pb2, catalogue_pb2, sandbox_pb2
from tuan_api.v1.money_pb2 import Money

MESSAGES = int(os.environ.get("FUZZ_MESSAGES", "100000"))
OVER_THE_SOCKET = 3_000
SEED = int(os.environ.get("FUZZ_SEED", "20270210"))

#: Each of these takes up to seconds: a few are enough.
SLOW = (
    "AdminService.Audit",
    "AdminService.RebuildShard",
    "RuleService.CheckRules",
    "RuleService.PublishRules",
    "RuleService.PromoteRuleset",
    "RuleService.RollbackRules",
    "RuleService.DiffRulesets",
    "RuleService.SimulateRules",
)
SLOW_EVERY = 1_000
#: What is called most in life, and costs least, is asked most often.
HOT = ("OrderService.Pl", "OrderService.Batch", "PricingService", "FlashSaleService")
HOT_SHARE = 20
WORKERS = 8
FAULTS = {"INTERNAL", "UNKNOWN", "DATA_LOSS"}


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[World]:
    """An engine of its own: what is thrown at it would trouble the other tests. Refusals are not logged, 100,000 lines of them."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    with LiveEngine(batch_window_ms=0) as live:
        world = build(live)
        yield world
    structlog.reset_defaults()


class _Context:
    """What a handler sees of a call."""

    def __init__(self) -> None:
        self.status = "OK"

    async def abort(self, code: grpc.StatusCode, details: str = "", trailing_metadata: Any = ()) -> NoReturn:
        self.status, self.details = code.name, details
        raise grpc.aio.AbortError

    def time_remaining(self) -> float:
        return 60.0


class _Details:
    def __init__(self, method: MethodDescriptor, key: str) -> None:
        self.method = f"/{method.containing_service.full_name}/{method.name}"
        self.invocation_metadata = bearer(key)


async def _call(world: World, method: MethodDescriptor, request: Any) -> _Context:
    """Through the gate and the servicer, without a socket."""
    handler = world.live.server._gate.service(_Details(method, world.mine))  # type: ignore[arg-type]
    context = _Context()
    try:
        if handler.unary_unary is not None:
            await handler.unary_unary(request, context)
        else:
            behaviour = handler.stream_stream or handler.unary_stream
            answers = behaviour(_once(request) if handler.request_streaming else request, context)
            await anext(answers, None)
            await answers.aclose()
    except grpc.aio.AbortError:
        pass
    return context


async def _once(request: Any) -> AsyncIterator[Any]:
    yield request


def _schedule(count: int) -> Iterator[tuple[str, MethodDescriptor]]:
    """`count` methods, the same in each run."""
    table = []
    for name, method in sorted(methods().items()):
        if name not in SLOW:
            table += [(name, method)] * (HOT_SHARE if name.startswith(HOT) else 1)
    for number in range(count):
        turn, rest = divmod(number, SLOW_EVERY)
        slow = SLOW[turn % len(SLOW)]
        yield (slow, methods()[slow]) if rest == 0 else table[number * 7 % len(table)]


def _request(world: World, fuzzer: Fuzzer, name: str, method: MethodDescriptor) -> Any:
    request = fuzzer.request(method)
    if name == "CampaignService.CloseActivity" and request.activity_id == world.activity_id:
        request.activity_id = ""  # or nothing could be bought in it from here on
    return request


def test_random_messages(fuzzed: World) -> None:
    """Goal: no input is a fault. Method: 100,000 random messages over all methods, most in-process, 3,000 over the socket."""
    fuzzer = Fuzzer(fuzzed, SEED)
    statuses: Counter[str] = Counter()
    schedule = _schedule(MESSAGES)

    async def work(part: Iterator[tuple[str, MethodDescriptor]]) -> None:
        for name, method in part:
            request = _request(fuzzed, fuzzer, name, method)
            context = await _call(fuzzed, method, request)
            statuses[context.status] += 1
            assert context.status not in FAULTS, f"{name} {context.details}: {request}"
            await asyncio.sleep(0)  # the engine's own work gets its turn

    async def run() -> None:
        part = itertools.islice(schedule, MESSAGES - OVER_THE_SOCKET)
        await asyncio.gather(*(work(part) for _ in range(WORKERS)))

    fuzzed.live.run(run(), timeout_s=900)
    with ThreadPoolExecutor(4) as pool:
        requests = [(name, _request(fuzzed, fuzzer, name, method)) for name, method in schedule]
        for item, outcome in pool.map(lambda item: (item, call(fuzzed.channel, *item, fuzzed.mine)), requests):
            statuses[outcome.status] += 1
            assert outcome.status not in FAULTS, f"{outcome}: {item}"
    assert sum(statuses.values()) == MESSAGES
    for status in ("OK", "INVALID_ARGUMENT", "NOT_FOUND", "FAILED_PRECONDITION"):
        assert statuses[status] > MESSAGES / 100, f"the messages do not get deep enough to find anything: {statuses}"


def test_the_engine_lives_and_its_books_are_right(fuzzed: World) -> None:
    """Goal: what random callers did left no trace that should not be. Method: let the gateway behave again, place, audit."""
    behave = sandbox_pb2.ConfigureSandboxRequest(request_id=fuzzed.new_id(), behaviour=sandbox_pb2.SandboxBehaviour())
    fuzzed.ok("SandboxService.ConfigureSandbox", behave)
    fresh = catalogue_pb2.ImportProductsRequest(request_id=fuzzed.new_id())
    product = fresh.products.add(product_id="FRESH", title="Fresh", category="fresh")
    product.skus.add(sku="FRESH", list_price=Money(currency_code="CNY", amount_minor=100))
    fresh.stock.add(sku="FRESH", warehouse="W1", quantity=5)
    fuzzed.ok("CatalogueService.ImportProducts", fresh)
    assert fuzzed.place("FRESH")
    answer = fuzzed.ok("AdminService.Audit", admin_pb2.AuditRequest())
    assert not answer.differences, answer
    assert fuzzed.ok("AdminService.GetStatus").shards
