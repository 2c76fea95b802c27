"""How much one caller may ask for: calls per second, open streams, orders per buyer. Counted per engine process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from time import monotonic, monotonic_ns

from tuan.domain.errors import Reason, TuanError
from tuan.server.overload.bucket import TokenBuckets
from tuan.settings import Settings

ORDERS_WINDOW_S = 60.0


class CallLimits:
    """`now_ns`: a monotonic clock, for tests."""

    def __init__(self, settings: Settings, now_ns: Callable[[], int] = monotonic_ns) -> None:
        self._rate = rate = settings.calls_per_caller_per_s_max
        self._buckets = TokenBuckets(rate, settings.calls_per_caller_burst_max, now_ns) if rate else None
        self._streams_max = settings.streams_per_caller_max
        self._streams: defaultdict[str, int] = defaultdict(int)

    def take(self, caller: str, count: int = 1) -> None:
        """One call, or a batch of `count`. Raises RATE_LIMITED with the time after which the same would be granted."""
        if self._buckets is not None and (wait_ms := self._buckets.take(caller, count)):
            message = f"more than {self._rate} calls, or orders in batches, a second; wait {wait_ms} ms"
            raise TuanError(Reason.RATE_LIMITED, message, retry_after_ms=wait_ms, limit="caller")

    def take_batch(self, caller: str, count: int) -> None:
        """The rest of a batch of which one was taken before it was read; refused, that one comes back."""
        if self._buckets is not None and count > 1:
            self._buckets.give_back(caller, 1)
            self.take(caller, count)

    def give_back(self, caller: str) -> None:
        """A call that was refused for another reason."""
        if self._buckets is not None:
            self._buckets.give_back(caller, 1)

    def open_stream(self, caller: str) -> None:
        """Raises TOO_MANY_STREAMS; otherwise `close_stream` has to follow."""
        if self._streams[caller] >= self._streams_max:
            message = f"{self._streams_max} streams are open; close one, or share one among many watchers"
            raise TuanError(Reason.TOO_MANY_STREAMS, message, limit=str(self._streams_max))
        self._streams[caller] += 1

    def close_stream(self, caller: str) -> None:
        self._streams[caller] -= 1
        if not self._streams[caller]:
            del self._streams[caller]


class BuyerLimit:
    """Orders tried per buyer and minute: one buyer's machine must not fill the batches of all others."""

    def __init__(self, settings: Settings, now_s: Callable[[], float] = monotonic) -> None:
        self._max = settings.orders_per_buyer_per_min_max
        self._now_s = now_s
        self._window_end_s = 0.0
        self._counts: dict[tuple[str, str], int] = {}

    def refusal(self, caller: str, buyer: str) -> TuanError | None:
        """None, and the try is counted; or RATE_LIMITED with the time until the minute is over."""
        if not self._max:
            return None
        now_s = self._now_s()
        if now_s >= self._window_end_s:
            self._window_end_s = now_s + ORDERS_WINDOW_S
            self._counts = {}
        count = self._counts.get((caller, buyer), 0)
        if count >= self._max:
            wait_ms = max(1, int((self._window_end_s - now_s) * 1_000))
            message = f"more than {self._max} orders tried for this buyer within a minute; wait"
            return TuanError(Reason.RATE_LIMITED, message, retry_after_ms=wait_ms, limit="buyer")
        self._counts[caller, buyer] = count + 1
        return None
