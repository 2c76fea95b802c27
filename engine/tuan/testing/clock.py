"""A clock that stands still until a test moves it."""

from __future__ import annotations

#: 2027-01-15 16:00 in Shanghai.
START_MS = 1_800_000_000_000


class ManualClock:
    """The Clock of a test; Unix milliseconds."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def move_to(self, now_ms: int) -> None:
        """Go to a time, forwards or (unlike real clocks) back."""
        self._now_ms = now_ms

    def advance(self, ms: int) -> int:
        """Go forward by `ms`; the new time."""
        self._now_ms += ms
        return self._now_ms
