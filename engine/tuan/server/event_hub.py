"""Committed events for any number of followers: read from SQL once, kept for a while, handed to all.

While nobody follows, nothing is read but the end: a rush of orders would pay 20 µs each for events that nobody wants.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from itertools import takewhile

import structlog

from tuan.domain.event import Event
from tuan.ports import Record, Unit

log = structlog.get_logger()

PAUSE_MS = 100
PAGE = 256
BURST = 10 * PAGE
KEPT_MAX = 10_000


class EventHub:
    def __init__(self, record: Record) -> None:
        self._record = record
        self._recent: deque[Event] = deque(maxlen=KEPT_MAX)
        self._complete_after = 0
        self._tail = 0
        self._followers = 0
        self._moved = asyncio.Condition()

    @property
    def tail(self) -> int:
        """The id of the newest event."""
        return self._tail

    async def start(self) -> None:
        await self._skip_to_end()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            count = 0
            try:
                count = await self.poll()
            except Exception as error:  # the store may be away; followers wait
                log.warning("events_not_read", error=repr(error))
            if count < BURST:
                await asyncio.sleep(PAUSE_MS / 1_000)

    async def poll(self) -> int:
        """Read what is new, at most BURST events; how many. While nobody follows, the end is all that is asked for."""
        if not self._followers:
            await self._skip_to_end()
            return 0
        tail = self._tail
        events = await self._record.read(lambda unit: unit.outbox.after(tail, BURST))
        if not events:
            return 0
        for event in events:
            if len(self._recent) == KEPT_MAX:
                self._complete_after = self._recent[0].event_id
            self._recent.append(event)
        self._tail = events[-1].event_id
        async with self._moved:
            self._moved.notify_all()
        return len(events)

    def follow(self, after: int, kinds: Sequence[str] = (), activity_id: str = "") -> AsyncIterator[Event]:
        """Events with an id greater than `after`, then live ones; -1: only new ones."""
        return self._follow(self._tail if after < 0 else after, kinds, activity_id)

    async def _skip_to_end(self) -> None:
        """Memory begins at the end; what is older is read from SQL by whoever wants it."""
        tail = await self._record.read(lambda unit: unit.outbox.last())
        if tail != self._tail:
            self._recent.clear()
            self._tail = self._complete_after = tail
            async with self._moved:  # somebody may have come while the end was being read
                self._moved.notify_all()

    async def _follow(self, cursor: int, kinds: Sequence[str], activity_id: str) -> AsyncIterator[Event]:
        self._followers += 1
        try:
            async for event in self._events(cursor, kinds, activity_id):
                yield event
        finally:
            self._followers -= 1

    async def _events(self, cursor: int, kinds: Sequence[str], activity_id: str) -> AsyncIterator[Event]:
        wanted = frozenset(kinds)
        while True:
            complete_after = self._complete_after
            if cursor < complete_after:
                page = await self._page(cursor, kinds, activity_id)
                for event in page:
                    cursor = event.event_id
                    yield event
                if not page:  # nothing that is wanted happened up to here
                    cursor = complete_after
                continue
            for event in self._newer_than(cursor):
                cursor = event.event_id
                if (not wanted or event.kind in wanted) and activity_id in ("", event.activity_id):
                    yield event
            async with self._moved:
                while self._tail <= cursor:
                    await self._moved.wait()

    def _newer_than(self, cursor: int) -> list[Event]:
        """From the new end backwards: a follower that keeps up looks at what it has not seen, not at all that is kept."""
        newer = list(takewhile(lambda event: event.event_id > cursor, reversed(self._recent)))
        newer.reverse()
        return newer

    async def _page(self, cursor: int, kinds: Sequence[str], activity_id: str) -> list[Event]:
        def read(unit: Unit) -> list[Event]:
            return unit.outbox.after(cursor, PAGE, kinds, activity_id)

        return await self._record.read(read)
