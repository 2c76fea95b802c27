"""Jobs that are handed over together succeed or fail one by one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

import pytest

from tests.support.clock import FakeClock
from tuan.adapters.sql_record import SqlRecord
from tuan.domain.errors import Reason, TuanError
from tuan.ports import Job, NewJob
from tuan.usecases.job_runner import BACKOFF_MS_FIRST, GiveUp, JobRunner

BATCHED, SINGLE = "batched", "single"


class CountingRecord:
    """The record, with its transactions counted."""

    def __init__(self, inner: SqlRecord) -> None:
        self.inner = inner
        self.reads = self.writes = 0

    async def read(self, work):  # type: ignore[no-untyped-def]
        self.reads += 1
        return await self.inner.read(work)

    async def write(self, work):  # type: ignore[no-untyped-def]
        self.writes += 1
        return await self.inner.write(work)


class Bench:
    """A runner whose batches are answered by `outcomes`, by key: None, an error, or (left out) a single handler's case."""

    def __init__(self, record: SqlRecord, clock: FakeClock) -> None:
        self.record, self.clock = CountingRecord(record), clock
        self.outcomes: dict[str, Exception | None] = {}
        self.batches: list[list[str]] = []
        self.alone: list[str] = []
        self.begun, self.release = asyncio.Event(), asyncio.Event()
        self.release.set()
        self.error: Exception | None = None
        self.runner = JobRunner(
            self.record,  # type: ignore[arg-type]
            clock,
            {BATCHED: self._alone, SINGLE: self._alone},
            attempts_max=4,
            backoff_ms_max=60_000,
            batch_handlers={BATCHED: self._batch},
        )

    async def _alone(self, job: Job) -> None:
        self.alone.append(job.key)

    async def _batch(self, jobs: Sequence[Job]) -> Mapping[int, Exception | None]:
        self.batches.append([job.key for job in jobs])
        self.begun.set()
        await self.release.wait()
        if self.error is not None:
            raise self.error
        return {job.job_id: self.outcomes[job.key] for job in jobs if job.key in self.outcomes}

    async def add(self, *keys: str, kind: str = BATCHED) -> None:
        now_ms = self.clock.now_ms()
        await self.record.inner.write(lambda unit: unit.jobs.add_all([NewJob(kind, key, now_ms) for key in keys]))

    async def due(self, ahead_ms: int = 0) -> list[str]:
        found = await self.record.inner.read(lambda unit: unit.jobs.due(self.clock.now_ms() + ahead_ms, 1_000))
        return [job.key for job in found]


@pytest.fixture
def bench(record: SqlRecord, clock: FakeClock) -> Bench:
    return Bench(record, clock)


async def test_a_batch_costs_one_question_and_one_write(bench: Bench) -> None:
    """Goal: a hundred jobs cost what one costs. Method: run them; count transactions."""
    keys = [f"j{number:03}" for number in range(100)]
    bench.outcomes = dict.fromkeys(keys)
    await bench.add(*keys)
    assert await bench.runner.run_due() == 100
    assert bench.batches == [keys]
    assert (bench.record.reads, bench.record.writes) == (2, 1)  # a question per lane, and the ends
    assert (await bench.due(10**9), bench.alone) == ([], [])


async def test_each_job_of_a_batch_has_its_own_end(bench: Bench) -> None:
    """Goal: done, back off, give up and no case for a batch side by side. Method: one of each among many that are done."""
    bench.outcomes = {
        "done": None,
        "later": TuanError(Reason.SHARD_REBUILDING, "rebuilding"),
        "never": GiveUp("no"),
        "fine": None,
    }
    await bench.add("done", "later", "never", "odd", "fine")
    assert await bench.runner.run_due() == 5
    assert bench.alone == ["odd"]
    assert await bench.due(BACKOFF_MS_FIRST - 1) == []
    assert await bench.due(BACKOFF_MS_FIRST) == ["later"]
    [failed] = await bench.record.inner.read(lambda unit: unit.jobs.failed(0, 9))
    assert (failed.key, failed.last_error) == ("never", "no")


async def test_a_batch_that_breaks_is_run_one_by_one(bench: Bench) -> None:
    """Goal: a bad job fails its neighbours at most once, and not for good. Method: the batch handler raises."""
    bench.error = ValueError("a bug")
    await bench.add("a", "b")
    await bench.runner.run_due()
    assert sorted(bench.alone) == ["a", "b"]
    assert await bench.due(10**9) == []


async def test_a_batch_whose_store_is_away_comes_again(bench: Bench) -> None:
    """Goal: nobody asks a dead store for each job. Method: the batch handler raises STORE_UNAVAILABLE; all back off."""
    bench.error = TuanError(Reason.STORE_UNAVAILABLE, "away")
    await bench.add("a", "b")
    await bench.runner.run_due()
    assert bench.alone == []
    assert await bench.due() == []
    assert await bench.due(BACKOFF_MS_FIRST) == ["a", "b"]


async def test_what_comes_during_a_batch_is_one_batch(bench: Bench) -> None:
    """Goal: the runner gathers while it works, and asks once. Method: three wakes while a batch is held; then let it go."""
    bench.outcomes = dict.fromkeys(("a", "b", "c"))
    bench.release.clear()
    await bench.add("a")
    running = asyncio.create_task(bench.runner.run())
    await asyncio.wait_for(bench.begun.wait(), 10)
    for key in ("b", "c"):
        await bench.add(key)
        bench.runner.wake(BATCHED)
    bench.begun.clear()
    bench.release.set()
    await asyncio.wait_for(bench.begun.wait(), 10)
    assert bench.batches == [["a"], ["b", "c"]]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_an_old_batch_holds_up_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a batch that waits for one shard does not keep the others' jobs waiting. Method: hold one, let it grow old, add."""
    monkeypatch.setattr("tuan.usecases.job_lane.YOUNG_S", 0.01)
    bench.outcomes = dict.fromkeys(("a", "b"))
    bench.release.clear()
    await bench.add("a")
    running = asyncio.create_task(bench.runner.run())
    await asyncio.wait_for(bench.begun.wait(), 10)
    bench.begun.clear()
    await bench.add("b")
    bench.runner.wake(BATCHED)
    await asyncio.wait_for(bench.begun.wait(), 10)
    assert bench.batches == [["a"], ["b"]]
    bench.release.set()
    while bench.runner._running:
        await asyncio.gather(*bench.runner._running.values())
    assert await bench.due() == []
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_wakes_of_one_kind_ask_for_that_kind(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: no question where nothing can be due. Method: no question comes by itself; after each wake, count who is asked for."""
    monkeypatch.setattr("tuan.usecases.job_lane.SINGLE_LOOK_S", 3600.0)
    monkeypatch.setattr("tuan.usecases.job_lane.BATCH_LOOK_S", 3600.0)
    again = Bench(bench.record.inner, bench.clock)
    again.outcomes = dict.fromkeys(("a", "b"))
    await again.add("a")
    running = asyncio.create_task(again.runner.run())
    await asyncio.wait_for(again.begun.wait(), 10)
    while again.runner._running:
        await asyncio.gather(*again.runner._running.values())
    before = again.record.reads
    again.begun.clear()
    await again.add("b")
    again.runner.wake(BATCHED)
    await asyncio.wait_for(again.begun.wait(), 10)
    assert again.record.reads == before + 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
