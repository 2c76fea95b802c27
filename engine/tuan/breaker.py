"""A circuit breaker: what failed again and again is left alone for a while, and then tried by one call."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from enum import Enum
from time import monotonic
from typing import TypeVar

from tuan.domain.errors import TuanError

T = TypeVar("T")

PAUSE_S_MIN = 0.1
#: A probe that has not ended after so long is taken for lost, and another one may try.
PROBE_S_MAX = 30.0
FAILURE_CHARACTERS_MAX = 200


class BreakerState(Enum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker:
    """Of one dependency: `run` calls it, or `enter`, the call, and `succeeded`, `failed` or `learnt_nothing` with what `enter` gave.

    `failures_max` failures in a row open it. While it is open, `refusal` is raised with the time until the next try; then one
    call is the probe. Each probe that fails doubles the pause, up to `pause_s_max`; one that succeeds closes. What began
    before the last change of state has nothing to say any more: a thousand calls that die with a store are one failure.
    """

    def __init__(
        self,
        name: str,
        refusal: Callable[[str, int], TuanError],
        failures_max: int = 5,
        pause_s_max: float = 2.0,
        now_s: Callable[[], float] = monotonic,
    ) -> None:
        self.name = name
        self.failures_total = 0
        self.last_failure = ""
        self._refusal = refusal
        self._failures_max = failures_max
        self._pause_s_max = pause_s_max
        self._now_s = now_s
        self._state = BreakerState.CLOSED
        self._generation = 0
        self._failures = 0
        self._pause_s = PAUSE_S_MIN
        #: Open: until when. Half open: when the probe is given up.
        self._until_s = 0.0

    @property
    def state(self) -> BreakerState:
        return self._state

    @property
    def closed(self) -> bool:
        return self._state is BreakerState.CLOSED

    def retry_ms(self) -> int:
        """Until it is tried again; 0 when it is closed, or due."""
        return 0 if self.closed else max(0, int((self._until_s - self._now_s()) * 1_000))

    async def run(self, work: Callable[[], Awaitable[T]], is_failure: Callable[[Exception], bool]) -> T:
        """The result of `work`, or the refusal. `is_failure`: whether an error says that the dependency is away."""
        entered = self.enter()
        try:
            result = await work()
        except asyncio.CancelledError:
            self.learnt_nothing(entered)
            raise
        except Exception as error:
            if is_failure(error):
                self.failed(entered, str(error))
            else:
                self.succeeded(entered)
            raise
        self.succeeded(entered)
        return result

    def enter(self) -> int:
        """Before a call. Raises the refusal while the breaker is open, or another call is trying."""
        if self._state is BreakerState.CLOSED:
            return self._generation
        now_s = self._now_s()
        if now_s < self._until_s:
            # While a probe is under way nobody knows how long it takes: come back after a pause of the usual length.
            wait_s = self._pause_s if self._state is BreakerState.HALF_OPEN else self._until_s - now_s
            raise self._refusal(self.name, max(1, round(wait_s * 1_000 * random.uniform(1.0, 1.5))))  # noqa: S311 - spreads, hides nothing
        self._change(BreakerState.HALF_OPEN, now_s + PROBE_S_MAX)
        return self._generation

    def succeeded(self, generation: int) -> None:
        if generation != self._generation:
            return
        self._failures = 0
        if not self.closed:
            self._pause_s = PAUSE_S_MIN
            self._change(BreakerState.CLOSED, 0.0)

    def failed(self, generation: int, what: str) -> None:
        self.failures_total += 1
        self.last_failure = what[:FAILURE_CHARACTERS_MAX]
        if generation != self._generation:
            return
        self._failures += 1
        if self._state is BreakerState.HALF_OPEN:
            self._pause_s = min(self._pause_s_max, self._pause_s * 2)
            self._change(BreakerState.OPEN, self._now_s() + self._pause_s)
        elif self._failures >= self._failures_max:
            self._change(BreakerState.OPEN, self._now_s() + self._pause_s)

    def learnt_nothing(self, generation: int) -> None:
        """The call was given up before it had an outcome: where it was the probe, another one may try at once."""
        if generation == self._generation and self._state is BreakerState.HALF_OPEN:
            self._change(BreakerState.OPEN, 0.0)

    def _change(self, state: BreakerState, until_s: float) -> None:
        self._state = state
        self._until_s = until_s
        self._generation += 1
        self._failures = 0
