"""Whoever waits for the drain is told when it has come so far, or that it did not; nobody is left behind in the books."""

from __future__ import annotations

import asyncio

import pytest

from tuan.domain.errors import Reason, TuanError
from tuan.ports import ShardRow
from tuan.usecases import drain_watch
from tuan.usecases.drain_watch import DrainWatch


class Sql:
    """A record that knows cursors, and that may be away."""

    def __init__(self) -> None:
        self.cursors: dict[str, int] = {}
        self.state = "open"
        self.away = False
        self.reads = 0
        self.asked_often = asyncio.Event()

    async def read(self, work):  # type: ignore[no-untyped-def]
        self.reads += 1
        if self.reads == 3:
            self.asked_often.set()
        if self.away:
            raise TuanError(Reason.STORE_UNAVAILABLE, "away")
        return work(self)

    @property
    def shards(self) -> Sql:
        return self

    def get(self, shard: str) -> ShardRow | None:
        return ShardRow(shard, 1, self.cursors[shard], self.state) if shard in self.cursors else None


@pytest.fixture
def sql() -> Sql:
    return Sql()


@pytest.fixture
def watch(sql: Sql, monkeypatch: pytest.MonkeyPatch) -> DrainWatch:
    monkeypatch.setattr(drain_watch, "POLL_MS", 1)
    monkeypatch.setattr(drain_watch, "WAIT_MS_MAX", 5_000)
    return DrainWatch(sql)


async def soon(task: asyncio.Task[None]) -> bool:
    """Whether it is done after a few turns of the loop."""
    for _ in range(5):
        await asyncio.sleep(0)
    return task.done()


async def test_waits_for_its_own_sequence(watch: DrainWatch) -> None:
    """Goal: each waiter wakes at its own number. Method: two waiters, commits before, between and after."""
    first, second = (asyncio.create_task(watch.wait("s", sequence)) for sequence in (3, 5))
    assert not await soon(first)
    watch.committed("s", 2)
    watch.committed("other", 9)
    assert not await soon(first)
    watch.committed("s", 4)
    assert await soon(first) and not second.done()
    watch.committed("s", 3)  # late and lower: ignored
    watch.committed("s", 5)
    assert await soon(second)
    await watch.wait("s", 5)


async def test_looks_where_another_process_drains(watch: DrainWatch, sql: Sql) -> None:
    """Goal: a cursor that nobody reports is read from SQL, by one task for all. Method: three waiters, SQL away at first."""
    sql.away = True
    waiting = [asyncio.create_task(watch.wait("s", 3)) for _ in range(3)]
    await sql.asked_often.wait()
    assert not any(task.done() for task in waiting)
    sql.cursors["s"], sql.away = 3, False
    await asyncio.wait_for(asyncio.gather(*waiting), 5)
    await asyncio.gather(*watch._followers.values())


