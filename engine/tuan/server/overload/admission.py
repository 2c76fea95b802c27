"""Who is let in while there is more to do than can be done: room for orders before views, and never a No to what is paid for."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable
from time import perf_counter

from tuan.domain.errors import Reason, TuanError
from tuan.server.overload.adaptive_limit import AdaptiveLimit
from tuan.server.overload.shedding import Shedding
from tuan.settings import Settings
from tuan.usecases.drain_lag import DrainLag

#: Views are let in up to this share of the limit: what is left belongs to orders.
VIEWS_SHARE = 0.7
#: Batches of full size that may be under way however long they take: one is priced, one is in Redis, and as many come and go.
BATCHES_MIN = 4
#: The limit that an engine starts with, in the same measure.
BATCHES_START = 32
RETRY_MS_MIN = 50
RETRY_MS_MAX = 5_000
#: Calls that came, and calls that were let in, are counted over about so long.
CROWD_S = 1.0

_MESSAGES = {
    "work": "more is under way than can be done in time",
    "record": "SQL has to take what was placed before",
    "deadline": "the call's time would be over before its answer",
}
_KINDS = {Shedding.FIRST: "views", Shedding.LATE: "orders"}


class Admission:
    """Counts what is under way, asks the limit and the drain, and says when to come back.

    `record_away`: whether SQL is known not to answer. Then nothing is gained by waiting for it, and orders, which do not need
    it, go on (up to `drain_lag_rows_max`); with `ack=sql` they do need it, and are refused before they claim anything.
    """

    def __init__(
        self,
        settings: Settings,
        lag: DrainLag,
        record_away: Callable[[], TuanError | None],
        now_s: Callable[[], float] = perf_counter,
        chance: Callable[[], float] = random.random,
    ) -> None:
        size = settings.batch_size_max
        self.limit = AdaptiveLimit(
            BATCHES_MIN * size, settings.orders_in_work_max, BATCHES_START * size, settings.queue_delay_ms_max / 1_000
        )
        self.in_work = 0
        self.lag = lag
        #: By (views or orders, cause).
        self.shed: defaultdict[tuple[str, str], int] = defaultdict(int)
        self._record_away = record_away
        self._ack_sql = settings.ack == "sql"
        self._now_s = now_s
        self._chance = chance
        self._came = self._let_in = 0
        self._crowd = 1.0
        self._crowd_s = now_s()

    def check(self, shedding: Shedding) -> None:
        """Before the message of a call is read. Raises OVERLOADED when there is no room for anything of its class."""
        share = VIEWS_SHARE if shedding is Shedding.FIRST else 1.0
        self._came += 1
        if self.in_work >= self.limit.limit * share:
            raise self._refusal(shedding, "work")
        if shedding is Shedding.LATE:
            self._ask_record(0)
        self._let_in += 1

    def check_time(self, shedding: Shedding, kind: str, left_s: float | None) -> None:
        """Raises OVERLOADED where not even the fastest of late was answered within the time that is left to this call."""
        if left_s is not None and left_s < self.limit.fastest_s(kind, self._now_s()):
            raise self._refusal(shedding, "deadline")

    def begin_orders(self, count: int) -> None:
        """`count` orders, before anything is done about them; `end` has to follow. Raises OVERLOADED or STORE_UNAVAILABLE."""
        if self.in_work >= self.limit.limit:
            raise self._refusal(Shedding.LATE, "work")
        self._ask_record(count)
        self.begin(count)

    def begin(self, count: int) -> None:
        """`end` has to follow."""
        self.in_work += count
        self.limit.began(self.in_work)

    def end(self, kind: str, count: int, begin_s: float) -> None:
        """`begin_s`: when the call came in, by the same clock."""
        self.in_work -= count
        self.limit.ended(kind, count, begin_s, self._now_s(), self.in_work)

    def _ask_record(self, count: int) -> None:
        away = self._record_away()
        if away is None:
            if not self.lag.take(count):
                raise self._refusal(Shedding.LATE, "record")
        elif self._ack_sql:
            raise away

    def _refusal(self, shedding: Shedding, cause: str) -> TuanError:
        self.shed[_KINDS[shedding], cause] += 1
        wait_ms = self._wait_ms(cause)
        return TuanError(
            Reason.OVERLOADED,
            f"{_MESSAGES[cause]}; nothing was done, come back in {wait_ms} ms",
            retry_after_ms=wait_ms,
            cause=cause,
        )

    def _wait_ms(self, cause: str) -> int:
        """What is under way has to end first, once for each crowd of its size that wants in; half to one and a half of that by
        chance, so that those who were refused together do not come back together.
        """
        base_s = self.lag.lag_s() - self.lag.bound_s if cause == "record" else self.limit.duration_s * self._crowding()
        return round(min(RETRY_MS_MAX, max(RETRY_MS_MIN, base_s * 1_000)) * (0.5 + self._chance()))

    def _crowding(self) -> float:
        """Calls that came for one that was let in, of late; at least 1."""
        now_s = self._now_s()
        if now_s - self._crowd_s >= CROWD_S:
            self._crowd = self._came / max(1, self._let_in)
            self._came = self._let_in = 0
            self._crowd_s = now_s
        return max(1.0, self._crowd)
