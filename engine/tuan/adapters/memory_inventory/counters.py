"""The two kinds of bounded counter."""

from __future__ import annotations

from dataclasses import dataclass, field

from tuan.adapters.memory_inventory.reservation import Reservation
from tuan.domain.claim import CounterSpec, CounterState


@dataclass(slots=True)
class Capacity:
    """A named capacity. `used`: pending and confirmed; `taken`: confirmed, or kept for good."""

    spec: CounterSpec
    size: int
    used: int = 0
    taken: int = 0

    @property
    def available(self) -> int:
        return max(self.size - self.used, 0)

    @property
    def state(self) -> CounterState:
        return CounterState(self.size, self.used, self.taken)


@dataclass(slots=True)
class Take:
    """What one reservation took from a limit."""

    reservation: Reservation
    used: int
    taken: int = 0


@dataclass(slots=True)
class Limit:
    """A per-subject limit: who took how much, and when. What has left the window is forgotten for good.

    A limit keeps the longest window that it was ever claimed with (0, for ever, is the longest).
    """

    window_ms: int
    takes: list[Take] = field(default_factory=list)

    @property
    def used(self) -> int:
        return sum(take.used for take in self.takes)

    @property
    def state(self) -> CounterState:
        return CounterState(None, self.used, sum(take.taken for take in self.takes))

    def forget_old(self, now_ms: int) -> None:
        if self.window_ms:
            self.takes = [take for take in self.takes if take.reservation.create_ms > now_ms - self.window_ms]

    def add(self, window_ms: int, take: Take) -> None:
        self.window_ms = 0 if 0 in (self.window_ms, window_ms) else max(self.window_ms, window_ms)
        self.takes.append(take)

    def change(self, reservation: Reservation, used: int, taken: int) -> None:
        """Nothing for a reservation whose take has left the window."""
        for take in self.takes:
            if take.reservation is reservation:
                take.used += used
                take.taken += taken
        self.takes = [take for take in self.takes if take.used]
