"""The Clock and Ids ports on the real system, and their stand-ins for tests."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.support.clock import START_MS, FakeClock
from tests.support.ids import FakeIds
from tuan.adapters.clock import SystemClock
from tuan.adapters.ids import Uuid7Ids


def test_clock_never_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a wall clock that is set back does not move the engine's time back. Method: feed it such readings."""
    readings = iter([5_000_000_000, 4_000_000_000, 5_000_999_999, 6_000_000_000])
    monkeypatch.setattr(time, "time_ns", lambda: next(readings))
    clock = SystemClock()
    assert [clock.now_ms() for _ in range(4)] == [5000, 5000, 5000, 6000]


def test_clock_is_the_wall_clock() -> None:
    """Goal: it is Unix time in milliseconds. Method: between two readings of the system's."""
    before, now_ms, after = time.time_ns(), SystemClock().now_ms(), time.time_ns()
    assert before // 1_000_000 <= now_ms <= after // 1_000_000


def test_ids_are_uuid7_of_now() -> None:
    """Goal: other systems read our ids. Method: the standard library's reading of version, variant and time."""
    before, made, after = time.time_ns() // 1_000_000, uuid.UUID(Uuid7Ids().new()), time.time_ns() // 1_000_000
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert before <= made.int >> 80 <= after


def test_ids_sort_in_the_order_of_making(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: newest-first lists are stable within a millisecond, and when the clock is set back. Method: many ids at one
    reading, then at an earlier one."""
    ids = Uuid7Ids()
    monkeypatch.setattr(time, "time_ns", lambda: 1_800_000_000_000 * 1_000_000)
    made = [ids.new() for _ in range(5000)]
    monkeypatch.setattr(time, "time_ns", lambda: 1_700_000_000_000 * 1_000_000)
    made += [ids.new() for _ in range(5000)]
    made += [one for count in (1, 128, 0, 256) for one in ids.many(count)]
    assert len(made) == 10_385
    assert {uuid.UUID(one).version for one in made} == {7}
    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_ids_overflow_into_the_next_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: the counter never wraps into an older id. Method: put it at its end."""
    ids = Uuid7Ids()
    first = ids.new()
    ids._tail = (1 << 74) - 1
    ids._ms += 1000
    second = ids.new()
    assert second > first
    assert uuid.UUID(second).int >> 80 == ids._ms
    assert uuid.UUID(second).version == 7


def test_ids_of_many_makers_differ() -> None:
    """Goal: unique across threads and makers. Method: four threads on one maker, beside a second maker."""
    shared, other = Uuid7Ids(), Uuid7Ids()
    with ThreadPoolExecutor(4) as pool:
        batches = list(pool.map(lambda _: [*shared.many(2500), *(shared.new() for _ in range(2500))], range(4)))
    made = [one for batch in batches for one in batch] + [other.new() for _ in range(5000)]
    assert len(set(made)) == 25_000


def test_fake_clock_and_ids(clock: FakeClock, ids: FakeIds) -> None:
    """Goal: tests own their time and ids. Method: move the clock; make ids."""
    assert (clock.now_ms(), clock.advance(250), clock.now_ms()) == (START_MS, START_MS + 250, START_MS + 250)
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance(-1)
    assert [ids.new(), ids.new()] == ["id-000001", "id-000002"]
