"""Who asks for tickets too often: a count per buyer and per device in a sliding minute, in memory, bounded.

Each engine process counts for itself, so with n processes behind a load balancer somebody gets up to n times as many tickets
before a challenge comes. That is a nuisance limit; what is really limited (units per buyer, device, address) is claimed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

WINDOW_MS = 60_000
TICKETS_PER_WINDOW_MAX = 3
SUBJECTS_MAX = 200_000


class Often:
    """Counts requests by subject; the subjects that were seen longest ago are forgotten first."""

    def __init__(self, per_window_max: int = TICKETS_PER_WINDOW_MAX) -> None:
        self._per_window_max = per_window_max
        # Tuples: a deque takes 760 bytes for three times, 150 MB for all subjects.
        self._seen: OrderedDict[str, tuple[int, ...]] = OrderedDict()

    def note(self, subjects: Iterable[str], now_ms: int) -> None:
        """One more request of each subject."""
        for subject in subjects:
            times = self._seen.pop(subject, ())
            self._seen[subject] = (*times, now_ms)[-self._per_window_max :] if times else (now_ms,)
        while len(self._seen) > SUBJECTS_MAX:
            self._seen.popitem(last=False)

    def too_often(self, subjects: Iterable[str], now_ms: int) -> bool:
        """True when a subject has used up its requests of this minute."""
        for subject in subjects:
            times = self._seen.get(subject)
            if times is not None and len(times) == self._per_window_max and now_ms - times[0] < WINDOW_MS:
                return True
        return False
