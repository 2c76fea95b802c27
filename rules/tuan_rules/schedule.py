"""Local wall-clock times on a calendar with daylight saving: which instants a recurring time of day means."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

MINUTE_MS = 60_000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def to_ms(moment: datetime) -> int:
    """Milliseconds since the epoch of an aware datetime, in integers throughout."""
    return (moment.astimezone(UTC) - _EPOCH) // timedelta(milliseconds=1)


def local_to_ms(local: datetime, zone: ZoneInfo) -> int:
    """The instant of a naive local time.

    In an overlap it is the first occurrence; in a gap the first valid instant after it. Both offsets of a gap time
    bracket the change, which is then found by halving: zoneinfo does not say where a change lies.
    """
    first = local.replace(tzinfo=zone, fold=0)
    instant = first.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local:
        return to_ms(instant)
    low, high = to_ms(local.replace(tzinfo=zone, fold=1)), to_ms(first)
    offset_before = _offset(low, zone)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(middle, zone) == offset_before:
            low = middle
        else:
            high = middle
    return high


def any_day(day: date) -> bool:  # noqa: ARG001 - one of the three kinds of days below
    """Every day has sessions."""
    return True


def on_weekdays(weekdays: Sequence[int]) -> Callable[[date], bool]:
    """Mondays are 0."""
    return lambda day: day.weekday() in weekdays


def on_day_of_month(number: int, *, last_instead: bool) -> Callable[[date], bool]:
    """The day of that number; in a month that has none, its last day or none at all."""

    def fits(day: date) -> bool:
        if day.day == number:
            return True
        return last_instead and day.day < number and (day + timedelta(days=1)).month != day.month

    return fits


def occurrences_on(
    fits: Callable[[date], bool], at_minutes: Sequence[int], for_ms: int, start_ms: int, end_ms: int, zone: str
) -> list[tuple[int, int]]:
    """`(start_ms, end_ms)` of the sessions on days that fit, clipped to the window, ascending and disjoint."""
    tz = ZoneInfo(zone)
    day = _local_date(start_ms, tz) - timedelta(days=1 + for_ms // (1440 * MINUTE_MS))
    last = _local_date(end_ms, tz)
    found: list[tuple[int, int]] = []
    free_from = start_ms
    while day <= last:
        for minutes in sorted(at_minutes) if fits(day) else ():
            opens = local_to_ms(datetime(day.year, day.month, day.day, *divmod(minutes, 60)), tz)
            # On the day the clock jumps forward a session can reach into the next one: that one then starts late.
            begin, end = max(opens, free_from), min(opens + for_ms, end_ms)
            if begin < end:
                found.append((begin, end))
                free_from = end
        day += timedelta(days=1)
    return found


def _offset(time_ms: int, zone: ZoneInfo) -> timedelta | None:
    return (_EPOCH + timedelta(milliseconds=time_ms)).astimezone(zone).utcoffset()


def _local_date(time_ms: int, zone: ZoneInfo) -> date:
    return (_EPOCH + timedelta(milliseconds=time_ms)).astimezone(zone).date()
