"""Gathers single orders and small messages of all connections into batches: one pass through the plugins, one script, one fsync for many.

A batch costs some 2 ms of CPU whatever is in it, as much as fifteen orders, so that it matters how full it is. From rest the window
opens with the first order and closes when it is over or the batch is full: an order alone waits at most `window_ms`. While a
batch is under way what comes gathers. At its end those who were answered are likely to come again, each after the other, since
gRPC takes up calls one by one: the next batch waits for as many as there were, at most `PATIENCE` times as long as
the last batch took. Under load batches so grow with the number of callers, and without load nobody waits for anybody.

A handler that is cancelled takes its future with it and leaves its order in the batch: the script may run anyway, and the caller
learns of it by asking again with the same request id. But an order whose caller's deadline is over before
its batch begins is left out: nobody waits for it any more, and others do.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from math import inf
from time import perf_counter

from tuan.usecases.order_commands import PlaceOrder, PlaceResult
from tuan.usecases.place_orders import OrderPlacer

#: Batches under way before one that is not full has to wait. With 2, and no patience, 32 callers made batches of 3 to 7; now 20 to 29.
IN_FLIGHT_MAX = 1
#: Callers who are expected back are waited for at most so many times as long as the last batch took.
PATIENCE = 2.0
#: And never longer than this, whatever held the last batch up.
PATIENCE_S_MAX = 0.05


class OrderBatcher:
    def __init__(self, placer: OrderPlacer, window_ms: int, size_max: int) -> None:
        self._placer = placer
        self._window_s = window_ms / 1_000
        self._size_max = size_max
        self._waiting: deque[tuple[PlaceOrder, asyncio.Future[PlaceResult], float]] = deque()
        self._timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        #: So many are likely to wait before long, until `_patient_until_s` on the loop's clock.
        self._expected = 0
        self._patient_until_s = 0.0

    async def place(self, command: PlaceOrder, until_s: float = inf) -> PlaceResult:
        """The result of one order, placed together with whoever else comes within the window.

        `until_s`: by `perf_counter`, when the caller's deadline is over.
        """
        loop = asyncio.get_running_loop()
        future = self._take(loop, command, until_s)
        if len(self._waiting) >= self._size_max:
            self._flush()
        elif len(self._tasks) < IN_FLIGHT_MAX:
            self._wait_for_company(loop)
        return await future

    async def place_all(self, commands: Sequence[PlaceOrder]) -> Sequence[PlaceResult]:
        """The results of one message's orders. A small message shares the next batch while one is under way, and waits for nobody
        else; one that fills half a batch goes by itself."""
        if 2 * len(commands) >= self._size_max:
            return await self._placer.place(commands)
        loop = asyncio.get_running_loop()
        futures = [self._take(loop, command) for command in commands]
        if len(self._tasks) < IN_FLIGHT_MAX or len(self._waiting) >= self._size_max:
            self._flush()
        return await asyncio.gather(*futures)

    async def drain(self) -> None:
        """Until every order that was taken in has its result."""
        while self._waiting or self._tasks:
            if self._waiting:
                self._flush()
            if self._tasks:
                await asyncio.wait(self._tasks)

    def _take(
        self, loop: asyncio.AbstractEventLoop, command: PlaceOrder, until_s: float = inf
    ) -> asyncio.Future[PlaceResult]:
        future: asyncio.Future[PlaceResult] = loop.create_future()
        self._waiting.append((command, future, until_s))
        return future

    def _wait_for_company(self, loop: asyncio.AbstractEventLoop) -> None:
        """Some wait and a place is free."""
        now_s = loop.time()
        if self._expected > 1 and now_s < self._patient_until_s:
            if len(self._waiting) >= self._expected:
                self._flush()
            elif self._timer is None:
                self._timer = loop.call_at(self._patient_until_s, self._flush)
        elif self._timer is None:
            self._timer = loop.call_later(self._window_s, self._flush)

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
            loop = asyncio.get_running_loop()
            task = loop.create_task(self._run(batch))
            self._tasks.add(task)
            began_s, size = loop.time(), len(batch)
            task.add_done_callback(lambda task: self._ended(task, size, loop.time() - began_s))

    def _ended(self, task: asyncio.Task[None], size: int, took_s: float) -> None:
        self._tasks.discard(task)
        if len(self._tasks) >= IN_FLIGHT_MAX:
            return
        loop = asyncio.get_running_loop()
        self._expected = min(size + len(self._waiting), self._size_max)
        self._patient_until_s = loop.time() + min(PATIENCE * took_s, PATIENCE_S_MAX)
        if self._waiting:
            self._wait_for_company(loop)

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
