"""Followers see every event that they want, once, in order, from where they were; live or from SQL, or from both in turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from tuan.domain.event import Event
from tuan.server import event_hub
from tuan.server.event_hub import EventHub


class Log:
    """An outbox in memory, behind the record's `read`; counts what is asked for."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.pages = 0

    def add(self, count: int = 1, kind: str = "order.placed", activity_id: str = "") -> None:
        for _ in range(count):
            number = len(self.events) + 1
            self.events.append(Event(number, kind, f"o{number}", activity_id, number))

    async def read(self, work):  # type: ignore[no-untyped-def]
        await asyncio.sleep(0)
        return work(self)

    @property
    def outbox(self) -> Log:
        return self

    def last(self) -> int:
        return len(self.events)

    def after(self, event_id: int, count_max: int, kinds: Sequence[str] = (), activity_id: str = "") -> list[Event]:
        self.pages += 1
        wanted = [
            event
            for event in self.events[event_id:]
            if (not kinds or event.kind in kinds) and activity_id in ("", event.activity_id)
        ]
        return wanted[:count_max]


async def take(stream: AsyncIterator[Event], count: int) -> list[int]:
    return [(await asyncio.wait_for(anext(stream), 5)).event_id for _ in range(count)]


async def nothing_comes(stream: AsyncIterator[Event]) -> bool:
    task = asyncio.ensure_future(anext(stream))
    done, _ = await asyncio.wait([task], timeout=0.02)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return not done


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
async def hub(log: Log) -> EventHub:
    """Started when three events were there already."""
    log.add(3)
    hub = EventHub(log)
    await hub.start()
    return hub


@pytest.mark.parametrize(("after", "expected"), [(0, [1, 2, 3, 4, 5]), (2, [3, 4, 5]), (-1, [4, 5]), (4, [5])])
async def test_resumes(hub: EventHub, log: Log, after: int, expected: list[int]) -> None:
    """Goal: from any token on, then live. Method: events before the start, after it, and after the follower came."""
    stream = hub.follow(after)
    log.add()
    await hub.poll()
    first = await take(stream, len(expected) - 1)
    log.add()
    await hub.poll()
    assert first + await take(stream, 1) == expected
    assert await nothing_comes(stream)


async def test_filters(hub: EventHub, log: Log) -> None:
    """Goal: by kind and activity, in what is read from SQL and in what is live. Method: mixed events on both sides."""
    log.add(kind="group.full", activity_id="a")
    stream = hub.follow(0, ["group.full"], "a")
    log.add(kind="group.full", activity_id="b")
    log.add(kind="order.paid", activity_id="a")
    await hub.poll()
    assert await take(stream, 1) == [4]
    log.add(kind="group.full", activity_id="a")
    await hub.poll()
    assert await take(stream, 1) == [7]


async def test_a_follower_who_is_slower_than_what_is_kept(
    hub: EventHub, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Goal: no loss while catching up. Method: keep 10; a follower sleeps through 100, which arrive between its reads."""
    monkeypatch.setattr(event_hub, "KEPT_MAX", 10)
    hub = EventHub(log)
    await hub.start()
    stream = hub.follow(-1)
    log.add()
    await hub.poll()
    seen = await take(stream, 1)
    for _ in range(10):
        log.add(10)
        await hub.poll()
    seen += await take(stream, 60)
    for _ in range(3):
        log.add(10)
        await hub.poll()
    assert seen + await take(stream, 70) == list(range(4, 135))
    assert await nothing_comes(stream)


async def test_many_followers(hub: EventHub, log: Log) -> None:
    """Goal: SQL is read once for all. Method: 200 live followers, 50 events, arriving while they read."""
    streams = [hub.follow(-1) for _ in range(200)]
    readers = [asyncio.ensure_future(take(stream, 50)) for stream in streams]
    for _ in range(3):  # turns of the loop until each has begun to follow
        await asyncio.sleep(0)
    before = log.pages
    for _ in range(10):
        log.add(5)
        await hub.poll()
    assert await asyncio.gather(*readers) == [list(range(4, 54))] * 200
    assert log.pages - before == 10


async def test_nobody_follows(hub: EventHub, log: Log) -> None:
    """Goal: events that nobody wants are not read, and not lost to whoever comes later. Method: count reads; then a token."""
    before = log.pages
    for _ in range(3):
        log.add(5)
        await hub.poll()
    assert (log.pages - before, hub.tail) == (0, 18)
    stream = hub.follow(5)
    assert await take(stream, 13) == list(range(6, 19))
    log.add()
    await hub.poll()
    assert await take(stream, 1) == [19]


async def test_the_end_moves_while_a_follower_arrives(hub: EventHub, log: Log) -> None:
    """Goal: nobody waits for what has happened. Method: begin to follow while the end, and nothing else, is being read."""
    log.add()
    polling = asyncio.ensure_future(hub.poll())
    reading = asyncio.ensure_future(take(hub.follow(-1), 1))
    await polling
    assert await asyncio.wait_for(reading, 5) == [4]


async def test_a_burst_is_read_without_a_pause(hub: EventHub, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: at 21,000 orders a second followers fall behind by no more than a read. Method: a pause of an hour; a burst of
    five pages must come through all the same."""
    monkeypatch.setattr(event_hub, "PAUSE_MS", 3_600_000)
    log.add(5 * event_hub.BURST)
    running = asyncio.create_task(hub.run())
    stream = hub.follow(3 + 5 * event_hub.BURST - 1)
    assert await take(stream, 1) == [log.last()]
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
