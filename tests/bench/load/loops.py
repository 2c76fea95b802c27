"""The two ways to drive a service, over any `send`: on time whatever it does, and as fast as it answers."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Answer = TypeVar("Answer")

#: One message: it is sent, and its answer awaited.
Send = Callable[[], Awaitable[Answer]]
#: Of one message, on the loop's clock in seconds: when it was due, when it was sent, when its answer had come; and that answer.
Record = Callable[[float, float, float, Answer], None]


async def open_loop(due_s: Iterable[float], send: Send[Answer], record: Record[Answer], in_flight_max: int) -> None:
    """Sends by schedule and returns when all answers have come.

    A message that cannot be sent when it is due (the generator is late, or `in_flight_max` are under way) is sent as soon as it can
    be, and its latency still counts from when it was due. So a stall of a second is seen by all who came within that second.
    """
    loop = asyncio.get_running_loop()
    places = asyncio.Semaphore(in_flight_max)
    begun_s = loop.time()

    async def one(at_s: float) -> None:
        sent_s = loop.time()
        try:
            answer = await send()
        finally:
            places.release()
        record(at_s, sent_s, loop.time(), answer)

    async with asyncio.TaskGroup() as tasks:
        for offset_s in due_s:
            at_s = begun_s + offset_s
            # Zero, too: behind schedule the answers still have to be read.
            await asyncio.sleep(max(0.0, at_s - loop.time()))
            await places.acquire()
            tasks.create_task(one(at_s))


async def closed_loop(
    seconds: float, send: Send[Answer], record: Record[Answer], in_flight: int, messages_max: int = 0
) -> None:
    """Keeps `in_flight` under way for `seconds`, or until `messages_max` (0: any number) were sent: the peak.

    Its latencies are those of callers who wait before they ask again: a stall is seen by as few as are under way.
    """
    loop = asyncio.get_running_loop()
    until_s = loop.time() + seconds
    numbers = itertools.count() if not messages_max else iter(range(messages_max))

    async def one_after_another() -> None:
        while (sent_s := loop.time()) < until_s and next(numbers, None) is not None:
            answer = await send()
            record(sent_s, sent_s, loop.time(), answer)

    async with asyncio.TaskGroup() as tasks:
        for _ in range(in_flight):
            tasks.create_task(one_after_another())
