"""Runs the jobs of the record: each until it is done, with back-off, none able to hold up another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from functools import partial

import structlog

from tuan.domain.errors import TuanError
from tuan.ports import Clock, Job, Record

log = structlog.get_logger()

Handler = Callable[[Job], Awaitable[None]]

IDLE_MS = 200
AT_ONCE_MAX = 64
BACKOFF_MS_FIRST = 250


class AskAgain(Exception):
    """Not done yet; the same job comes again later."""


class GiveUp(Exception):
    """Will never be done; an operator must look."""


class JobRunner:
    """`handlers` by job kind. A job of a kind that nobody handles waits (its plugin may come back)."""

    def __init__(
        self,
        record: Record,
        clock: Clock,
        handlers: Mapping[str, Handler],
        attempts_max: int,
        backoff_ms_max: int,
    ) -> None:
        self._record = record
        self._clock = clock
        self._handlers = handlers
        self._attempts_max = attempts_max
        self._backoff_ms_max = backoff_ms_max
        self._awake = asyncio.Event()
        self._running: dict[int, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """There may be something to do now."""
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._awake.clear()
                try:
                    await self._start_due()
                except Exception as error:  # the store may be away; jobs are safe where they are
                    log.warning("jobs_unavailable", error=repr(error))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._awake.wait(), IDLE_MS / 1_000)
        finally:
            for task in self._running.values():
                task.cancel()

    async def run_due(self) -> int:
        """Run what is due, side by side, to its end; how many."""
        started = await self._start_due()
        await asyncio.gather(*started)
        return len(started)

    async def _start_due(self) -> list[asyncio.Task[None]]:
        """A task for each job that is due, as far as there is room: one that takes long holds up none of the others."""
        room = AT_ONCE_MAX - len(self._running)
        if room <= 0:
            return []
        now_ms, kinds, running = self._clock.now_ms(), tuple(self._handlers), tuple(self._running)
        due = await self._record.read(lambda unit: unit.jobs.due(now_ms, room, kinds, running))
        started = []
        for job in due:
            if job.job_id in self._running:
                continue  # started while these rows were being read
            task = asyncio.get_running_loop().create_task(self._run_one(job), name=f"tuan-job-{job.kind}")
            self._running[job.job_id] = task
            task.add_done_callback(partial(self._ended, job.job_id))
            started.append(task)
        return started

    def _ended(self, job_id: int, task: asyncio.Task[None]) -> None:
        del self._running[job_id]
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its end could not be written down: it is still open in SQL, and comes again, after a pause.
            log.warning("job_end_not_written", job_id=job_id, error=repr(error))
        else:
            self._awake.set()

    async def _run_one(self, job: Job) -> None:
        try:
            await self._handlers[job.kind](job)
        except GiveUp as error:
            message = str(error)
            log.error("job_given_up", kind=job.kind, key=job.key, error=message)
            await self._record.write(lambda unit: unit.jobs.give_up(job.job_id, message))
        except Exception as error:
            await self._later(job, error)
        else:
            await self._record.write(lambda unit: unit.jobs.done(job.job_id))

    async def _later(self, job: Job, error: Exception) -> None:
        message = str(error) if isinstance(error, AskAgain | TuanError) else repr(error)
        if job.attempts + 1 >= self._attempts_max:
            log.error("job_given_up", kind=job.kind, key=job.key, error=message)
            await self._record.write(lambda unit: unit.jobs.give_up(job.job_id, message))
            return
        wait_ms = min(self._backoff_ms_max, BACKOFF_MS_FIRST * 2 ** min(job.attempts, 20))
        log.info("job_retried", kind=job.kind, key=job.key, attempts=job.attempts + 1, error=message)
        await self._record.write(lambda unit: unit.jobs.retry(job.job_id, self._clock.now_ms() + wait_ms, message))
