"""A clock that runs, and that a test moves forward."""

from __future__ import annotations

from tuan.adapters.clock import SystemClock


class ShiftedClock:
    """The Clock port: the system's time, plus what the test let pass. It runs, since leases and pauses live by it."""

    def __init__(self) -> None:
        self._system = SystemClock()
        self._ahead_ms = 0

    def now_ms(self) -> int:
        return self._system.now_ms() + self._ahead_ms

    def advance(self, ms: int) -> int:
        """Move forward by `ms` and return the new time."""
        if ms < 0:
            raise ValueError(f"a Clock never goes back; advance by 0 or more, not {ms}")
        self._ahead_ms += ms
        return self.now_ms()
