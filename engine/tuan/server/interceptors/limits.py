"""How much one caller may ask for: calls per second, open streams, orders per buyer. Counted per engine process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from time import monotonic_ns

from tuan.domain.errors import Reason, TuanError
from tuan.server.overload.bucket import SECOND_NS, TokenBuckets
from tuan.settings import Settings

MINUTE_NS = 60 * SECOND_NS


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
    """Orders tried per buyer and minute: one buyer's machine must not fill the batches of all others.

    In buckets, since of those who buy now and then nothing has to be kept: counts of 600,000 buyers of a minute take 91 MB.
    """

    def __init__(self, settings: Settings, now_ns: Callable[[], int] = monotonic_ns) -> None:
        self._max = most = settings.orders_per_buyer_per_min_max
        self._buckets = TokenBuckets(most, most, now_ns, MINUTE_NS) if most else None

    def refusal(self, caller: str, buyer: str) -> TuanError | None:
        """None, and the try is counted; or RATE_LIMITED with the time after which the same would be granted."""
        if self._buckets is None or not (wait_ms := self._buckets.take((caller, buyer))):
            return None
        message = f"more than {self._max} orders a minute tried for this buyer; wait {wait_ms} ms"
        return TuanError(Reason.RATE_LIMITED, message, retry_after_ms=wait_ms, limit="buyer")
