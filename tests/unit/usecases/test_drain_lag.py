"""SQL that is too far behind admits as many orders as the drain takes over. A clock that tests move, and a drain that they play."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuan.usecases.drain_lag import DrainLag

BOUND_S = 5.0


class Clock:
    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lag(clock: Clock) -> DrainLag:
    return DrainLag(BOUND_S, clock)


def test_the_age_of_the_oldest(lag: DrainLag, clock: Clock) -> None:
    """Goal: what is told is the age of the oldest order that SQL lacks, over all shards. Method: two shards, drained bit by bit."""
    assert lag.lag_s() == 0.0
    lag.acknowledged("a", 10, 10)
    clock.now_s += 1
    lag.acknowledged("b", 5, 5)
    clock.now_s += 1
    lag.acknowledged("a", 20, 10)
    clock.now_s += 1
    assert lag.lag_s() == 3.0
    lag.committed("a", 9)
    assert lag.lag_s() == 3.0
    lag.committed("a", 10)
    assert lag.lag_s() == 2.0
    lag.committed("b", 5)
    assert lag.lag_s() == 1.0
    lag.committed("a", 25)
    assert lag.lag_s() == 0.0
    lag.committed("never heard of", 1)


def test_within_the_bound_all_are_admitted(lag: DrainLag, clock: Clock) -> None:
    """Goal: a drain that keeps up costs nobody anything. Method: just below the bound, any number."""
    lag.acknowledged("a", 1, 1)
    clock.now_s += BOUND_S
    assert all(lag.take(256) for _ in range(1_000))


def test_beyond_it_the_drain_sets_the_pace(lag: DrainLag, clock: Clock) -> None:
    """Goal: one for one just beyond the bound, two for one from twice the bound on, none while the drain stands still."""
    for number in range(1, 301):
        lag.acknowledged("a", number * 10, 10)
        clock.now_s += 0.02
    assert not lag.take(1)
    lag.committed("a", 400)
    # 5.2 s behind: 400 orders made room for a little less than 400.
    admitted = sum(lag.take(1) for _ in range(1_000))
    assert 390 <= admitted <= 400
    clock.now_s += 2 * BOUND_S
    assert not lag.take(1)
    lag.committed("a", 800)
    assert sum(lag.take(1) for _ in range(1_000)) == 200
    lag.committed("a", 3_000)
    assert all(lag.take(256) for _ in range(100)), "it has caught up"


def test_a_batch_may_owe(lag: DrainLag, clock: Clock) -> None:
    """Goal: large batches are not shut out by small ones, and take no more in the end. Method: 128 where there is room for 10."""
    lag.acknowledged("a", 10, 10)
    clock.now_s += 1
    lag.acknowledged("a", 1_000, 990)
    clock.now_s += BOUND_S + 1
    lag.committed("a", 10)
    assert lag.take(128)
    assert not lag.take(1)


def test_what_will_not_be_drained_holds_up_nobody(lag: DrainLag, clock: Clock) -> None:
    """Goal: one stopped or rebuilt shard does not close the shop. Method: forget it."""
    lag.acknowledged("broken", 1, 1)
    clock.now_s += 60
    assert not lag.take(1)
    lag.forget("broken")
    assert lag.take(1)
    assert lag.lag_s() == 0.0


def test_no_bound(clock: Clock) -> None:
    """Goal: 0 switches it off; the age is still told. Method: an hour behind."""
    lag = DrainLag(0, clock)
    lag.acknowledged("a", 1, 1)
    clock.now_s += 3_600
    lag.committed("a", 0)
    assert lag.take(256)
    assert lag.lag_s() == 3_600


@settings(max_examples=15, deadline=None)
@given(st.floats(500, 10_000), st.floats(1.5, 3), st.integers(1, 256), st.floats(1, 60))
def test_it_settles_and_recovers(drain: float, times: float, batch: int, away_s: float) -> None:
    """Goal: orders that come faster than SQL takes them leave it a few times the bound behind at most (the age of the oldest
    tells late what the youngest will wait), the drain is never idle for want
    of orders, and after a time without any drain it catches up by itself. Method: simulated ticks of 50 ms; up to three times the
    drain's pace (more than that the engine itself does not admit); steady, away, steady again.
    """
    clock = Clock()
    lag = DrainLag(BOUND_S, clock)
    batch = max(batch, int(drain * times / 400))  # fewer events to simulate
    placed = drained = owed = owed_drain = 0.0
    lags: list[float] = []

    def tick(drain_rate: float) -> None:
        nonlocal placed, drained, owed, owed_drain
        clock.now_s += 0.05
        owed += drain * times * 0.05
        while owed >= batch:
            owed -= batch
            if lag.take(batch):
                placed += batch
                lag.acknowledged("a", int(placed), batch)
        owed_drain = min(placed - drained, owed_drain + drain_rate * 0.05)
        if owed_drain >= 1:
            drained += int(owed_drain)
            owed_drain -= int(owed_drain)
            lag.committed("a", int(drained))
        lags.append(lag.lag_s())

    for _ in range(20 * 60):
        tick(drain)
    begin = drained
    for _ in range(20 * 20):
        tick(drain)
    assert drained - begin >= 0.9 * drain * 20
    assert max(lags) <= (1 + times) * BOUND_S
    for _ in range(int(20 * away_s)):
        tick(0)
    before = placed
    for _ in range(20 * 150):
        tick(drain)
    assert placed > before
    assert max(lags[-20 * 60 :]) <= (1 + times) * BOUND_S
