"""Gathers single orders of all connections into batches: one pass through the plugins, one script, one fsync for many.

The window opens with the first order and closes when it is over or the batch is full, so that an order alone waits at most
`window_ms`, and a busy engine never waits. A handler that is cancelled leaves its order in the batch: the script may run
anyway, and the caller learns of it by asking again with the same request id. But an order whose caller's deadline is over before
its batch begins is left out: nobody waits for it any more, and others do.
"""

from __future__ import annotations

import asyncio
from collections import deque
from math import inf
from time import perf_counter

from tuan.usecases.order_commands import PlaceOrder, PlaceResult
from tuan.usecases.place_orders import OrderPlacer

#: Batches under way at once: one being priced while another waits for its fsync. With 4 they were half as large, and the same
#: callers got 388 orders a second instead of 570.
IN_FLIGHT_MAX = 2


class OrderBatcher:
    def __init__(self, placer: OrderPlacer, window_ms: int, size_max: int) -> None:
        self._placer = placer
        self._window_s = window_ms / 1_000
        self._size_max = size_max
        self._waiting: deque[tuple[PlaceOrder, asyncio.Future[PlaceResult], float]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def place(self, command: PlaceOrder, until_s: float = inf) -> PlaceResult:
        """The result of one order, placed together with whoever else comes within the window.

        `until_s`: by `perf_counter`, when the caller's deadline is over.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[PlaceResult] = loop.create_future()
        self._waiting.append((command, future, until_s))
        if len(self._waiting) >= self._size_max:
            self._flush()
        elif self._timer is None and len(self._tasks) < IN_FLIGHT_MAX:
            self._timer = loop.call_later(self._window_s, self._flush)
        return await asyncio.shield(future)

    async def drain(self) -> None:
        """Until every order that was taken in has its result."""
        while self._waiting or self._tasks:
            if self._waiting:
                self._flush()
            if self._tasks:
                await asyncio.wait(self._tasks)

    def _flush(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        batch: list[tuple[PlaceOrder, asyncio.Future[PlaceResult]]] = []
        now_s = perf_counter()
        while self._waiting and len(batch) < self._size_max:
            command, future, until_s = self._waiting.popleft()
            if until_s < now_s:
                future.cancel()
            else:
                batch.append((command, future))
        if batch:
            task = asyncio.get_running_loop().create_task(self._run(batch))
            self._tasks.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        # What gathered while all places were taken has waited long enough.
        if self._waiting and self._timer is None and len(self._tasks) < IN_FLIGHT_MAX:
            self._flush()

    async def _run(self, batch: list[tuple[PlaceOrder, asyncio.Future[PlaceResult]]]) -> None:
        try:
            results = await self._placer.place([command for command, _ in batch])
            settled = list(zip(batch, results, strict=True))
        except Exception as error:
            for _, future in batch:
                if not future.done():
                    future.set_exception(error)
            return
        for (_, future), result in settled:
            if not future.done():
                future.set_result(result)
