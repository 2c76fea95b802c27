"""Jobs are run until they are done, later and later, and none holds up another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.support.clock import FakeClock
from tuan.adapters.sql_record import SqlRecord
from tuan.domain.errors import Reason, TuanError
from tuan.ports import Job
from tuan.usecases.job_lane import SINGLE_MAX
from tuan.usecases.job_runner import BACKOFF_MS_FIRST, AskAgain, GiveUp, JobRunner

Handler = Callable[[Job], Awaitable[None]]


class Bench:
    """A runner over handlers that the test brings."""

    def __init__(self, record: SqlRecord, clock: FakeClock, **handlers: Handler) -> None:
        self.record = record
        self.clock = clock
        self.runner = JobRunner(record, clock, handlers, attempts_max=4, backoff_ms_max=600)

    async def add(self, kind: str, *keys: str) -> None:
        def add(unit: object) -> None:
            for key in keys:
                unit.jobs.add(kind, key, self.clock.now_ms(), {"key": key})  # type: ignore[attr-defined]

        await self.record.write(add)

    async def due(self, ahead_ms: int = 0) -> list[Job]:
        return await self.record.read(lambda unit: unit.jobs.due(self.clock.now_ms() + ahead_ms, 1_000))

    async def failed(self) -> list[Job]:
        return await self.record.read(lambda unit: unit.jobs.failed(0, 1_000))


def raising(error: Exception, seen: list[str] | None = None) -> Handler:
    async def handle(job: Job) -> None:
        if seen is not None:
            seen.append(job.key)
        raise error

    return handle


@pytest.mark.parametrize(
    "error", [AskAgain("pending"), TuanError(Reason.STORE_UNAVAILABLE, "pending"), ValueError("pending")]
)
async def test_back_off(record: SqlRecord, clock: FakeClock, error: Exception) -> None:
    """Goal: 250 ms, 500 ms, at most 600 ms, then an operator's. Method: a job that never ends well, by each kind of error."""
    bench = Bench(record, clock, wait=raising(error))
    await bench.add("wait", "j")
    for wait_ms in (BACKOFF_MS_FIRST, 2 * BACKOFF_MS_FIRST, 600):
        assert await bench.runner.run_due() == 1
        assert await bench.due(wait_ms - 1) == []
        [job] = await bench.due(wait_ms)
        assert "pending" in job.last_error
        clock.advance(wait_ms)
    assert await bench.runner.run_due() == 1
    assert await bench.due(10**9) == []
    [job] = await bench.failed()
    assert (job.key, job.attempts) == ("j", 4)


async def test_gives_up_at_once(record: SqlRecord, clock: FakeClock) -> None:
    """Goal: a job that can never be done is an operator's at once. Method: GiveUp at the first try."""
    bench = Bench(record, clock, wait=raising(GiveUp("never")))
    await bench.add("wait", "j")
    await bench.runner.run_due()
    [job] = await bench.failed()
    assert job.last_error == "never"


async def test_jobs_of_a_kind_that_nobody_handles_wait(record: SqlRecord, clock: FakeClock) -> None:
    """Goal: the jobs of a plugin that is gone stop nobody else's. Method: more of them than are run at once, all due before
    the one that can be run."""
    seen: list[str] = []

    async def handle(job: Job) -> None:
        seen.append(job.key)

    bench = Bench(record, clock, known=handle)
    await bench.add("orphan", *(f"o{number}" for number in range(SINGLE_MAX + 1)))
    await bench.add("known", "j")
    assert await bench.runner.run_due() == 1
    assert seen == ["j"]
    assert len(await bench.due()) == SINGLE_MAX + 1


async def test_a_job_that_takes_long_holds_up_no_other(record: SqlRecord, clock: FakeClock) -> None:
    """Goal: a slow gateway delays its own refund only. Method: one job waits for an event; another is added after it began,
    and must end before it; the slow one is started once, however often the runner looks."""
    release, begun, ended, started = asyncio.Event(), asyncio.Event(), asyncio.Event(), []

    async def slow(job: Job) -> None:
        started.append(job.key)
        begun.set()
        await release.wait()

    async def quick(job: Job) -> None:
        ended.set()

    bench = Bench(record, clock, slow=slow, quick=quick)
    running = asyncio.create_task(bench.runner.run())
    await bench.add("slow", "s")
    bench.runner.wake()
    await begun.wait()
    await bench.add("quick", "q")
    bench.runner.wake()
    await asyncio.wait_for(ended.wait(), 10)
    assert started == ["s"]
    release.set()
    await asyncio.gather(*bench.runner._running.values())
    assert await bench.due() == []
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_a_store_that_is_away_runs_no_job_twice_at_once(record: SqlRecord, clock: FakeClock) -> None:
    """Goal: while a job runs it is not started again, also when writing the end of another one fails. Method: the first
    write fails; the slow job of the same round is still under way when the next round begins."""
    release, started = asyncio.Event(), []

    async def slow(job: Job) -> None:
        started.append(job.key)
        await release.wait()

    async def quick(job: Job) -> None:
        started.append(job.key)

    class Away:
        fails = 1

        async def read(self, work):  # type: ignore[no-untyped-def]
            return await record.read(work)

        async def write(self, work):  # type: ignore[no-untyped-def]
            if self.fails:
                self.fails -= 1
                raise TuanError(Reason.STORE_UNAVAILABLE, "away")
            return await record.write(work)

    bench = Bench(record, clock, slow=slow, quick=quick)
    bench.runner = JobRunner(Away(), clock, {"slow": slow, "quick": quick}, 4, 600)
    await bench.add("slow", "s")
    await bench.add("quick", "q")
    with pytest.raises(TuanError):
        await bench.runner.run_due()
    assert await bench.runner.run_due() == 1  # the quick one again: its end was not written
    assert started == ["s", "q", "q"]
    release.set()
    await asyncio.gather(*bench.runner._running.values())
    assert await bench.due() == []
    assert started == ["s", "q", "q"]
