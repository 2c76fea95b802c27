"""Kinds of jobs that are looked for together: how many may run at once, and when it is worth asking SQL for more."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Mapping, Sequence

from tuan.ports import Job

#: Jobs in, what became of each out: None when it is done, the error when it failed. A job that is left out is no case for a
#: batch: its kind's own handler gets it.
BatchHandler = Callable[[Sequence[Job]], Awaitable[Mapping[int, Exception | None]]]

#: Jobs of single handlers that run at once, and how often SQL is asked for those that nobody announced: the drain, plugins and
#: other processes add jobs too.
SINGLE_MAX, SINGLE_LOOK_S = 64, 0.2
#: A batch, those jobs of one kind that may run at once, and the same question: only another process adds them unannounced.
BATCH_MAX, BATCHED_MAX, BATCH_LOOK_S = 128, 256, 1.0
#: While a batch is younger than this, what comes is gathered into the next one; an older one, which may wait for a shard, is not
#: waited for.
YOUNG_S = 0.25


class JobLane:
    """`batch` None: each job by itself. `announced`: this process adds the jobs of batches, and says so. Times are the event loop's."""

    def __init__(self, kinds: Sequence[str], batch: BatchHandler | None = None, announced: bool = True) -> None:
        self.kinds = tuple(kinds)
        self.batch = batch
        self.running: set[int] = set()
        self._look_s = BATCH_LOOK_S if batch is not None and announced else SINGLE_LOOK_S
        self._look_at = 0.0
        self._batches = 0
        self._young_until = 0.0

    @property
    def room(self) -> int:
        """How many more jobs may be started."""
        if self.batch is None:
            return SINGLE_MAX - len(self.running)
        return min(BATCH_MAX, BATCHED_MAX - len(self.running))

    def look_by(self, when: float) -> None:
        """Something is due then; 0: now."""
        self._look_at = min(self._look_at, when)

    def looked(self, now: float) -> None:
        """SQL is being asked."""
        self._look_at = now + self._look_s

    def next_look(self) -> float:
        """When to ask SQL again; never while there is no room, which the end of a job makes."""
        if self.room <= 0:
            return math.inf
        return max(self._look_at, self._young_until)

    def begin_batch(self, now: float) -> int:
        """The number of a batch that begins."""
        self._young_until = now + YOUNG_S
        self._batches += 1
        return self._batches

    def end_batch(self, number: int) -> None:
        if number == self._batches:  # else a later one is under way
            self._young_until = 0.0
