"""Concurrent calls become one message: a call costs the server some 300 µs whatever is in it, an order in a batch of 64 about 6."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any, Generic, Literal, Protocol, TypeVar

from tuan_api.v1.error_reason_pb2 import ItemError
from tuan_client.failure import TuanApiError, error_from_item
from tuan_client.link import Link, Rpc

#: However many messages are under way, a request waits for no more than so many times `batch_wait_ms`.
WAITS_MAX = 32


class Item(Protocol):
    """A request that has a batch form."""

    request_id: str


class Result(Protocol):
    """What became of one request of a batch: its answer, or `error`."""

    @property
    def error(self) -> ItemError: ...
    def HasField(self, field_name: Literal["error"], /) -> bool: ...  # noqa: N802 - protobuf names it so


Asked = TypeVar("Asked", bound=Item)
Answered = TypeVar("Answered", bound=Result)


class Batcher(Generic[Asked, Answered]):
    """Collects requests for `batch_wait_ms` per message under way, or until `batch_size_max` of them wait, whichever comes first.

    A server that takes long so gets fewer and fuller messages, of which it has more in a second; with a fixed wait it would
    get ever more of them, the same few requests in each.

    `rpc` takes a message with `requests` and answers one with `results`, one each, in order. While nothing is under way there is
    no wait: whatever the loop starts in the same turn leaves together.
    """

    def __init__(self, link: Link, rpc: Rpc[Any, Any]) -> None:
        self._link = link
        self._rpc = rpc
        self._waiting: list[tuple[Asked, asyncio.Future[Answered]]] = []
        self._timeout_s = link.config.deadline_s
        self._timer: asyncio.Handle | None = None
        self._sending: set[asyncio.Task[None]] = set()

    async def send(self, request: Asked, timeout_s: float | None = None) -> Answered:
        """The request's own result (never its `error`, which is raised), within `timeout_s` (default: the client's).

        Raises TuanApiError. Giving up the wait before the batch has left takes the request out of it.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answered] = loop.create_future()
        timeout_s = self._link.config.deadline_s if timeout_s is None else timeout_s
        if timeout_s != self._timeout_s:
            # A message has one deadline: those with another one travel in another message.
            self.flush()
            self._timeout_s = timeout_s
        self._waiting.append((request, future))
        if len(self._waiting) >= self._link.config.batch_size_max:
            self.flush()
        elif self._timer is None and self._sending:
            wait_ms = self._link.config.batch_wait_ms * min(len(self._sending), WAITS_MAX)
            self._timer = loop.call_later(wait_ms / 1000, self.flush)
        elif self._timer is None:
            # A single caller would pay 2 to 3 ms for a timer of 1 (the loop rounds up), on a call of 1.4.
            self._timer = loop.call_soon(self.flush)
        return await future

    async def send_all(self, requests: Sequence[Asked]) -> list[Answered | TuanApiError]:
        """One result per request, in order; that of a failed one is its exception, which is not raised."""
        waiting = [self.send(request) for request in requests]
        results: list[Answered | TuanApiError] = []
        for answer in await asyncio.gather(*waiting, return_exceptions=True):
            if isinstance(answer, BaseException) and not isinstance(answer, TuanApiError):
                raise answer
            results.append(answer)
        return results

    def flush(self) -> None:
        """Send what waits."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        items, self._waiting = [item for item in self._waiting if not item[1].done()], []
        if items:
            task = asyncio.get_running_loop().create_task(self._send(items, self._timeout_s))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def close(self) -> None:
        """Send what waits, and wait for every answer."""
        self.flush()
        if self._sending:
            await asyncio.wait(self._sending)

    async def _send(self, items: list[tuple[Asked, asyncio.Future[Answered]]], timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        attempt = 1
        while items:
            batch = self._rpc.request(requests=[request for request, _ in items])
            try:
                response = await self._link.unary(self._rpc, batch, deadline - time.monotonic())
                if len(response.results) != len(items):
                    raise TuanApiError(f"{len(items)} requests were sent, {len(response.results)} answers came")
            except Exception as failure:
                fail_all(items, failure)
                return
            items, delay = self._settle(items, response.results, deadline, attempt)
            await asyncio.sleep(delay)
            attempt += 1

    def _settle(
        self,
        items: list[tuple[Asked, asyncio.Future[Answered]]],
        results: Sequence[Answered],
        deadline: float,
        attempt: int,
    ) -> tuple[list[tuple[Asked, asyncio.Future[Answered]]], float]:
        """Hand out the results; those that failed for now only (a shard is being rebuilt), and how long to wait for them."""
        again: list[tuple[Asked, asyncio.Future[Answered]]] = []
        longest_s = 0.0
        for (request, future), result in zip(items, results, strict=True):
            if future.done():
                continue
            if not result.HasField("error"):
                future.set_result(result)
                continue
            error = error_from_item(result.error, self._rpc.path, request.request_id)
            delay = self._link.retry_delay(error, attempt)
            if delay is None or time.monotonic() + delay >= deadline:
                future.set_exception(error)
            else:
                again.append((request, future))
                longest_s = max(longest_s, delay)
        return again, longest_s


def fail_all(items: Sequence[tuple[Item, asyncio.Future[Any]]], failure: Exception) -> None:
    """Every request of a batch that got no answer fails, each with an exception that names its own request id."""
    for request, future in items:
        if not future.done():
            own = failure.for_request(request.request_id) if isinstance(failure, TuanApiError) else failure
            future.set_exception(own)
