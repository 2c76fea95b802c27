"""Runs the jobs of the record: each until it is done, with back-off, none able to hold up another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping

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
        self._running: set[int] = set()

    def wake(self) -> None:
        """There may be something to do now."""
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._awake.clear()
            try:
                busy = await self.run_due() > 0
            except Exception as error:  # the store may be away; jobs are safe where they are
                log.warning("jobs_unavailable", error=repr(error))
                busy = False
            if not busy:
                try:
                    await asyncio.wait_for(self._awake.wait(), IDLE_MS / 1_000)
                except TimeoutError:
                    continue

    async def run_due(self) -> int:
        """Run what is due, side by side; how many."""
        now_ms = self._clock.now_ms()
        due = await self._record.read(lambda unit: unit.jobs.due(now_ms, AT_ONCE_MAX))
        mine = [job for job in due if job.kind in self._handlers and job.job_id not in self._running]
        self._running.update(job.job_id for job in mine)
        try:
            await asyncio.gather(*(self._run_one(job) for job in mine))
        finally:
            self._running.difference_update(job.job_id for job in mine)
        return len(mine)

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
