"""What `make bench` takes and refuses, and which stations a name stands for."""

from __future__ import annotations

import pytest

from tests.bench.options import BadOption, parse
from tests.bench.parts import GROUPS, NAMES, STATIONS, chosen


def test_short_and_long_forms() -> None:
    """Goal: short by default, the issue's sizes by one word, and each number still to be said. Method: three lines of arguments."""
    short, long = parse([], NAMES), parse(["LONG=1"], NAMES)
    assert (short.seconds, short.repeat, short.long) == (10, 3, False)
    assert (long.seconds, long.repeat, long.long) == (60, 5, True)
    said = parse(["LONG=1", "SECONDS=2.5", "REPEAT=1", "ENGINE=processes=2,ack=sql", "ONLY=hot,curves"], NAMES)
    assert (said.seconds, said.repeat) == (2.5, 1)
    assert said.engine == {"processes": "2", "ack": "sql"}
    assert said.only == ("hot", "curves")


@pytest.mark.parametrize("argument", ["SECOND=1", "ONLY=rule", "ONLY=orders,hott", "SECONDS=soon", "REPEAT=2.5"])
def test_a_mistake_is_answered_with_what_to_write(argument: str) -> None:
    """Goal: nothing is ignored. Method: five mistakes, each told with the forms or the parts that there are."""
    with pytest.raises(BadOption, match=r"write (OUT=FILE, SECONDS=N|ONLY=orders or ONLY=groups or ONLY=rules)"):
        parse([argument], NAMES)


def test_every_name_is_of_something() -> None:
    """Goal: groups and stations stay one list. Method: each member of a group is a station, and each name chooses some."""
    stations = {station.name for station in STATIONS}
    assert {member for members in GROUPS.values() for member in members} <= stations
    assert all(chosen((name,)) for name in NAMES)
    assert chosen(()) == list(STATIONS)
    assert stations | set(GROUPS) == set(NAMES)
