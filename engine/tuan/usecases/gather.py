"""Gathers calls that come at the same time into batches: one transaction, one fsync and one thread's turn for many.

There is no window to wait out: a call that comes alone runs at once, and what comes while a batch is under way is the next one.
So a batch is as large as the engine is busy.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from tuan.domain.errors import Status, TuanError

Item = TypeVar("Item")
Result = TypeVar("Result")


def concerns_all(error: Exception) -> bool:
    """True when something is away: the error is that of the whole batch, and no item of it would fare better alone."""
    return isinstance(error, TuanError) and error.reason.status is Status.UNAVAILABLE


class Gatherer(Generic[Item, Result]):
    """`work` answers each item in order; an exception among the answers is raised to its own caller.

    When `work` itself raises, each item is tried alone, so that one bad item fails nobody else's call.
    """

    def __init__(
        self, work: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]], size_max: int
    ) -> None:
        self._work = work
        self._size_max = size_max
        self._waiting: list[tuple[Item, asyncio.Future[Result]]] = []
        self._task: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Result:
        """The answer to one item. A caller that is cancelled leaves its item in the batch, which then answers nobody."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        self._waiting.append((item, future))
        if self._task is None:
            self._task = loop.create_task(self._run(), name="tuan-gather")
        # Not shielded: what is cancelled is this call's future alone, never the batch.
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[: self._size_max], self._waiting[self._size_max :]
                await self._settle(batch)
        finally:
            self._task = None

    async def _settle(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        answers: Sequence[Result | BaseException]
        try:
            answers = await self._answers([item for item, _ in batch])
        except asyncio.CancelledError:
            for _, future in batch:
                future.cancel()
            raise
        except BaseException as error:  # the process is about to end, but nobody may wait for ever
            answers = [error] * len(batch)
        for (_, future), answer in zip(batch, answers, strict=True):
            if future.done():
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    async def _answers(self, items: Sequence[Item]) -> Sequence[Result | Exception]:
        try:
            return await self._work(items)
        except Exception as error:
            if len(items) == 1 or concerns_all(error):
                return [error] * len(items)
        return [answer for item in items for answer in await self._answers([item])]
