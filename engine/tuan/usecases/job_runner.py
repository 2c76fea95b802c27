"""Runs the jobs of the record: each until it is done, with back-off, none able to hold up another.

Kinds that come by the hundred have a batch handler too, which is given all that are due together. SQL is asked for what is due
only where something can be: after a `wake`, when a job's back-off is over, and now and then for what nobody announced.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from contextlib import suppress
from functools import partial

import structlog

from tuan.domain.errors import TuanError
from tuan.ports import Clock, Job, Record
from tuan.usecases.gather import Gatherer, concerns_all
from tuan.usecases.job_lane import BatchHandler, JobLane

log = structlog.get_logger()

Handler = Callable[[Job], Awaitable[None]]

BACKOFF_MS_FIRST = 250
#: Jobs or batches whose ends are written down in one transaction.
ENDS_MAX = 64


class AskAgain(Exception):
    """Not done yet; the same job comes again later."""


class GiveUp(Exception):
    """Will never be done; an operator must look."""


class JobRunner:
    """`handlers` by job kind. A job of a kind that nobody handles waits (its plugin may come back).

    `batch_handlers`: for kinds that are among `handlers` too. `announced` False: other processes add jobs of these kinds, too, and wake
    only themselves.
    """

    def __init__(
        self,
        record: Record,
        clock: Clock,
        handlers: Mapping[str, Handler],
        attempts_max: int,
        backoff_ms_max: int,
        batch_handlers: Mapping[str, BatchHandler] | None = None,
        announced: bool = True,
    ) -> None:
        self._record = record
        self._clock = clock
        self._handlers = handlers
        self._attempts_max = attempts_max
        self._backoff_ms_max = backoff_ms_max
        self._awake = asyncio.Event()
        self._running: dict[int, asyncio.Task[None]] = {}
        batches = batch_handlers or {}
        singles = [kind for kind in handlers if kind not in batches]
        lanes = [JobLane(singles)] if singles else []
        self._lanes = [*lanes, *(JobLane([kind], batch, announced) for kind, batch in batches.items())]
        self._done = Gatherer(self._write_done, ENDS_MAX)

    def wake(self, *kinds: str) -> None:
        """There may be something to do now; of these kinds only, where they are named."""
        for lane in self._lanes:
            if not kinds or not set(kinds).isdisjoint(lane.kinds):
                lane.look_by(0)
        self._awake.set()

    async def run(self) -> None:
        """Until cancelled."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                self._awake.clear()
                try:
                    for lane in self._lanes:
                        if lane.next_look() <= loop.time():
                            await self._start_due(lane)
                except Exception as error:  # the store may be away; jobs are safe where they are
                    log.warning("jobs_unavailable", error=repr(error))
                pause_s = min(lane.next_look() for lane in self._lanes) - loop.time()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._awake.wait(), max(0.0, min(pause_s, 1.0)))
        finally:
            for task in set(self._running.values()):
                task.cancel()

    async def run_due(self) -> int:
        """Run what is due, side by side, to its end; how many."""
        started = [job_id for lane in self._lanes for job_id in await self._start_due(lane)]
        while tasks := {self._running[job_id] for job_id in started if job_id in self._running}:
            await asyncio.gather(*tasks)
        return len(started)

    async def _start_due(self, lane: JobLane) -> list[int]:
        """Start what is due, as far as there is room: a job that takes long holds up none of the others."""
        room = lane.room
        if room <= 0:
            return []
        now_ms, now, running = self._clock.now_ms(), asyncio.get_running_loop().time(), tuple(lane.running)
        lane.looked(now)
        due = await self._record.read(lambda unit: unit.jobs.due(now_ms, room, lane.kinds, running))
        if len(due) == room:
            lane.look_by(0)  # there may be more
        # Others were started while these rows were being read.
        fresh = [job for job in due if job.job_id not in self._running]
        if lane.batch is None:
            for job in fresh:
                self._begin(lane, [job], self._run_one(lane, job))
        elif fresh:
            self._begin(lane, fresh, self._run_batch(lane, lane.batch, fresh, lane.begin_batch(now)))
        return [job.job_id for job in fresh]

    def _begin(self, lane: JobLane, jobs: Sequence[Job], work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work, name=f"tuan-job-{jobs[0].kind}")
        for job in jobs:
            self._running[job.job_id] = task
            lane.running.add(job.job_id)
        task.add_done_callback(partial(self._ended, lane, [job.job_id for job in jobs]))

    def _ended(self, lane: JobLane, job_ids: Sequence[int], task: asyncio.Task[None]) -> None:
        was_full = lane.room <= 0
        for job_id in job_ids:
            if self._running.get(job_id) is task:
                del self._running[job_id]
                lane.running.discard(job_id)
        if not task.cancelled() and (error := task.exception()) is not None:
            # Its end could not be written down: it is still open in SQL, and comes again, after a pause.
            log.warning("job_end_not_written", job_id=job_ids[0], count=len(job_ids), error=repr(error))
            return
        if was_full:
            lane.look_by(0)
        self._awake.set()

    async def _run_one(self, lane: JobLane, job: Job) -> None:
        try:
            await self._handlers[job.kind](job)
        except Exception as error:
            await self._failed(lane, job, error)
        else:
            await self._done([job.job_id])
        for other in self._lanes:
            if other.batch is None:
                other.look_by(0)  # it may have left other jobs behind

    async def _run_batch(self, lane: JobLane, handle: BatchHandler, jobs: Sequence[Job], number: int) -> None:
        ended: Mapping[int, Exception | None]
        try:
            try:
                ended = await handle(jobs)
            except Exception as error:
                # Whichever of them was the bad one shall not fail the others.
                log.warning("batch_failed", kind=jobs[0].kind, count=len(jobs), error=repr(error))
                ended = {job.job_id: error for job in jobs} if concerns_all(error) else {}
            for job in jobs:
                if job.job_id not in ended:
                    self._begin(lane, [job], self._run_one(lane, job))
            await self._write_ends(lane, jobs, ended)
        finally:
            lane.end_batch(number)

    async def _write_ends(self, lane: JobLane, jobs: Sequence[Job], ended: Mapping[int, Exception | None]) -> None:
        failed = [(job, error) for job in jobs if (error := ended.get(job.job_id)) is not None]
        writes: list[Awaitable[None]] = [self._failed(lane, job, error) for job, error in failed]
        if done := [job_id for job_id, error in ended.items() if error is None]:
            writes.append(self._done(done))
        await asyncio.gather(*writes)

    async def _write_done(self, ends: Sequence[Collection[int]]) -> list[None]:
        job_ids = [job_id for end in ends for job_id in end]
        await self._record.write(lambda unit: unit.jobs.done(*job_ids))
        return [None] * len(ends)

    async def _failed(self, lane: JobLane, job: Job, error: Exception) -> None:
        message = str(error) if isinstance(error, AskAgain | GiveUp | TuanError) else repr(error)
        if isinstance(error, GiveUp) or job.attempts + 1 >= self._attempts_max:
            log.error("job_given_up", kind=job.kind, key=job.key, error=message)
            await self._record.write(lambda unit: unit.jobs.give_up(job.job_id, message))
            return
        wait_ms = min(self._backoff_ms_max, BACKOFF_MS_FIRST * 2 ** min(job.attempts, 20))
        log.info("job_retried", kind=job.kind, key=job.key, attempts=job.attempts + 1, error=message)
        await self._record.write(lambda unit: unit.jobs.retry(job.job_id, self._clock.now_ms() + wait_ms, message))
        lane.look_by(asyncio.get_running_loop().time() + wait_ms / 1_000)
