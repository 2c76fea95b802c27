"""Reactions: every event, in order, at least once, its effect in SQL once; and no plugin is stopped by one bad event for ever."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from typing import Any

import pytest

from tests.unit.usecases.plugins import Deal
from tests.unit.usecases.shop import Shop
from tuan.adapters.sql_record.repositories import SqlOutbox
from tuan.domain.event import Event
from tuan.ports import Unit
from tuan.registry import Registry
from tuan.supervisor import Supervisor
from tuan.usecases.deliver_events import TRIES_MAX, EventDeliverer


class Diary:
    """What the plugin was told, and what it wrote: one job per event."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.fail: set[int] = set()

    def react(self, event: Event, unit: Unit) -> None:
        self.seen.append(event.event_id)
        unit.jobs.add("diary", str(event.event_id), 0)
        if event.event_id in self.fail:
            raise ValueError("bad event")


async def add_events(shop: Shop, *kinds: str) -> list[int]:
    before = await shop.sql.read(lambda unit: unit.outbox.last())

    def add(unit: Unit) -> None:
        for kind in kinds:
            unit.outbox.add(kind, "o1", "", 1, {})

    await shop.sql.write(add)
    return [event.event_id for event in await shop.sql.read(lambda unit: unit.outbox.after(before, 100))]


async def written(shop: Shop) -> list[int]:
    jobs = await shop.sql.read(lambda unit: unit.jobs.due(1, 1_000, ("diary",)))
    return sorted(int(job.key) for job in jobs)


def deliverer(shop: Shop) -> EventDeliverer:
    return EventDeliverer(shop.sql, Registry([shop.deal]), Supervisor(shop.clock, faults_max=100), shop.clock)


async def test_in_order_and_once(shop: Shop) -> None:
    """Goal: what a plugin reacts to, in order; other kinds not. Method: three events, two rounds, then a new process."""
    diary = Diary()
    shop.deal.on_react = diary.react
    ids = await add_events(shop, "order.placed", "order.other", "order.paid")
    assert await deliverer(shop).deliver_all() == 2
    assert await deliverer(shop).deliver_all() == 0
    assert diary.seen == [ids[0], ids[2]] == await written(shop)


async def test_a_bad_event_is_set_aside_after_five_tries(shop: Shop) -> None:
    """Goal: later events wait for a failing one, five times, then go on; nothing of the failed one is left. Method: as said."""
    diary = Diary()
    shop.deal.on_react = diary.react
    ids = await add_events(shop, "order.placed", "order.paid", "order.placed")
    diary.fail = {ids[1]}
    mine = deliverer(shop)
    for _ in range(TRIES_MAX - 1):
        await mine.deliver_all()
    assert await written(shop) == [ids[0]]
    await mine.deliver_all()
    assert await written(shop) == [ids[0], ids[2]]
    assert diary.seen.count(ids[1]) == TRIES_MAX
    [alarm] = await shop.sql.read(lambda unit: unit.alarms.newest(0, 10))
    assert (alarm.kind, alarm.subject) == ("reaction_failed", "deal")


async def test_a_hanging_reaction_has_nothing_left_in_its_hands(shop: Shop) -> None:
    """Goal: after the deadline the transaction is taken back. Method: hang, then try to write from the abandoned thread."""
    released, tried = threading.Event(), threading.Event()
    late: list[BaseException] = []

    def hang(event: Event, unit: Unit) -> None:
        released.wait(30)
        try:
            unit.jobs.add("diary", str(event.event_id), 0)
        except BaseException as error:
            late.append(error)
        tried.set()

    shop.deal.on_react = hang
    [event_id] = await add_events(shop, "order.placed")
    assert await deliverer(shop).deliver_all() == 0
    released.set()
    await asyncio.to_thread(tried.wait, 10)
    assert len(late) == 1 and await written(shop) == []
    diary = Diary()
    shop.deal.on_react = diary.react
    assert await deliverer(shop).deliver_all() == 1
    assert await written(shop) == [event_id]


async def test_two_processes_react_once(shop: Shop) -> None:
    """Goal: an effect in SQL is never doubled, also with two engines on one record. Method: both read the same cursor; the
    plugin's effect is one that doubles (an event of its own)."""

    def react(event: Event, unit: Unit) -> None:
        unit.outbox.add("deal.counted", event.subject, "", 1, {})

    shop.deal.on_react = react
    await add_events(shop, "order.placed")
    await asyncio.gather(*(deliverer(shop).deliver_all() for _ in range(4)))
    assert (await shop.kinds()).count("deal.counted") == 1


async def test_a_plugin_in_quarantine_waits(shop: Shop) -> None:
    """Goal: events wait while their plugin is in quarantine, and other plugins' do not. Method: quarantine one of two."""

    class Other(Deal):
        code = "other"

    diary, others = Diary(), Diary()
    shop.deal.on_react = diary.react
    other = Other()
    other.on_react = others.react
    supervisor = Supervisor(shop.clock, faults_max=1, quarantine_ms=1_000)
    mine = EventDeliverer(shop.sql, Registry([shop.deal, other]), supervisor, shop.clock)
    await add_events(shop, "order.placed")
    supervisor.fault(shop.deal, "raised")
    await mine.deliver_all()
    assert (len(diary.seen), len(others.seen)) == (0, 1)
    shop.clock.advance(1_000)
    await mine.deliver_all()
    assert len(diary.seen) == 1


async def test_a_store_that_is_away_costs_no_event(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a store that is away is not the plugin's fault. Method: the write fails once; nobody is charged."""
    diary = Diary()
    shop.deal.on_react = diary.react
    [event_id] = await add_events(shop, "order.placed")
    mine = deliverer(shop)
    with monkeypatch.context() as patch:

        async def away(work: object) -> None:
            raise OSError("away")

        patch.setattr(shop.sql, "write", away)
        with pytest.raises(OSError, match="away"):
            await mine.deliver_all()
    assert await mine.deliver_all() == 1
    assert diary.seen == [event_id]


async def test_what_is_for_nobody_is_looked_at_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a round costs what is new, however many orders there were. Method: where each look begins, over four rounds."""
    looks: list[int] = []
    after = SqlOutbox.after

    def spied(self: SqlOutbox, event_id: int, count_max: int, kinds: Sequence[str] = (), activity_id: str = "") -> Any:
        looks.append(event_id)
        return after(self, event_id, count_max, kinds, activity_id)

    diary = Diary()
    shop.deal.on_react = diary.react
    ids = await add_events(shop, "order.other", "order.other")
    mine = deliverer(shop)
    monkeypatch.setattr(SqlOutbox, "after", spied)
    assert [await mine.deliver_all() for _ in range(2)] == [0, 0]
    assert looks == [0]
    monkeypatch.undo()
    [placed] = await add_events(shop, "order.placed")
    monkeypatch.setattr(SqlOutbox, "after", spied)
    assert [await mine.deliver_all() for _ in range(2)] == [1, 0]
    assert looks == [0, ids[-1]]
    assert diary.seen == [placed]
