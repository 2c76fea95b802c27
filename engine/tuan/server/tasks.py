"""Background work, and its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog

log = structlog.get_logger()

AGAIN_S = 0.5
TRIES_MAX = 10


async def kept_alive(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Background work that ends by an error is a bug; the engine says so and goes on."""
    while True:
        try:
            await run()
        except Exception as error:
            log.exception("background_work_failed", work=name, error=repr(error))
            await asyncio.sleep(1)


async def end_tasks(
    tasks: Iterable[asyncio.Task[Any]], again_s: float = AGAIN_S, tries_max: int = TRIES_MAX
) -> list[str]:
    """Cancel and wait; the names of those that would not end, which are left behind.

    Once is not enough: `asyncio.wait_for` of Python 3.11 swallows a cancellation that comes together with what it waits for,
    and the engine would then wait for ever to stop.
    """
    pending = set(tasks)
    for _ in range(tries_max):
        if not pending:
            break
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=again_s)
    left = sorted(task.get_name() for task in pending)
    if left:
        log.error("background_work_does_not_end", tasks=left)
    return left
