"""A clock that stands still until a test moves it."""

from __future__ import annotations

#: 2027-01-15 08:00 UTC: a time at which nothing special happens.
START_MS = 1_800_000_000_000


class FakeClock:
    """The Clock port for tests; Unix milliseconds."""

    def __init__(self, now_ms: int = START_MS) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        return self._now_ms

    def advance(self, ms: int) -> int:
        """Move forward by `ms` and return the new time. The port promises never to go back, so this refuses to."""
        if ms < 0:
            raise ValueError(f"a Clock never goes back; advance by 0 or more, not {ms}")
        self._now_ms += ms
        return self._now_ms
