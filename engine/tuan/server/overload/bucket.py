"""Token buckets, one for each key: so many tokens at once, so many a second."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from time import monotonic_ns

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
#: Callers come and go, those of tokens at least. Beyond so many, and then twice as many as had to stay, the full buckets are
#: forgotten, which nobody can tell from new ones.
KEYS_MAX = 10_000


class TokenBuckets:
    """`rate` tokens in `per_ns`, `burst` at most. Whoever wants more than a bucket holds gets it from a full one, and owes the rest.

    The generic cell rate algorithm (ITU-T I.371): of a bucket only the moment is kept at which it will be full again, in whole
    nanoseconds. So a refusal knows to the millisecond when the same request would be granted, and waiting so long is enough.
    """

    def __init__(
        self, rate: int, burst: int, now_ns: Callable[[], int] = monotonic_ns, per_ns: int = SECOND_NS
    ) -> None:
        self._token_ns = -(-per_ns // rate)  # rounded up: never more than the rate
        self._burst = burst
        self._burst_ns = burst * self._token_ns
        self._now_ns = now_ns
        self._full_ns: dict[Hashable, int] = {}
        self._keys_max = KEYS_MAX

    def take(self, key: Hashable, count: int = 1) -> int:
        """0, and they are taken; or the milliseconds after which they could be, and nothing is taken."""
        now_ns = self._now_ns()
        full_ns = max(self._full_ns.get(key, 0), now_ns)
        missing_ns = full_ns + min(count, self._burst) * self._token_ns - self._burst_ns - now_ns
        if missing_ns > 0:
            return -(-missing_ns // MS_NS)
        if len(self._full_ns) >= self._keys_max and key not in self._full_ns:
            self._forget_full(now_ns)
        self._full_ns[key] = full_ns + count * self._token_ns
        return 0

    def give_back(self, key: Hashable, count: int) -> None:
        """What was taken for nothing."""
        if key in self._full_ns:
            self._full_ns[key] -= count * self._token_ns

    def _forget_full(self, now_ns: int) -> None:
        self._full_ns = {key: full_ns for key, full_ns in self._full_ns.items() if full_ns > now_ns}
        self._keys_max = max(KEYS_MAX, 2 * len(self._full_ns))
