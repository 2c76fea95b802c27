"""A deadline for calls that state none: a client that waits for ever must not hold a place for ever."""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import Any

LOOK_EVERY_S = 0.1


class DefaultDeadline:
    """All calls get the same time, so the oldest is always the first in line, and looking costs nothing.

    `asyncio.timeout` makes a timer per call, 27 µs each; this is a dict entry. A call may overstay by `LOOK_EVERY_S`.
    """

    def __init__(self, deadline_s: float) -> None:
        self.deadline_s = deadline_s
        self._ends_s: dict[asyncio.Task[Any], float] = {}
        self._overdue: set[asyncio.Task[Any]] = set()

    def begin(self) -> asyncio.Task[Any]:
        """For the current task; `end` has to follow."""
        task = asyncio.current_task()
        assert task is not None
        self._ends_s[task] = monotonic() + self.deadline_s
        return task

    def end(self, task: asyncio.Task[Any]) -> None:
        self._ends_s.pop(task, None)

    def passed(self, task: asyncio.Task[Any] | None) -> bool:
        """True, once, when the task was cancelled because its time is over."""
        if task is None or task not in self._overdue:
            return False
        self._overdue.discard(task)
        return True

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            now_s = monotonic()
            while self._ends_s:
                task, end_s = next(iter(self._ends_s.items()))
                if end_s > now_s:
                    break
                del self._ends_s[task]
                self._overdue.add(task)
                task.cancel()
