"""The Clock port on the machine's wall clock."""

from __future__ import annotations

import threading
import time


class SystemClock:
    """Unix milliseconds, never backwards within a process.

    The wall clock is followed, not a monotonic one started from it: a suspended machine must wake up to the right time.
    When the wall clock is set back, time stands still here until it has caught up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last_ms = 0

    def now_ms(self) -> int:
        with self._lock:
            self._last_ms = max(self._last_ms, time.time_ns() // 1_000_000)
            return self._last_ms
