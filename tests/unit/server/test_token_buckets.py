"""A rate per caller: never more than agreed, and the time that a refusal names is the exact one. A clock that tests move; hypothesis."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tuan.server.overload.bucket import KEYS_MAX, MS_NS, SECOND_NS, TokenBuckets


class Clock:
    def __init__(self) -> None:
        self.now_ns = 7 * SECOND_NS

    def __call__(self) -> int:
        return self.now_ns


_RATES = st.integers(1, 100_000)
_BURSTS = st.integers(1, 2_000)


def test_a_burst_then_a_pace() -> None:
    """Goal: as many at once as agreed, then one a period. Method: 3 at once, 10 a second; the fourth waits 100 ms, no less."""
    clock = Clock()
    buckets = TokenBuckets(10, 3, clock)
    assert [buckets.take("a") for _ in range(4)] == [0, 0, 0, 100]
    clock.now_ns += 99 * MS_NS
    assert buckets.take("a") == 1
    clock.now_ns += MS_NS
    assert buckets.take("a") == 0
    assert buckets.take("b", 3) == 0, "another caller has a bucket of its own"


def test_a_batch_costs_what_is_in_it() -> None:
    """Goal: batches are no way around the limit. Method: batches of 4 where 10 at once and 10 a second are agreed."""
    clock = Clock()
    buckets = TokenBuckets(10, 10, clock)
    assert [buckets.take("a", 4) for _ in range(3)] == [0, 0, 200]
    assert buckets.take("a", 2) == 0, "what is left is there for something smaller"


def test_a_batch_larger_than_the_bucket() -> None:
    """Goal: it is not refused for ever, and not for nothing either. Method: 25 where 10 fit; the next one waits for all of them."""
    clock = Clock()
    buckets = TokenBuckets(10, 10, clock)
    assert buckets.take("a", 25) == 0
    assert buckets.take("a", 1) == 1_600
    assert buckets.take("a", 25) == 2_500


def test_what_comes_back() -> None:
    """Goal: a refusal for another reason costs nothing. Method: take the last, give it back, take it again."""
    buckets = TokenBuckets(1, 1, Clock())
    assert buckets.take("a") == 0
    buckets.give_back("a", 1)
    assert buckets.take("a") == 0
    buckets.give_back("nobody", 1)
    assert buckets.take("nobody") == 0
    assert buckets.take("nobody") == 1_000


def test_callers_who_left_are_forgotten() -> None:
    """Goal: memory is bounded, and forgetting gives nobody tokens. Method: more callers than are kept; one of them has just spent all."""
    clock = Clock()
    buckets = TokenBuckets(1, 1, clock)
    for number in range(KEYS_MAX):
        buckets.take(str(number))
    clock.now_ns += SECOND_NS
    buckets.take("0")
    buckets.take("new")
    assert len(buckets._full_ns) == 2
    assert buckets.take("0") == 1_000


def test_a_crowd_that_nobody_can_forget_yet() -> None:
    """Goal: looking for the forgettable costs each newcomer the same, however many there are. Method: a dictionary that counts what is
    looked through; five times as many keys as are kept, none full.
    """
    looked_through = 0

    class Counting(dict[Hashable, int]):
        def items(self) -> Any:
            nonlocal looked_through
            looked_through += len(self)
            return super().items()

    buckets = TokenBuckets(1, 1, Clock())
    buckets._full_ns = Counting()
    for number in range(5 * KEYS_MAX):
        assert buckets.take(number) == 0
        if not isinstance(buckets._full_ns, Counting):
            buckets._full_ns = Counting(buckets._full_ns)
    assert looked_through <= 2 * 5 * KEYS_MAX


def test_so_many_a_minute() -> None:
    """Goal: a rate of any period. Method: three a minute; the fourth waits twenty seconds."""
    buckets = TokenBuckets(3, 3, Clock(), per_ns=60 * SECOND_NS)
    assert [buckets.take(("shop", "buyer")) for _ in range(4)] == [0, 0, 0, 20_000]


@given(_RATES, _BURSTS, st.lists(st.tuples(st.integers(0, 2 * SECOND_NS), st.integers(1, 300)), max_size=60))
def test_never_more_than_agreed(rate: int, burst: int, asked: list[tuple[int, int]]) -> None:
    """Goal: in any stretch of time, what is granted is at most burst + rate * time, and one batch more that may owe.

    Method: random pauses and sizes; every pair of grants is compared.
    """
    clock = Clock()
    buckets = TokenBuckets(rate, burst, clock)
    granted: list[tuple[int, int]] = []
    for pause_ns, count in asked:
        clock.now_ns += pause_ns
        if buckets.take("a", count) == 0:
            granted.append((clock.now_ns, count))
    for first, (begin_ns, _) in enumerate(granted):
        total = 0
        for at_ns, count in granted[first:]:
            allowed = burst + rate * (at_ns - begin_ns) / SECOND_NS
            assert total + min(count, burst) <= allowed + 1e-6
            total += count


@given(_RATES, _BURSTS, st.integers(1, 500), st.integers(1, 500), st.integers(0, SECOND_NS))
def test_the_time_that_is_named_is_exact(rate: int, burst: int, spent: int, wanted: int, pause_ns: int) -> None:
    """Goal: waiting as long as told is enough, and a millisecond less is not. Method: spend, ask, wait, ask again."""
    clock = Clock()
    buckets = TokenBuckets(rate, burst, clock)
    assert buckets.take("a", spent) == 0
    clock.now_ns += pause_ns
    if (wait_ms := buckets.take("a", wanted)) == 0:
        return
    clock.now_ns += (wait_ms - 1) * MS_NS
    assert buckets.take("a", wanted) == 1
    clock.now_ns += MS_NS
    assert buckets.take("a", wanted) == 0
