"""The load generator is honest: what a stall costs those who came during it stands in the histogram, in a loop of virtual time."""

from __future__ import annotations

import asyncio
import bisect
import itertools

import pytest

from tests.bench.load import arrivals
from tests.bench.load.histogram import Latencies
from tests.bench.load.loops import closed_loop, open_loop
from tests.unit.bench.virtual_loop import VirtualLoop, run_virtually

RATE, SECONDS, SERVICE_S = 1_000, 4.0, 0.001
STALL_FROM_S, STALL_S = 1.0, 1.0
MANY = 100_000


class Service:
    """Answers after a millisecond, but not at all between 1 s and 2 s: everybody who waits then is answered at 2 s."""

    def __init__(self) -> None:
        self.asked = 0
        self.under_way = self.under_way_max = 0

    async def answer(self) -> None:
        loop = asyncio.get_running_loop()
        self.asked += 1
        self.under_way += 1
        self.under_way_max = max(self.under_way, self.under_way_max)
        done_s = loop.time() + SERVICE_S
        if STALL_FROM_S <= done_s < STALL_FROM_S + STALL_S:
            done_s = STALL_FROM_S + STALL_S
        await asyncio.sleep(done_s - loop.time())
        self.under_way -= 1


class Seen:
    def __init__(self) -> None:
        self.latencies, self.behind = Latencies(), Latencies()

    def record(self, due_s: float, sent_s: float, done_s: float, answer: None) -> None:
        self.latencies.record_s(done_s - due_s)
        self.behind.record_s(sent_s - due_s)

    def share_above(self, ms: float) -> float:
        """The share of messages that took longer, to a thousandth."""
        above = bisect.bisect_right(range(1_001), ms, key=lambda step: self.latencies.percentile_ms(step / 1_000))
        return 1 - above / 1_000


def _open(in_flight_max: int = MANY) -> tuple[Service, Seen]:
    service, seen = Service(), Seen()
    run_virtually(open_loop(arrivals.steady(RATE, SECONDS), service.answer, seen.record, in_flight_max))
    return service, seen


def _every_stalled_message_is_seen(seen: Seen) -> None:
    """A quarter of 4,000 came while nobody was answered; they waited evenly from 1 s down to nothing."""
    assert seen.latencies.count == RATE * SECONDS
    assert seen.latencies.max_ms() == pytest.approx(1_000, rel=0.01)
    assert seen.latencies.percentile_ms(0.99) == pytest.approx(960, rel=0.02)
    assert seen.latencies.percentile_ms(0.50) < 10
    assert seen.share_above(10) == pytest.approx(0.25, abs=0.01)
    assert seen.share_above(500) == pytest.approx(0.125, abs=0.01)


def test_a_stall_is_seen_by_all_who_came_during_it() -> None:
    """Goal: no coordinated omission. Method: a second's stall under 1,000 a second, and the shares that arithmetic demands."""
    service, seen = _open()
    assert service.under_way_max >= RATE * STALL_S * 0.99, "the generator did not send during the stall"
    _every_stalled_message_is_seen(seen)
    assert seen.behind.max_ms() < 2


def test_a_bound_on_what_is_under_way_hides_nothing() -> None:
    """Goal: the generator's own limit is not the engine's excuse. Method: the same stall with 20 places, the same shares."""
    service, seen = _open(in_flight_max=20)
    assert service.under_way_max == 20
    # Those who could not even be sent waited, too; and after the stall 20,000 a second catch up for a twentieth of a second.
    assert seen.latencies.max_ms() >= 990
    assert seen.share_above(10) >= 0.25
    assert seen.share_above(500) == pytest.approx(0.125, abs=0.01)
    assert seen.behind.max_ms() > 900, "how late the generator was is told"


def test_a_generator_that_is_late_itself_says_so() -> None:
    """Goal: a busy generator cannot make an engine look fast. Method: its loop stands still for a second, the service never does."""
    seen = Seen()

    async def service() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        if 1.0 <= loop.time() < 1.0 + SERVICE_S:
            loop.busy(1.0)
        await asyncio.sleep(SERVICE_S)

    run_virtually(open_loop(arrivals.steady(RATE, SECONDS), service, seen.record, MANY))
    assert seen.latencies.count == RATE * SECONDS
    assert seen.behind.max_ms() == pytest.approx(1_000, rel=0.01)
    assert seen.share_above(500) == pytest.approx(0.125, abs=0.01)


def test_a_closed_loop_would_have_hidden_it() -> None:
    """Goal: the reason for the open loop stays true. Method: the same stall in a closed loop, whose p99 does not know of it."""
    service, seen = Service(), Seen()
    run_virtually(closed_loop(SECONDS, service.answer, seen.record, in_flight=4))
    assert service.asked > 1_000
    assert seen.latencies.max_ms() >= 990
    assert seen.latencies.percentile_ms(0.99) < 10


def test_a_closed_loop_sends_no_more_than_it_is_told() -> None:
    """Goal: shops can be filled to a number. Method: 37 messages over 4 in flight."""
    service, seen = Service(), Seen()
    run_virtually(closed_loop(SECONDS, service.answer, seen.record, in_flight=4, messages_max=37))
    assert (service.asked, service.under_way_max, seen.latencies.count) == (37, 4, 37)


def test_a_burst_is_sent_at_once() -> None:
    """Goal: a crowd at the door is one. Method: 500 messages due at 0, all under way before any is answered."""
    service, seen = Service(), Seen()
    run_virtually(open_loop(arrivals.burst(500), service.answer, seen.record, MANY))
    assert service.under_way_max == 500
    assert seen.latencies.max_ms() == pytest.approx(SERVICE_S * 1_000, rel=0.01)


def test_random_arrivals_keep_their_rate_and_bunch() -> None:
    """Goal: the load offered is the load said, and not evenly. Method: 200 s at 100 a second; an exponential's mean and spread."""
    due = list(arrivals.poisson(100, 200, "seed"))
    gaps = [after - before for before, after in itertools.pairwise(due)]
    mean = sum(gaps) / len(gaps)
    assert due == sorted(due) == list(arrivals.poisson(100, 200, "seed"))
    assert mean == pytest.approx(0.01, rel=0.03)
    assert sum(gap > 2 * mean for gap in gaps) / len(gaps) == pytest.approx(0.135, abs=0.01)


def test_histograms_of_processes_add_up() -> None:
    """Goal: two processes are one load. Method: encode one as it travels, add it to the other, ask for percentiles."""
    quick, slow = Latencies(), Latencies()
    for number in range(900):
        quick.record_s(0.001 + number * 1e-6)
    for _ in range(100):
        slow.record_s(0.7)
    quick.add(Latencies(slow.encoded()))
    assert quick.count == 1_000
    assert quick.percentile_ms(0.89) < 2
    assert quick.percentile_ms(0.95) == pytest.approx(700, rel=0.001)
    assert Latencies().percentile_ms(0.99) == 0.0
