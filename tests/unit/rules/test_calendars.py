"""Weekly and monthly sessions: days, ends of months, clock changes, and rules that are in force exactly in them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.rules.market_for_tests import DAY_MS, HOUR_MS, rules, utc
from tests.unit.rules.pricing_for_tests import cart, line
from tuan_rules import Daily, Monthly, Schedule, Weekly, Window

YEAR = Window(utc("2027-01-01T00:00"), utc("2028-01-01T00:00"))


def starts(schedule: Schedule, zone: str, window: Window = YEAR) -> list[int]:
    """When the sessions begin."""
    return [session.start_ms for session in schedule.occurrences(window, zone)]


def test_days_of_the_week() -> None:
    """Goal: Monday is the first day, and each day has all its times. Method: a fortnight by hand; 2027-02-08 is a Monday."""
    window = Window(utc("2027-02-08T00:00"), utc("2027-02-22T00:00"))
    found = starts(Weekly((0, 2), (600, 1200), HOUR_MS), "UTC", window)
    assert found == [utc(f"2027-02-{day}T{hour}:00") for day in ("08", "10", "15", "17") for hour in (10, 20)]


def test_a_day_that_every_month_has() -> None:
    """Goal: twelve sessions a year. Method: the tenth of each month."""
    assert starts(Monthly(10, (600,), HOUR_MS), "UTC") == [utc(f"2027-{month:02}-10T10:00") for month in range(1, 13)]


def test_ends_of_months() -> None:
    """Goal: the 31st is the last day of shorter months, or they are skipped. Method: a year both ways; February has 28 days."""
    last = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    days = [utc(f"2027-{month:02}-{day}T00:00") for month, day in enumerate(last, 1)]
    assert starts(Monthly(31, (0,), HOUR_MS, "last"), "UTC") == days
    assert starts(Monthly(31, (0,), HOUR_MS, "skip"), "UTC") == [
        day for day, number in zip(days, last, strict=True) if number == 31
    ]
    assert len(starts(Monthly(29, (0,), HOUR_MS, "skip"), "UTC")) == 11


@pytest.mark.parametrize(
    ("zone", "schedule", "day", "begins"),
    [
        (
            "Europe/London",
            Weekly((6,), (90,), HOUR_MS),
            "2027-03-28",
            "2027-03-28T01:00",
        ),  # a gap: the first instant after
        ("Europe/London", Weekly((6,), (90,), HOUR_MS), "2027-10-31", "2027-10-31T00:30"),  # an overlap: the first one
        ("America/New_York", Monthly(14, (150,), HOUR_MS), "2027-03-14", "2027-03-14T07:00"),
        ("America/New_York", Monthly(7, (90,), HOUR_MS), "2027-11-07", "2027-11-07T05:30"),
        ("Australia/Lord_Howe", Weekly((6,), (135,), HOUR_MS), "2027-10-03", "2027-10-02T15:30"),  # half an hour
        ("Australia/Lord_Howe", Weekly((6,), (105,), HOUR_MS), "2027-04-04", "2027-04-03T14:45"),
    ],
)
def test_clock_changes(zone: str, schedule: Schedule, day: str, begins: str) -> None:
    """Goal: gaps and overlaps count for every calendar, and the length stays. Method: changes of the IANA database, by hand."""
    around = Window(utc(f"{day}T00:00") - DAY_MS, utc(f"{day}T00:00") + DAY_MS)
    assert schedule.occurrences(around, zone) == [Window(utc(begins), utc(begins) + HOUR_MS)]


def test_a_long_session_is_found_from_its_middle() -> None:
    """Goal: who looks at a window inside a session of many days finds it. Method: a session of 28 days, and a day in its middle."""
    middle = Window(utc("2027-02-20T00:00"), utc("2027-02-21T00:00"))
    assert Monthly(1, (0,), 28 * DAY_MS).occurrences(middle, "UTC") == [middle]
    assert Weekly((0,), (0,), 7 * DAY_MS).occurrences(middle, "UTC") == [middle]


@pytest.mark.parametrize(
    ("zone", "currency", "price", "list_minor", "schedule", "begins"),
    [
        ("Europe/London", "JPY", "¥80", 100, "weekly(on: [sun], at: 1:30, for: 1h)", "2027-03-28T01:00"),
        ("Europe/London", "GBP", "£0.80", 100, "weekly(on: sun, at: [1:30], for: 1h)", "2027-10-31T00:30"),
        ("America/New_York", "KWD", "KWD 0.080", 100, "monthly(day: 14, at: 2:30, for: 1h)", "2027-03-14T07:00"),
        ("America/New_York", "USD", "$0.80", 100, "daily(at: 1:30, for: 1h)", "2027-11-07T05:30"),
        ("Australia/Lord_Howe", "KWD", "KWD 0.080", 100, "weekly(on: [sun], at: 2:15, for: 1h)", "2027-10-02T15:30"),
        ("Australia/Lord_Howe", "JPY", "¥80", 100, "daily(at: 1:45, for: 1h)", "2027-04-03T14:45"),
    ],
)
def test_a_price_holds_exactly_in_its_session(
    zone: str, currency: str, price: str, list_minor: int, schedule: str, begins: str
) -> None:
    """Goal: half-open to the millisecond, at clock changes and in currencies of 0, 2 and 3 decimals. Method: both sides of both edges."""
    ruleset = rules(
        f'flash_sale "s" {{ on = line.sku == "S1"  price = set({price})  sessions = {schedule} }}',
        currency=currency, zone=zone,
    )  # fmt: skip
    start = utc(begins)
    for time_ms, total in (
        (start - 1, list_minor),
        (start, 80),
        (start + HOUR_MS - 1, 80),
        (start + HOUR_MS, list_minor),
    ):
        assert ruleset.price(cart(line("S1", 1, list_minor), time_ms=time_ms)).total_minor == total


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        [
            ("daily(at: [1:30, 13:00], for: 3h)", Daily((90, 780), 3 * HOUR_MS)),
            ("weekly(on: [mon, thu], at: 2:15, for: 2d)", Weekly((0, 3), (135,), 2 * DAY_MS)),
            ("monthly(day: 30, at: 1:30, for: 20d, end_of_month: last)", Monthly(30, (90,), 20 * DAY_MS, "last")),
        ]
    ),
    st.sampled_from(["Europe/London", "America/New_York", "Australia/Lord_Howe"]),
    st.lists(st.integers(YEAR.start_ms + 40 * DAY_MS, YEAR.end_ms - 40 * DAY_MS), min_size=1, max_size=8),
)
def test_a_rule_is_in_force_exactly_in_its_sessions(
    schedule: tuple[str, Schedule], zone: str, times: list[int]
) -> None:
    """Goal: snapshots, made for three days around a time, never miss an edge. Method: times in any order against all sessions."""
    ruleset = rules(
        f'flash_sale "s" {{ on = line.sku == "S1"  price = set(¥0.80)  sessions = {schedule[0]} }}', zone=zone
    )
    sessions = schedule[1].occurrences(YEAR, zone)
    for time_ms in times:
        total = ruleset.price(cart(line("S1", 1, 100), time_ms=time_ms)).total_minor
        assert total == (80 if any(time_ms in session for session in sessions) else 100)