async def test_gives_up(watch: DrainWatch, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: OUTCOME_UNKNOWN with a time to come back, and nothing is waited for any more. Method: no drain at all."""
    monkeypatch.setattr(drain_watch, "WAIT_MS_MAX", 10)
    with pytest.raises(TuanError) as caught:
        await watch.wait("s", 3)
    assert (caught.value.reason, caught.value.retry_after_ms) == (Reason.OUTCOME_UNKNOWN, 1_000)
    await asyncio.gather(*watch._followers.values())


async def test_a_waiter_that_is_cancelled_is_forgotten(watch: DrainWatch) -> None:
    """Goal: a caller who hung up does not have SQL asked for ever. Method: cancel a wait that never ends; the follower ends."""
    waiting = asyncio.create_task(watch.wait("s", 3))
    await soon(waiting)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    await asyncio.wait_for(asyncio.gather(*watch._followers.values()), 5)


async def test_barrier(watch: DrainWatch, sql: Sql) -> None:
    """Goal: a read sees what this process acknowledged, on every shard. Method: two shards behind, then one, then none."""
    watch.acknowledged("a", 2)
    watch.acknowledged("b", 3)
    watch.acknowledged("b", 1)
    assert (watch.behind("a"), watch.behind("b"), watch.behind("c")) == (2, 3, 0)
    reading = asyncio.create_task(watch.read(lambda unit: "seen"))
    watch.committed("a", 2)
    assert not await soon(reading)
    watch.committed("b", 3)
    assert await reading == "seen"
    await asyncio.gather(*watch._followers.values())


async def test_a_rebuilt_shard_is_not_waited_for(watch: DrainWatch) -> None:
    """Goal: what a shard lost for good holds up no reader. Method: acknowledge 9, rebuild at 4, read."""
    watch.acknowledged("s", 9)
    watch.rebuilt("s", 4)
    watch.committed("s", 4)
    assert watch.behind("s") == 0
    await asyncio.wait_for(watch.barrier(), 1)
    await asyncio.gather(*watch._followers.values())


async def test_reports_from_the_drain_s_thread(watch: DrainWatch) -> None:
    """Goal: the drain reports from its own thread. Method: do so while somebody waits."""
    watch.start()
    waiting = asyncio.create_task(watch.wait("s", 1))
    await soon(waiting)
    await asyncio.to_thread(watch.committed_from_thread, "s", 1)
    await asyncio.wait_for(waiting, 5)


async def test_a_stopped_shard_holds_up_nobody(watch: DrainWatch, sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a gap in one shard's log does not make every reader of the process wait. Method: stop a shard that is behind; wait
    for it and read; then let it go on."""
    monkeypatch.setattr(drain_watch, "POLL_REPORTED_MS", 1)
    sql.cursors["s"], sql.state = 2, "stopped"
    watch.acknowledged("s", 3)
    for _ in range(2):  # the first learns of it, the second knows
        with pytest.raises(TuanError) as caught:
            await asyncio.wait_for(watch.wait("s", 3), 1)
        assert caught.value.reason is Reason.OUTCOME_UNKNOWN
    assert await asyncio.wait_for(watch.read(lambda unit: "seen"), 1) == "seen"
    waiting = asyncio.gather(*watch._followers.values())
    sql.cursors["s"], sql.state = 3, "open"
    await asyncio.wait_for(waiting, 5)
    await watch.wait("s", 3)


async def test_a_drain_that_gathers_is_told_who_waits(watch: DrainWatch) -> None:
    """Goal: nobody waits for a drain's patience. Method: count the calls of `hurry` before, at and after a wait."""
    hurried: list[str] = []
    watch.hurry = lambda: hurried.append("now")
    watch.acknowledged("a1", 1)
    assert not hurried
    waiting = asyncio.create_task(watch.wait("a1", 1))
    await asyncio.sleep(0)
    assert hurried == ["now"]
    watch.committed("a1", 1)
    await waiting
    await watch.wait("a1", 1)
    assert hurried == ["now"]


async def test_a_reader_sees_what_other_processes_acknowledged(sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: whoever was answered by one process may read at another one. Method: this one has acknowledged nothing; the claims store has
    given out five, SQL has four; a second reader comes while the store is being asked, and asks again with the third."""
    monkeypatch.setattr(drain_watch, "POLL_MS", 1)
    asked, sql.cursors["s"] = [], 4
    answered = asyncio.Event()

    async def newest() -> dict[str, int]:
        asked.append(len(asked))
        await answered.wait()
        return {"s": 5}

    watch = DrainWatch(sql, newest)
    first = asyncio.create_task(watch.read(lambda unit: unit.cursors["s"]))
    assert not await soon(first)
    others = [asyncio.create_task(watch.read(lambda unit: unit.cursors["s"])) for _ in range(2)]
    assert not await soon(others[0])
    answered.set()
    await sql.asked_often.wait()
    assert not first.done(), "SQL lacks the fifth"
    sql.cursors["s"] = 5
    assert await asyncio.wait_for(asyncio.gather(first, *others), 5) == [5, 5, 5]
    assert len(asked) == 2, "those who came meanwhile share one question, asked after they came"


async def test_a_claims_store_that_is_away_is_no_answer(sql: Sql) -> None:
    """Goal: nobody is told an old truth as a new one. Method: the store cannot say what was acknowledged elsewhere."""

    async def newest() -> dict[str, int]:
        raise TuanError(Reason.STORE_UNAVAILABLE, "away")

    with pytest.raises(TuanError) as refused:
        await DrainWatch(sql, newest).read(lambda unit: unit)
    assert refused.value.reason is Reason.STORE_UNAVAILABLE


async def test_nobody_who_waits_is_kept_waiting_by_those_who_do_not(sql: Sql, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a drain that is only watched is looked at rarely, and one that is waited for often. Method: an acknowledged order that nobody
    waits for, a pause that would last for ever; then somebody comes."""
    monkeypatch.setattr(drain_watch, "POLL_MS", 1)
    monkeypatch.setattr(drain_watch, "POLL_IDLE_MS", 3_600_000)
    watch = DrainWatch(sql)
    sql.cursors["s"] = 1
    watch.acknowledged("s", 2)
    for _ in range(5):
        await asyncio.sleep(0)
    assert sql.reads == 1
    sql.cursors["s"] = 2
    await asyncio.wait_for(watch.wait("s", 2), 5)
    assert watch.behind("s") == 0
