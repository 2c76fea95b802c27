"""The duty is at one process at a time, and goes where it is kept; what is done for all begins and ends with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tuan.domain.errors import Reason, TuanError
from tuan.server.duty_tasks import DutyTasks
from tuan.usecases.keep_duty import Duty

LEASE_MS = 60


class Sql:
    """The table of duties, which may be away."""

    def __init__(self) -> None:
        self.owner = ""
        self.away = False

    async def write(self, work: Callable[[Any], Any]) -> Any:
        if self.away:
            raise TuanError(Reason.STORE_UNAVAILABLE, "away")
        return work(self)

    @property
    def duties(self) -> Sql:
        return self

    def take(self, duty: str, owner: str, now_ms: int, expire_time_ms: int) -> bool:
        assert expire_time_ms == now_ms + LEASE_MS
        self.owner = self.owner or owner
        return self.owner == owner

    def give_up(self, duty: str, owner: str) -> None:
        if self.owner == owner:
            self.owner = ""


class Work:
    """What is done on duty, and when it began and ended."""

    def __init__(self, order_fails: bool = False) -> None:
        self.order_fails = order_fails
        self.ordered = 0
        self.running = asyncio.Event()
        self.ended = asyncio.Event()

    async def set_in_order(self) -> None:
        self.ordered += 1
        if self.order_fails:
            raise TuanError(Reason.STORE_UNAVAILABLE, "away")

    async def run(self) -> None:
        assert self.ordered
        self.running.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.running.clear()
            self.ended.set()


def duty_of(sql: Sql, owner: str, alone: bool = False) -> Duty:
    return Duty(sql, FakeClock(), owner, LEASE_MS, alone)  # type: ignore[arg-type]


def tasks_of(duty: Duty, work: Work) -> DutyTasks:
    return DutyTasks(duty, work.set_in_order, {"work": work.run})


async def test_it_goes_to_the_next_one_when_it_is_given_up() -> None:
    """Goal: work for all is done by one, and goes on when that one ends. Method: two processes; the first one stops."""
    sql, one, two = Sql(), Work(), Work()
    first, second = tasks_of(duty_of(sql, "one"), one), tasks_of(duty_of(sql, "two"), two)
    await first.start()
    await second.start()
    await one.running.wait()
    assert (one.ordered, two.ordered) == (1, 0)
    await first.stop()
    assert one.ended.is_set() and not one.running.is_set()
    await asyncio.wait_for(two.running.wait(), 5)
    await second.stop()
    assert sql.owner == ""


async def test_an_owner_that_hears_nothing_stops_before_another_may_begin() -> None:
    """Goal: a process that cannot renew does not go on for longer than its lease. Method: SQL goes away, and the work ends."""
    sql, work = Sql(), Work()
    duty = duty_of(sql, "one")
    tasks = tasks_of(duty, work)
    await tasks.start()
    await work.running.wait()
    sql.away = True
    await asyncio.wait_for(work.ended.wait(), 5)
    assert not duty.held
    sql.away = False
    await asyncio.wait_for(work.running.wait(), 5)
    await tasks.stop()


async def test_a_lost_duty_ends_the_work() -> None:
    """Goal: who sees another owner stops at once. Method: SQL names another one at the next renewal."""
    sql, work = Sql(), Work()
    duty = duty_of(sql, "one")
    tasks = tasks_of(duty, work)
    await tasks.start()
    await work.running.wait()
    sql.owner = "another"
    await asyncio.wait_for(work.ended.wait(), 5)
    assert not duty.held
    await tasks.stop()
    assert sql.owner == "another", "only one's own is given up"


async def test_a_start_that_fails_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: an engine that cannot set things in order does not start; one that takes over later goes on trying by its own work. Method:
    the order fails, at once and after a take-over."""
    sql, broken = Sql(), Work(order_fails=True)
    tasks = tasks_of(duty_of(sql, "one"), broken)
    with pytest.raises(TuanError):
        await tasks.start()
    await tasks.stop()
    sql.owner = "another"
    later = tasks_of(duty_of(sql, "two"), broken)
    await later.start()
    broken.running.clear()
    sql.owner = ""
    await asyncio.wait_for(broken.running.wait(), 5)
    await later.stop()


async def test_alone_there_is_nothing_to_ask() -> None:
    """Goal: an engine on SQLite writes no leases. Method: a record that is away."""
    sql, work = Sql(), Work()
    sql.away = True
    duty = duty_of(sql, "one", alone=True)
    tasks = tasks_of(duty, work)
    await tasks.start()
    await work.running.wait()
    assert duty.held
    await tasks.stop()
