"""What is left in a session, read at most once per interval however many ask: pages, tickets and watchers look at one board."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from tuan.plugin import Activity, ActivityState, CounterState, TuanError

#: A reader of the claims store per session and process, four times a second: 20,000 watchers cost as much as one.
INTERVAL_MS = 250


class Phase(IntEnum):
    """Where a session is; the numbers are those of SaleState in the API."""

    SCHEDULED = 1
    WARM_UP = 2
    OPEN = 3
    SOLD_OUT = 4
    ENDED = 5


@dataclass(frozen=True, slots=True)
class View:
    """A session at one moment. `stock` by SKU; empty before the session has taken its stock."""

    phase: Phase
    stock: Mapping[str, CounterState]

    def available(self, sku: str) -> int:
        """Units that can be bought now."""
        counter = self.stock.get(sku)
        return max(0, (counter.capacity or 0) - counter.used) if counter is not None else 0

    @property
    def left(self) -> dict[str, int]:
        return {sku: self.available(sku) for sku in self.stock}


def phase_of(activity: Activity, warm_up_ms: int, stock: Mapping[str, CounterState], now_ms: int) -> Phase:
    """By the clock; while it sells, by what is left."""
    if now_ms >= activity.end_time_ms or activity.state in (ActivityState.CLOSING, ActivityState.CLOSED):
        return Phase.ENDED
    if now_ms < activity.start_time_ms - warm_up_ms:
        return Phase.SCHEDULED
    if now_ms < activity.start_time_ms:
        return Phase.WARM_UP
    sold_out = bool(stock) and all((counter.capacity or 0) <= counter.used for counter in stock.values())
    return Phase.SOLD_OUT if sold_out else Phase.OPEN


class Board:
    """One session's view. `look` reads it; `interval_ms` is the most often that it does."""

    def __init__(self, look: Callable[[], Awaitable[View]], interval_ms: int = INTERVAL_MS) -> None:
        self._look = look
        self._interval_s = interval_ms / 1_000
        self._lock = asyncio.Lock()
        self._view: View | None = None
        self._read_at = 0.0
        self._watchers = 0
        self._poller: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    async def view(self) -> View:
        """At most one interval old. Raises TuanError when the claims store is away."""
        if self._view is not None and not self._due():
            return self._view  # nearly always: no lock for it
        async with self._lock:
            if self._view is None or self._due():
                asked_at = asyncio.get_running_loop().time()
                fresh = await self._look()
                self._read_at = asked_at
                if fresh != self._view:
                    self._view = fresh
                    self._changed.set()
                    self._changed = asyncio.Event()
            return self._view

    def _due(self) -> bool:
        return asyncio.get_running_loop().time() - self._read_at >= self._interval_s

    async def watch(self) -> AsyncIterator[View]:
        """The view as it is, then whenever it has changed, up to and with the end of the session."""
        self._watchers += 1
        if self._poller is None:
            self._poller = asyncio.create_task(self._poll())
        try:
            view = await self.view()
            while True:
                # Taken before the view goes out: a change while the watcher is busy with it is not missed.
                changed = self._changed
                yield view
                if view.phase is Phase.ENDED:
                    return
                if self._view == view:
                    await changed.wait()
                view = self._view or view
        finally:
            self._watchers -= 1
            if not self._watchers and self._poller is not None:
                self._poller.cancel()
                self._poller = None

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(self._interval_s)
            try:
                await self.view()
            except TuanError:
                continue  # the store is away: watchers keep what they saw, and the next round asks again
