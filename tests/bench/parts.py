"""What can be measured, in the order in which it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.bench.conditions import Conditions
from tests.bench.found import Found
from tests.bench.peers import oscar, pgbench, vendure
from tests.bench.stations import batch, curves, drain, groups, hot, overload, raw, rules, stream, unary


@dataclass(frozen=True, slots=True)
class Station:
    """`once`: what takes long and changes little is measured in the first repetition only."""

    name: str
    measure: Callable[[Conditions], Awaitable[Found]]
    once: bool = False


STATIONS = (
    Station("unary", unary.unary),
    Station("batch", batch.aof),
    Station("batch_sql", batch.sql),
    Station("raw", raw.raw),
    Station("batch_postgres", batch.postgres),
    Station("stream", stream.stream),
    Station("quote", unary.quote),
    Station("drain", drain.drain),
    Station("hot", hot.hot),
    Station("overload", overload.overload),
    Station("group_joins", groups.joins),
    Station("quick_join", groups.quick_join),
    Station("group_completion", groups.completion),
    Station("rules", rules.rules),
    Station("pgbench", pgbench.pgbench),
    Station("oscar", oscar.oscar),
    Station("vendure", vendure.vendure, once=True),
    Station("curve_load", curves.load, once=True),
    Station("curve_reservations", curves.reservations, once=True),
    Station("curve_skus", curves.skus, once=True),
    Station("curve_activities", curves.activities, once=True),
    Station("curve_rules", curves.rules, once=True),
    Station("curve_groups", groups.by_open_groups, once=True),
)
#: Names for several.
GROUPS = {
    "orders": ("unary", "batch", "batch_sql", "raw"),
    "groups": ("group_joins", "quick_join", "group_completion"),
    "peers": ("pgbench", "oscar", "vendure"),
    "curves": ("curve_load", "curve_reservations", "curve_skus", "curve_activities", "curve_rules", "curve_groups"),
}
NAMES = [
    "orders",
    "groups",
    "rules",
    "peers",
    "curves",
    *(station.name for station in STATIONS if station.name != "rules"),
]


def chosen(only: tuple[str, ...]) -> list[Station]:
    """The stations of these names; of none: all."""
    wanted = {member for name in only for member in GROUPS.get(name, (name,))}
    return [station for station in STATIONS if not only or station.name in wanted]
