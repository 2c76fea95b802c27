"""Concurrent orders become one message: a call costs the server some 300 µs whatever is in it, an order in a batch of 64 about 6."""

from __future__ import annotations

import asyncio
import time

from tuan_api.v1 import order_pb2
from tuan_client.failure import TuanApiError, error_from_item
from tuan_client.link import Link, Rpc

BATCH = Rpc(
    "/tuan_api.v1.OrderService/BatchPlaceOrders",
    order_pb2.BatchPlaceOrdersRequest,
    order_pb2.BatchPlaceOrdersResponse,
    repeatable=True,
)
Waiting = tuple[order_pb2.PlaceOrderRequest, asyncio.Future[order_pb2.PlaceOrderResult]]


class Batcher:
    """Collects orders for `batch_wait_ms` or until `batch_size_max` of them wait, whichever comes first.

    While nothing is under way there is no wait: whatever the loop starts in the same turn leaves together.
    """

    def __init__(self, link: Link) -> None:
        self._link = link
        self._waiting: list[Waiting] = []
        self._timer: asyncio.Handle | None = None
        self._sending: set[asyncio.Task[None]] = set()

    async def place(self, request: order_pb2.PlaceOrderRequest) -> order_pb2.PlaceOrderResult:
        """The order's own result (never its `error`, which is raised). Raises TuanApiError.

        Giving up the wait before the batch has left takes the order out of it.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[order_pb2.PlaceOrderResult] = loop.create_future()
        self._waiting.append((request, future))
        if len(self._waiting) >= self._link.config.batch_size_max:
            self.flush()
        elif self._timer is None and self._sending:
            self._timer = loop.call_later(self._link.config.batch_wait_ms / 1000, self.flush)
        elif self._timer is None:
            # A single caller would pay 2 to 3 ms for a timer of 1 (the loop rounds up), on a call of 1.4.
            self._timer = loop.call_soon(self.flush)
        return await future

    def flush(self) -> None:
        """Send what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        items, self._waiting = [item for item in self._waiting if not item[1].done()], []
        if items:
            task = asyncio.get_running_loop().create_task(self._send(items))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def close(self) -> None:
        """Send what waits, and wait for every answer."""
        self.flush()
        if self._sending:
            await asyncio.wait(self._sending)

    async def _send(self, items: list[Waiting]) -> None:
        deadline = time.monotonic() + self._link.config.deadline_s
        attempt = 1
        while items:
            batch = order_pb2.BatchPlaceOrdersRequest(requests=[request for request, _ in items])
            try:
                response = await self._link.unary(BATCH, batch, deadline - time.monotonic())
                if len(response.results) != len(items):
                    raise TuanApiError(f"{len(items)} orders were sent, {len(response.results)} answers came")
            except Exception as failure:
                fail_all(items, failure)
                return
            items, delay = self._settle(items, response, deadline, attempt)
            await asyncio.sleep(delay)
            attempt += 1

    def _settle(
        self, items: list[Waiting], response: order_pb2.BatchPlaceOrdersResponse, deadline: float, attempt: int
    ) -> tuple[list[Waiting], float]:
        """Hand out the results; those that failed for now only (a shard is being rebuilt), and how long to wait for them."""
        again: list[Waiting] = []
        longest_s = 0.0
        for (request, future), result in zip(items, response.results, strict=True):
            if future.done():
                continue
            if result.WhichOneof("outcome") != "error":
                future.set_result(result)
                continue
            error = error_from_item(result.error, BATCH.path, request.request_id)
            delay = self._link.retry_delay(error, attempt)
            if delay is None or time.monotonic() + delay >= deadline:
                future.set_exception(error)
            else:
                again.append((request, future))
                longest_s = max(longest_s, delay)
        return again, longest_s


def fail_all(items: list[Waiting], failure: Exception) -> None:
    """Every order of a batch that got no answer fails, each with an exception that names its own request id."""
    for request, future in items:
        if not future.done():
            own = failure.for_request(request.request_id) if isinstance(failure, TuanApiError) else failure
            future.set_exception(own)
