"""Recurring local times: edges of windows, the daylight-saving gap and overlap."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tuan_rules import Daily, Window
from tuan_rules.schedule import local_to_ms, to_ms

HOUR = 3_600_000
NEW_YORK = "America/New_York"


def utc(text: str) -> int:
    """Milliseconds of an ISO time in UTC."""
    return to_ms(datetime.fromisoformat(text).replace(tzinfo=UTC))


def local(text: str, zone: str) -> int:
    """Milliseconds of an ISO local time."""
    return local_to_ms(datetime.fromisoformat(text), ZoneInfo(zone))


def test_two_sessions_a_day() -> None:
    """Goal: 10:00 and 20:00 in Shanghai. Method: two days by hand, in UTC."""
    window = Window(local("2027-02-10T00:00", "Asia/Shanghai"), local("2027-02-12T00:00", "Asia/Shanghai"))
    starts = [session.start_ms for session in Daily((600, 1200), 2 * HOUR).occurrences(window, "Asia/Shanghai")]
    assert starts == [utc(f"2027-02-{day}T{hour}:00") for day in (10, 11) for hour in ("02", "12")]


def test_edges_are_half_open() -> None:
    """Goal: a session that begins where the window ends is none. Method: windows that touch the session at both ends."""
    ten = local("2027-02-10T10:00", "Asia/Shanghai")
    daily = Daily((600,), 2 * HOUR)
    assert daily.occurrences(Window(ten - HOUR, ten), "Asia/Shanghai") == []
    assert daily.occurrences(Window(ten + 2 * HOUR, ten + 3 * HOUR), "Asia/Shanghai") == []
    assert daily.occurrences(Window(ten + HOUR, ten + 3 * HOUR), "Asia/Shanghai") == [
        Window(ten + HOUR, ten + 2 * HOUR)
    ]
    assert ten in Window(ten, ten + 1)
    assert ten + 1 not in Window(ten, ten + 1)


def test_session_across_midnight_of_the_first_day() -> None:
    """Goal: a session that began the evening before is found. Method: a window that begins at midnight."""
    midnight = local("2027-02-10T00:00", "Asia/Shanghai")
    sessions = Daily((1380,), 2 * HOUR).occurrences(Window(midnight, midnight + 2 * HOUR), "Asia/Shanghai")
    assert sessions == [Window(midnight, midnight + HOUR)]


def test_gap_starts_at_the_first_valid_instant() -> None:
    """Goal: 02:30 does not exist on 2027-03-14 in New York; the session starts at 03:00 EDT and keeps its length."""
    window = Window(local("2027-03-14T00:00", NEW_YORK), local("2027-03-15T00:00", NEW_YORK))
    assert Daily((150,), HOUR).occurrences(window, NEW_YORK) == [
        Window(utc("2027-03-14T07:00"), utc("2027-03-14T08:00"))
    ]


def test_overlap_takes_the_first_occurrence() -> None:
    """Goal: 01:30 comes twice on 2027-11-07 in New York; the session is at the first, EDT, and once."""
    window = Window(local("2027-11-07T00:00", NEW_YORK), local("2027-11-08T00:00", NEW_YORK))
    assert Daily((90,), HOUR).occurrences(window, NEW_YORK) == [
        Window(utc("2027-11-07T05:30"), utc("2027-11-07T06:30"))
    ]


def test_length_is_elapsed_time() -> None:
    """Goal: three hours from midnight end at 04:00 local when the clock jumps, and the 03:00 session follows on."""
    window = Window(local("2027-03-14T00:00", NEW_YORK), local("2027-03-15T00:00", NEW_YORK))
    first, second = Daily((0, 180), 3 * HOUR).occurrences(window, NEW_YORK)
    assert first.end_ms == local("2027-03-14T04:00", NEW_YORK) == second.start_ms
    assert second.end_ms == local("2027-03-14T06:00", NEW_YORK)


@pytest.mark.parametrize(
    ("zone", "wall", "expected"),
    [
        ("Australia/Lord_Howe", "2027-10-03T02:15", "2027-10-02T15:30"),  # a jump of half an hour
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T10:00"),  # a whole day that does not exist
        ("Europe/London", "2027-03-28T01:00", "2027-03-28T01:00"),
        ("America/Sao_Paulo", "2018-11-04T00:00", "2018-11-04T03:00"),  # the gap is at midnight
    ],
)
def test_rare_gaps(zone: str, wall: str, expected: str) -> None:
    """Goal: gaps of other lengths and hours. Method: changes recorded in the IANA database."""
    assert local(wall, zone) == utc(expected)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["Asia/Shanghai", NEW_YORK, "Europe/London", "Australia/Lord_Howe", "America/Sao_Paulo"]),
    st.integers(0, 4 * 365),
    st.integers(1, 40),
    st.lists(st.integers(0, 1439), min_size=1, max_size=6, unique=True),
    st.integers(1, 24 * 60),
)
def test_sessions_are_ordered_disjoint_and_inside(zone: str, day: int, days: int, at: list[int], minutes: int) -> None:
    """Goal: whatever the zone, sessions ascend, never overlap, lie in the window. Method: Hypothesis."""
    start = utc("2024-01-01T00:00") + day * 24 * HOUR
    window = Window(start, start + days * 24 * HOUR)
    previous = window.start_ms
    for session in Daily(tuple(sorted(at)), minutes * 60_000).occurrences(window, zone):
        assert previous <= session.start_ms < session.end_ms <= window.end_ms
        assert session.end_ms - session.start_ms <= minutes * 60_000
        previous = session.end_ms
