"""The limit finds what a server can do: simulated servers of any capacity under ten times their load, in simulated time; hypothesis."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuan.server.overload.adaptive_limit import AdaptiveLimit

TARGET_S = 0.25
LOW, HIGH, START = 512, 16_384, 2_048


@dataclass
class Server:
    """Serves `rate` units a second, one batch after the other; `base_s` passes in any case. Time is what the events say."""

    limit: AdaptiveLimit
    rate: float
    base_s: float
    now_s: float = 100.0
    in_work: int = 0
    free_s: float = 0.0
    #: (end, begin, count) of batches that are under way.
    under_way: list[tuple[float, float, int]] = field(default_factory=list)
    #: (end, duration, count) of those that are done.
    done: list[tuple[float, float, int]] = field(default_factory=list)

    def run(self, load: float, batch: int, seconds: float) -> None:
        """Batches come at `load` units a second, whatever becomes of them."""
        end_s, next_s = self.now_s + seconds, self.now_s
        while next_s < end_s:
            while self.under_way and self.under_way[0][0] <= next_s:
                self._finish()
            self.now_s = next_s
            if self.in_work < self.limit.limit:
                self._admit(batch)
            next_s += batch / load

    def _admit(self, batch: int) -> None:
        self.in_work += batch
        self.limit.began(self.in_work)
        self.free_s = max(self.free_s, self.now_s) + batch / self.rate
        heapq.heappush(self.under_way, (self.free_s + self.base_s, self.now_s, batch))

    def _finish(self) -> None:
        self.now_s, begin_s, count = heapq.heappop(self.under_way)
        self.in_work -= count
        self.limit.ended("batch", count, begin_s, self.now_s, self.in_work)
        self.done.append((self.now_s, self.now_s - begin_s, count))

    def since(self, begin_s: float) -> list[tuple[float, float, int]]:
        return [entry for entry in self.done if entry[0] >= begin_s]


def _limit() -> AdaptiveLimit:
    return AdaptiveLimit(LOW, HIGH, START, TARGET_S)


@settings(max_examples=25, deadline=None)
@given(st.floats(1_000, 30_000), st.floats(0.001, 0.5), st.integers(16, 256), st.floats(2, 12))
def test_ten_times_the_load(rate: float, base_s: float, batch: int, times: float) -> None:
    """Goal: goodput stays, waits are bounded, and it is over when it is over. Method: a server with any capacity and any delay of
    its own; 2 to 12 times what it can do for 8 s, then half of it.
    """
    batch = max(batch, int(rate * times / 1_500))  # fewer events to simulate
    server = Server(_limit(), rate, base_s)
    server.run(rate / 2, batch, 3)
    begin_s = server.now_s + 4
    server.run(rate * times, batch, 8)
    late = server.since(begin_s)
    served = sum(count for _, _, count in late)
    assert served >= 0.9 * rate * (server.now_s - begin_s) - 2 * batch
    waited = sum(took_s * count for _, took_s, count in late) / served - base_s
    assert waited <= max(1.5 * TARGET_S, LOW / rate + 1.2 * TARGET_S) + 3 * batch / rate
    server.run(rate / 2, batch, 3)
    after = server.since(server.now_s - 1)
    assert all(took_s <= base_s + 2 * batch / rate + 1e-9 for _, took_s, _ in after)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.001, 3.0), st.floats(1_000, 5_000))
def test_a_slow_store_is_no_queue(base_s: float, load: float) -> None:
    """Goal: with `ack=sql` on a slow disk an order takes long and waits for nobody; all are let in. Method: much delay, no congestion."""
    server = Server(_limit(), 100_000, base_s)
    server.run(min(load, 0.8 * START / base_s), 64, 10)
    assert server.limit.limit >= START
    assert server.limit.queue_s <= 0.01


def test_a_store_that_becomes_slow() -> None:
    """Goal: what was learnt is forgotten where it has become wrong. Method: 5 ms become 1.5 s under a steady load; all are let in
    again within seconds.
    """
    server = Server(_limit(), 50_000, 0.005)
    server.run(1_500, 64, 5)
    server.base_s = 1.5
    server.run(1_500, 64, 60)
    begin_s = server.now_s
    server.run(1_500, 64, 10)
    served = sum(count for _, _, count in server.since(begin_s))
    assert served >= 0.9 * 1_500 * 10


@given(
    st.lists(st.tuples(st.floats(0, 30), st.floats(0, 1), st.integers(1, 256), st.integers(0, 20_000)), max_size=200)
)
def test_always_within_its_bounds(samples: list[tuple[float, float, int, int]]) -> None:
    """Goal: no measurement, however odd, shuts everybody out or lets all in. Method: random durations, pauses, sizes and peaks."""
    limit, now_s = _limit(), 50.0
    for took_s, pause_s, count, in_work in samples:
        now_s += pause_s
        limit.began(in_work)
        limit.ended("batch", count, now_s - took_s, now_s, in_work)
        assert LOW <= limit.limit <= HIGH
        assert limit.queue_s >= 0


def test_kinds_are_measured_apart() -> None:
    """Goal: a quick view does not make an order look slow. Method: views of 1 ms beside batches of 400 ms, far below the limit."""
    limit, now_s = _limit(), 50.0
    for _ in range(100):
        now_s += 0.02
        limit.began(START - 1)
        limit.ended("view", 1, now_s - 0.001, now_s, 0)
        limit.ended("batch", 128, now_s - 0.4, now_s, 0)
    assert limit.limit >= START
    assert limit.fastest_s("batch", now_s) == pytest.approx(0.4)
    assert limit.fastest_s("view", now_s) < 0.0011
    assert limit.fastest_s("unheard of", now_s) == 0.0
    assert limit.fastest_s("batch", now_s + 5) == 0.0, "what was true long ago keeps nobody out"


def test_nothing_is_learnt_from_work_of_before_a_change() -> None:
    """Goal: one stall lowers the limit once, not once for each order that it held up. Method: 40 batches end late, all at once."""
    limit = _limit()
    limit.ended("batch", 128, 49.9, 50.0, 0)
    limit.began(START)
    for _ in range(40):
        limit.ended("batch", 128, 50.0, 51.0, 0)
    assert limit.limit == pytest.approx(START * (0.1 + TARGET_S) / 1.0)
