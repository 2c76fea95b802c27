"""Work that outlives its caller, and the end of serving.

gRPC cancels a handler when its deadline is over or its client is gone, but the script or the transaction that it began runs on.
So a use case runs in a task of its own, which nobody cancels, and the server waits for these tasks before the stores close.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from tuan.domain.errors import Reason, TuanError

T = TypeVar("T")


class InFlight:
    """`draining` is set once, when the server begins to stop."""

    def __init__(self) -> None:
        self.draining = asyncio.Event()
        self._tasks: set[asyncio.Task[Any]] = set()

    async def shielded(self, work: Coroutine[Any, Any, T]) -> T:
        """The result of `work`, which goes on to its end even when the waiting call is cancelled."""
        return await asyncio.shield(self.started(work))

    def started(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    async def settle(self) -> None:
        """Until everything that was started has ended."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # looked at: where the caller is gone, nobody else does, and asyncio would complain


def shutting_down() -> TuanError:
    message = "the server is shutting down; repeat the call on another connection"
    return TuanError(Reason.SHUTTING_DOWN, message, retry_after_ms=1_000)
