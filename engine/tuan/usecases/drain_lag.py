"""How far SQL is behind what this process has acknowledged, and how many orders may come while it is too far."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from time import monotonic

#: Acknowledgements of a shard that are so close to one another count as one.
SLOT_S = 0.01
#: The oldest is looked for so often at most: there may be a thousand shards.
LOOK_EVERY_S = 0.01
#: However far SQL is behind: for two orders that it takes, one may come. So it catches up, and nobody is shut out for a minute
#: because SQL was away for one.
SHARE_MIN = 0.5
#: What the drain has taken stays good for so many orders: its batches are large, and callers come one by one.
CREDIT_MAX = 4_096.0


class DrainLag:
    """The age of the oldest acknowledged order that is not in SQL, by shard, and an admission that the drain itself clocks.

    Up to `bound_s` all are admitted. Beyond it, each order that the drain takes over admits one, and less than one the further it
    is behind (`SHARE_MIN` from twice the bound on). So admission falls to the pace of the drain without anybody measuring that
    pace, stops when the drain stops, and is free again when it has caught up. `bound_s` 0: whatever comes is admitted.
    """

    def __init__(self, bound_s: float, now_s: Callable[[], float] = monotonic) -> None:
        self.bound_s = bound_s
        self._now_s = now_s
        #: By shard: (when, up to which sequence, how many orders), oldest first.
        self._waiting: dict[str, deque[tuple[float, int, int]]] = {}
        self._credit = 0.0
        self._oldest_s: float | None = None
        self._look_s = -LOOK_EVERY_S

    def acknowledged(self, shard: str, sequence: int, count: int) -> None:
        """This process has acknowledged `count` orders, the last of them with this sequence number."""
        now_s = self._now_s()
        waiting = self._waiting.get(shard)
        if waiting is None:
            waiting = self._waiting[shard] = deque()
        if waiting and now_s - waiting[-1][0] < SLOT_S:
            since_s, last, before = waiting[-1]
            waiting[-1] = (since_s, max(last, sequence), before + count)
        else:
            waiting.append((now_s, sequence, count))

    def committed(self, shard: str, cursor: int) -> None:
        """Everything of the shard up to `cursor` is in SQL."""
        waiting = self._waiting.get(shard)
        if waiting is None:
            return
        taken = 0
        while waiting and waiting[0][1] <= cursor:
            taken += waiting.popleft()[2]
        if not waiting:
            del self._waiting[shard]
        if taken:
            self._look_s = -LOOK_EVERY_S
            self._credit = min(CREDIT_MAX, self._credit + taken * self._share())

    def forget(self, shard: str) -> None:
        """Nothing of this shard will be drained, or not before an operator has seen to it: it holds up nobody."""
        self._waiting.pop(shard, None)
        self._look_s = -LOOK_EVERY_S

    def lag_s(self) -> float:
        """0 when SQL has everything."""
        now_s = self._now_s()
        if now_s - self._look_s >= LOOK_EVERY_S:
            self._look_s = now_s
            self._oldest_s = min((waiting[0][0] for waiting in self._waiting.values()), default=None)
        return 0.0 if self._oldest_s is None else now_s - self._oldest_s

    def take(self, count: int) -> bool:
        """Whether `count` new orders may come."""
        if not self.bound_s or self.lag_s() <= self.bound_s:
            self._credit = 0.0
            return True
        if self._credit <= 0.0:
            return False
        self._credit -= count  # a batch may owe what the drain has yet to take
        return True

    def _share(self) -> float:
        beyond = self.lag_s() / self.bound_s - 1.0 if self.bound_s else 0.0
        return min(1.0, max(SHARE_MIN, 1.0 - beyond * (1.0 - SHARE_MIN)))
