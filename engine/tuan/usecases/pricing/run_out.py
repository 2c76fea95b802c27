"""What promotions have run out of, as far as this process has heard: budgets and gifts.

Only the claims store decides. This is a memory of what it refused, so that the next price is right; it fades, because what is given
back may be granted again.
"""

from __future__ import annotations

from tuan.ports import Clock

#: How long a refusal is believed: long enough to spare the store, short enough that a budget that was given back is used.
BELIEVED_MS = 5_000


class RunOut:
    """Thread-safe as far as it needs to be: single look-ups and assignments."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._left: dict[str, tuple[int, int]] = {}

    def heard(self, name: str, left: int) -> None:
        """The store has only so much left of a counter."""
        self._left[name] = (left, self._clock.now_ms() + BELIEVED_MS)

    def left(self, name: str) -> int | None:
        """What is left as far as is known; None: no refusal was heard of lately."""
        known = self._left.get(name)
        if known is None:
            return None
        if known[1] <= self._clock.now_ms():
            self._left.pop(name, None)
            return None
        return known[0]
