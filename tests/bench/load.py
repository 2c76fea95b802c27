"""A load generator in a process of its own: orders by the bare stubs, unary or in batches, closed loop, latencies recorded.

`python -m tests.bench.load` reads its settings as JSON from standard input and prints its result as JSON.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from array import array
from dataclasses import asdict, dataclass

import grpc

from tuan_api.v1 import order_pb2 as pb
from tuan_api.v1 import order_pb2_grpc as pb_grpc
from tuan_api.v1.line_pb2 import CartLine


@dataclass(frozen=True, slots=True)
class LoadSettings:
    """`batch` 1: unary PlaceOrder. `in_flight`: messages under way at once. `name` makes the ids of this run unique."""

    address: str
    key: str
    activity_id: str
    sku: str
    batch: int
    in_flight: int
    seconds: float
    name: str


@dataclass(slots=True)
class LoadResult:
    """`latencies_ms`: of each message, sorted. `placed` and `refused`: orders by outcome; `failed`: everything else."""

    seconds: float
    messages: int
    placed: int
    refused: int
    failed: int
    latencies_ms: list[float]


class Load:
    def __init__(self, settings: LoadSettings) -> None:
        self._settings = settings
        self._latencies = array("d")
        self._number = 0
        self._placed = self._refused = self._failed = 0

    async def run(self) -> LoadResult:
        metadata = (("authorization", f"Bearer {self._settings.key}"),)
        async with grpc.aio.insecure_channel(self._settings.address) as channel:
            stub = pb_grpc.OrderServiceStub(channel)
            send = self._unary if self._settings.batch == 1 else self._batch
            begun = time.perf_counter()
            until = begun + self._settings.seconds
            await asyncio.gather(*(self._loop(stub, send, metadata, until) for _ in range(self._settings.in_flight)))
            seconds = time.perf_counter() - begun
        latencies = sorted(self._latencies)
        return LoadResult(seconds, len(latencies), self._placed, self._refused, self._failed, latencies)

    async def _loop(self, stub, send, metadata, until: float) -> None:  # type: ignore[no-untyped-def]
        while (begun := time.perf_counter()) < until:
            await send(stub, metadata)
            self._latencies.append((time.perf_counter() - begun) * 1_000)

    async def _unary(self, stub, metadata) -> None:  # type: ignore[no-untyped-def]
        answer = await stub.PlaceOrder(self._order(), metadata=metadata)
        self._count(answer.result)

    async def _batch(self, stub, metadata) -> None:  # type: ignore[no-untyped-def]
        orders = [self._order() for _ in range(self._settings.batch)]
        answer = await stub.BatchPlaceOrders(pb.BatchPlaceOrdersRequest(requests=orders), metadata=metadata)
        for result in answer.results:
            self._count(result)

    def _count(self, result: pb.PlaceOrderResult) -> None:
        match result.WhichOneof("outcome"):
            case "placed":
                self._placed += 1
            case "refusal":
                self._refused += 1
            case _:
                self._failed += 1

    def _order(self) -> pb.PlaceOrderRequest:
        self._number += 1
        who = f"{self._settings.name}-{self._number}"
        line = CartLine(sku=self._settings.sku, quantity=1, activity_id=self._settings.activity_id)
        return pb.PlaceOrderRequest(
            request_id=who, buyer_id=who, device_id=f"d{who}", address_id=f"a{who}", currency_code="CNY", lines=[line]
        )


def percentile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


async def run_processes(settings: list[LoadSettings]) -> LoadResult:
    """One process per settings, side by side; their results together."""

    async def one(item: LoadSettings) -> LoadResult:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.bench.load", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        told, _ = await process.communicate(json.dumps(asdict(item)).encode())
        if process.returncode:
            raise RuntimeError(f"the load generator ended with status {process.returncode}")
        return LoadResult(**json.loads(told))

    results = await asyncio.gather(*(one(item) for item in settings))
    return LoadResult(
        max(result.seconds for result in results),
        sum(result.messages for result in results),
        sum(result.placed for result in results),
        sum(result.refused for result in results),
        sum(result.failed for result in results),
        sorted(value for result in results for value in result.latencies_ms),
    )


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(Load(LoadSettings(**json.loads(sys.stdin.read()))).run()))))
