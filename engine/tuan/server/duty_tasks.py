"""What the engine process that has the duty does beside its calls: begun when the duty comes here, ended when it goes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

import structlog

from tuan.domain.errors import TuanError
from tuan.server.tasks import end_tasks, kept_alive
from tuan.usecases.keep_duty import Duty

log = structlog.get_logger()

Work = Callable[[], Awaitable[None]]


class DutyTasks:
    """`set_in_order`: done first, and before `start` returns. `work`: by name, each until it is cancelled."""

    def __init__(self, duty: Duty, set_in_order: Work, work: Mapping[str, Work]) -> None:
        self._duty = duty
        self._set_in_order = set_in_order
        self._work = work
        self._tasks: list[asyncio.Task[None]] = []
        self._keeping: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Raises what `set_in_order` raises, where the duty is here at once; where it comes later, that is logged."""
        if await self._duty.take():
            self._begin()
        self._keeping = asyncio.get_running_loop().create_task(self._keep(), name="tuan-duty")
        if self._tasks:
            in_order = self._tasks[0]
            await asyncio.wait([in_order])
            in_order.result()

    async def stop(self) -> None:
        """Everything has ended, and another process may have the duty."""
        if self._keeping is None:
            return
        await end_tasks([self._keeping])
        await self._end()
        try:
            await self._duty.give_up()
        except TuanError as error:
            log.warning("duty_kept", error=error.message)

    async def _keep(self) -> None:
        await self._duty.keep(self._begin, self._end)

    def _begin(self) -> None:
        if self._tasks:
            return
        log.info("duty_begins")
        loop = asyncio.get_running_loop()
        in_order = loop.create_task(self._begin_in_order(), name="tuan-in-order")
        self._tasks = [in_order]
        for name, run in self._work.items():
            self._tasks.append(loop.create_task(_after(in_order, name, run), name=f"tuan-{name}"))

    async def _begin_in_order(self) -> None:
        try:
            await self._set_in_order()
        except Exception as error:
            log.warning("not_in_order_yet", error=repr(error))
            raise

    async def _end(self) -> None:
        if self._tasks:
            log.info("duty_ends")
        await end_tasks(self._tasks)
        self._tasks = []


async def _after(first: asyncio.Task[None], name: str, run: Work) -> None:
    """Also where the first thing failed, as was logged: the work itself tries again what can be."""
    await asyncio.wait([first])
    if not first.cancelled():
        first.exception()
    await kept_alive(name, run)
