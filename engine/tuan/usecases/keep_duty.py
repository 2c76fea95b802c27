"""The duty: work that one engine process does for all of an installation, and who has it now.

A lease in SQL, so that it moves on by itself when its owner dies or loses SQL. An owner counts its lease from before it asked and stops
at four fifths of it, while others wait for the whole: two have it at once only where a process was paused in between. Clocks cannot
rule that out, and nothing of the duty's work needs it to be: each step is done once by what it writes (scripts by their keys, events
by their cursor, jobs by ids, activities by their state).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from tuan.ports import Clock, Record

log = structlog.get_logger()

DUTY = "engine"
#: Of the lease: how often it is renewed or asked for, and for how long its owner relies on it.
RENEWALS, RELIED_ON = 3, 0.8


class Duty:
    """`owner`: new for every process. `alone`: no other process can exist (SQLite), so the duty is always here.

    A duty whose owner died is taken over within `lease_ms` and a third of it.
    """

    def __init__(self, record: Record, clock: Clock, owner: str, lease_ms: int, alone: bool) -> None:
        self._record = record
        self._clock = clock
        self._owner = owner
        self._lease_ms = lease_ms
        self._alone = alone
        self._until_s = 0.0

    @property
    def held(self) -> bool:
        """Whether this process may do the work now."""
        return self._alone or asyncio.get_running_loop().time() < self._until_s

    async def take(self) -> bool:
        """Take or renew it. Raises STORE_UNAVAILABLE."""
        if self._alone:
            return True
        asked_s, now_ms = asyncio.get_running_loop().time(), self._clock.now_ms()
        if await self._record.write(lambda unit: unit.duties.take(DUTY, self._owner, now_ms, now_ms + self._lease_ms)):
            self._until_s = asked_s + self._lease_ms / 1_000 * RELIED_ON
        else:
            self._until_s = 0.0
        return self.held

    async def keep(self, begin: Callable[[], None], end: Callable[[], Awaitable[None]]) -> None:
        """Until cancelled: call `begin` when the duty has come here, `end` when it was lost; each may be called once more than needed."""
        pause_s = self._lease_ms / 1_000 / RENEWALS
        while True:
            try:
                await asyncio.wait_for(self.take(), pause_s)
            except Exception as error:  # SQL is away: nobody can take it, and what was taken runs out
                log.warning("duty_not_renewed", error=repr(error))
            if self.held:
                begin()
            else:
                await end()
            await asyncio.sleep(pause_s)

    async def give_up(self) -> None:
        """The next one may begin at once."""
        self._until_s = 0.0
        if not self._alone:
            await self._record.write(lambda unit: unit.duties.give_up(DUTY, self._owner))
