"""A breaker opens after failures in a row, lets one call try, and closes again. A clock that tests move."""

from __future__ import annotations

import asyncio

import pytest

from tuan.breaker import PAUSE_S_MIN, PROBE_S_MAX, Breaker, BreakerState
from tuan.domain.errors import Reason, TuanError


class Clock:
    now_s = 10.0

    def __call__(self) -> float:
        return self.now_s


def _refusal(name: str, retry_after_ms: int) -> TuanError:
    return TuanError(Reason.STORE_UNAVAILABLE, name, retry_after_ms=retry_after_ms)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def breaker(clock: Clock) -> Breaker:
    return Breaker("claims", _refusal, failures_max=3, pause_s_max=0.5, now_s=clock)


def _fail(breaker: Breaker, times: int) -> None:
    for entered in [breaker.enter() for _ in range(times)]:
        breaker.failed(entered, "away")


def test_only_failures_in_a_row_open_it(breaker: Breaker) -> None:
    """Goal: a store that stumbles is used. Method: two failures, a success, two failures; then a third one."""
    for _ in range(2):
        _fail(breaker, 2)
        breaker.succeeded(breaker.enter())
    _fail(breaker, 2)
    assert breaker.closed
    _fail(breaker, 1)
    assert breaker.state is BreakerState.OPEN
    assert (breaker.failures_total, breaker.last_failure) == (7, "away")


def test_open_it_refuses_at_once_and_says_when(breaker: Breaker, clock: Clock) -> None:
    """Goal: nobody waits for a store that is away. Method: ask while it is open; the time named is the pause, and a little chance."""
    _fail(breaker, 3)
    with pytest.raises(TuanError) as refused:
        breaker.enter()
    assert refused.value.retry_after_ms is not None
    assert PAUSE_S_MIN * 1_000 <= refused.value.retry_after_ms <= PAUSE_S_MIN * 1_500
    clock.now_s += refused.value.retry_after_ms / 1_000
    breaker.enter()


def test_one_call_tries_and_the_others_wait(breaker: Breaker, clock: Clock) -> None:
    """Goal: a store that comes back is not overrun. Method: after the pause, two ask: one is let in; it succeeds, and all are."""
    _fail(breaker, 3)
    clock.now_s += PAUSE_S_MIN
    probe = breaker.enter()
    assert breaker.state is BreakerState.HALF_OPEN
    with pytest.raises(TuanError):
        breaker.enter()
    breaker.succeeded(probe)
    assert breaker.closed
    assert breaker.retry_ms() == 0
    breaker.enter()


def test_each_probe_that_fails_doubles_the_pause(breaker: Breaker, clock: Clock) -> None:
    """Goal: what stays away is asked less and less, up to a bound. Method: probes that fail; then one that does not, and a new start."""
    _fail(breaker, 3)
    pauses = []
    for _ in range(5):
        pauses.append(round(breaker.retry_ms() / 100))
        clock.now_s += breaker.retry_ms() / 1_000 + 0.001
        breaker.failed(breaker.enter(), "still away")
    assert pauses == [1, 2, 4, 5, 5]
    clock.now_s += 1
    breaker.succeeded(breaker.enter())
    _fail(breaker, 3)
    assert round(breaker.retry_ms() / 100) == 1


def test_calls_of_before_have_nothing_to_say(breaker: Breaker, clock: Clock) -> None:
    """Goal: a hundred calls that die with a store are one failure, and none of them closes or opens anything later."""
    old = [breaker.enter() for _ in range(100)]
    for entered in old[:50]:
        breaker.failed(entered, "away")
    clock.now_s += PAUSE_S_MIN
    probe = breaker.enter()
    for entered in old[50:75]:
        breaker.failed(entered, "away")
    breaker.succeeded(old[75])
    assert breaker.state is BreakerState.HALF_OPEN
    breaker.succeeded(probe)
    for entered in old[76:]:
        breaker.failed(entered, "away")
    assert breaker.closed


def test_a_probe_that_is_given_up_leaves_its_place(breaker: Breaker, clock: Clock) -> None:
    """Goal: a cancelled probe shuts nobody out, nor does one that hangs. Method: cancel one; forget another for long enough."""
    _fail(breaker, 3)
    clock.now_s += PAUSE_S_MIN
    breaker.learnt_nothing(breaker.enter())
    hangs = breaker.enter()
    clock.now_s += PROBE_S_MAX
    another = breaker.enter()
    breaker.failed(hangs, "too late to matter")
    breaker.succeeded(another)
    assert breaker.closed


async def test_run_tells_apart(breaker: Breaker) -> None:
    """Goal: a refusal of the store is no failure of it, a cancelled call is nothing. Method: each kind of end, more often than it takes."""

    async def raises(error: BaseException) -> None:
        raise error

    for error in (ValueError("no"), asyncio.CancelledError()):
        for _ in range(5):
            with pytest.raises(type(error)):
                await breaker.run(lambda error=error: raises(error), lambda found: isinstance(found, OSError))  # type: ignore[misc]
    assert breaker.closed
    for _ in range(3):
        with pytest.raises(OSError, match="gone"):
            await breaker.run(lambda: raises(OSError("gone")), lambda found: isinstance(found, OSError))
    assert breaker.state is BreakerState.OPEN
    assert breaker.last_failure == "gone"
    with pytest.raises(TuanError):
        await breaker.run(lambda: asyncio.sleep(0), lambda _: True)
