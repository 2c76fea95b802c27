"""How far the drain has come, so that `ack=sql` can wait for it and a reader sees what this process has acknowledged."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from tuan.domain.errors import Reason, TuanError
from tuan.ports import Record, Unit
from tuan.usecases.drain_lag import DrainLag
from tuan.usecases.gather import Gatherer

T = TypeVar("T")

#: A drain is at most a second behind; what takes longer than this is a fault to report, not a wait to prolong.
WAIT_MS_MAX = 5_000
#: Between two looks at a cursor that nobody reports.
POLL_MS = 25
#: The same where this process drains the shard, and only a lease that moved away could keep the reports from coming.
POLL_REPORTED_MS = 500
#: The same where nobody waits, and only how far the drain is behind is wanted: a look costs PostgreSQL and this process half a millisecond.
POLL_IDLE_MS = 250
#: Readers who share one question to the claims store.
LOOKS_MAX = 10_000


class DrainWatch:
    """Cursors are reported by the drainer of this process (`committed`), and read from SQL where another one has the shard.

    Which of them it is can change at any time: leases move. So a shard that is waited for and of which nothing is reported is
    looked up, by one task for all who wait. A shard that was stopped (its log has a gap) is waited for by nobody: it could take
    hours until an operator has seen to it, and must not hold up those who read of the others.

    `newest`: asks the claims store for the last intent of each shard. Given where other processes acknowledge orders, too: whoever reads
    here may have been answered there.
    """

    def __init__(
        self,
        record: Record,
        newest: Callable[[], Awaitable[Mapping[str, int]]] | None = None,
        lag: DrainLag | None = None,
    ) -> None:
        self._record = record
        self.lag = lag or DrainLag(0)
        self._newest = newest
        self._look_at_newest: Gatherer[None, None] | None = Gatherer(self._ask_newest, LOOKS_MAX) if newest else None
        self._cursors: dict[str, int] = defaultdict(int)
        self._acknowledged: dict[str, int] = defaultdict(int)
        self._waiters: dict[str, list[tuple[int, asyncio.Future[None]]]] = defaultdict(list)
        self._followers: dict[str, asyncio.Task[None]] = {}
        self._somebody_waits = asyncio.Event()
        self._reported: set[str] = set()
        self._stopped: set[str] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self.refused_shards: set[str] = set()
        self.refused = asyncio.Event()
        #: Told when somebody begins to wait, so that a drain that gathers writes what it has.
        self.hurry: Callable[[], None] = _nobody_gathers

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()

    def committed_from_thread(self, shard: str, cursor: int) -> None:
        """The drainer's call, from its own thread."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._committed_here, shard, cursor)

    def committed(self, shard: str, cursor: int) -> None:
        """Everything up to `cursor` is in SQL."""
        if cursor <= self._cursors[shard]:
            return
        self._cursors[shard] = cursor
        self.lag.committed(shard, cursor)
        self._stopped.discard(shard)
        waiting = self._waiters.pop(shard, [])
        for sequence, future in waiting:
            if sequence > cursor:
                self._waiters[shard].append((sequence, future))
            elif not future.done():
                future.set_result(None)

    def acknowledged(self, shard: str, sequence: int, count: int = 1) -> None:
        """`count` intents of this process, the last of them `sequence`, that a later read must see."""
        self._acknowledged[shard] = max(self._acknowledged[shard], sequence)
        if sequence > self._cursors[shard]:
            self.lag.acknowledged(shard, sequence, count)
        self._follow(shard)

    def rebuilt(self, shard: str, sequence: int) -> None:
        """A shard goes on from `sequence`: what it had acknowledged beyond is lost for good, and nobody may wait for it."""
        self._acknowledged[shard] = min(self._acknowledged[shard], sequence)
        self._stopped.discard(shard)
        self.lag.forget(shard)

    def behind(self, shard: str) -> int:
        """Intents of a shard that this process has acknowledged and SQL has not."""
        return self._acknowledged[shard] - self._cursors[shard]

    def shard_refused(self, shard: str) -> None:
        """A shard is lost, closed or of another epoch: whoever rebuilds shards waits on `refused`."""
        self.refused_shards.add(shard)
        self.refused.set()

    async def wait(self, shard: str, sequence: int) -> None:
        """Until `sequence` is in SQL. Raises OUTCOME_UNKNOWN when the drain does not get there in time, or was stopped."""
        if self._cursors[shard] >= sequence:
            return
        if shard in self._stopped:
            self._follow(shard)
            raise _behind(shard)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiter = (sequence, future)
        self._waiters[shard].append(waiter)
        self._somebody_waits.set()
        self._follow(shard)
        self.hurry()
        try:
            await asyncio.wait_for(future, WAIT_MS_MAX / 1_000)
        except TimeoutError:
            raise _behind(shard) from None
        finally:
            # Also when the caller hung up: a number that nobody waits for any more must not be looked for.
            if waiter in self._waiters[shard]:
                self._waiters[shard].remove(waiter)

    async def wait_each(self, wanted: Sequence[tuple[str, int]]) -> list[TuanError | None]:
        """Until each (shard, sequence) is in SQL: per item None, or the error that `wait` would raise. One wait per shard."""
        last: dict[str, int] = {}
        for shard, sequence in wanted:
            last[shard] = max(last.get(shard, 0), sequence)
        failures: dict[str, TuanError] = {}

        async def one(shard: str, sequence: int) -> None:
            try:
                await self.wait(shard, sequence)
            except TuanError as error:
                failures[shard] = error

        await asyncio.gather(*(one(shard, sequence) for shard, sequence in last.items()))
        return [None if self._cursors[shard] >= sequence else failures[shard] for shard, sequence in wanted]

    async def barrier(self) -> None:
        """Until everything that was acknowledged is in SQL, by this process or another: read your own writes."""
        if self._look_at_newest is not None:
            await self._look_at_newest(None)
        for shard, sequence in list(self._acknowledged.items()):
            if shard not in self._stopped:
                await self.wait(shard, sequence)

    async def read(self, work: Callable[[Unit], T]) -> T:
        """A read that sees what was acknowledged before."""
        await self.barrier()
        return await self._record.read(work)

    def _follow(self, shard: str) -> None:
        if shard not in self._followers:
            self._followers[shard] = asyncio.get_running_loop().create_task(self._look_up(shard))

    async def _look_up(self, shard: str) -> None:
        """Until everything that is waited for is in SQL."""
        looked = False
        try:
            while self._cursors[shard] < self._wanted(shard):
                reported = self._cursors[shard]
                rarely = shard in self._reported or shard in self._stopped
                if rarely or looked:
                    await self._pause(shard, rarely)
                looked = True
                if self._cursors[shard] == reported:
                    await self._read_cursor(shard)
        finally:
            del self._followers[shard]

    async def _pause(self, shard: str, rarely: bool) -> None:
        if rarely or self._waiters.get(shard):
            await asyncio.sleep((POLL_REPORTED_MS if rarely else POLL_MS) / 1_000)
            return
        self._somebody_waits.clear()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._somebody_waits.wait(), POLL_IDLE_MS / 1_000)

    async def _read_cursor(self, shard: str) -> None:
        try:
            row = await self._record.read(lambda unit: unit.shards.get(shard))
        except TuanError:
            return  # the store is away; whoever waits gives up by himself
        if row is None:
            return
        before = self._cursors[shard]
        self.committed(shard, row.cursor)
        if row.state != "stopped" or row.cursor > before:
            self._stopped.discard(shard)
            return
        self._stopped.add(shard)
        self.lag.forget(shard)
        for _, future in self._waiters.pop(shard, []):
            if not future.done():
                future.set_exception(_behind(shard))

    async def _ask_newest(self, askers: Sequence[None]) -> Sequence[None]:
        """One question for all who came while the last one was under way."""
        assert self._newest is not None
        for shard, sequence in (await self._newest()).items():
            if sequence > self._cursors[shard]:
                self.acknowledged(shard, sequence)
        return [None] * len(askers)

    def _committed_here(self, shard: str, cursor: int) -> None:
        self._reported.add(shard)
        self.committed(shard, cursor)

    def _wanted(self, shard: str) -> int:
        return max(self._acknowledged[shard], *(sequence for sequence, _ in self._waiters[shard]), 0)


def _nobody_gathers() -> None:
    """No drain in this process."""


def _behind(shard: str) -> TuanError:
    return TuanError(
        Reason.OUTCOME_UNKNOWN,
        f"{shard}: reserved, but not yet in SQL; repeat with the same request_id to learn the outcome",
        retry_after_ms=1_000,
        shard=shard,
    )
