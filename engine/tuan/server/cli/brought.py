"""Commands that installed distributions bring along, by entry points of the group `tuan.commands`."""

from __future__ import annotations

import sys
from collections.abc import Container, Iterable, Iterator
from importlib.metadata import EntryPoint, entry_points

from tuan.plugin import Command

ENTRY_POINT_GROUP = "tuan.commands"


def brought_commands(
    taken: Container[str], points: Iterable[EntryPoint] | None = None
) -> Iterator[tuple[str, Command]]:
    """Each that can be used, by name. One that cannot is told of, and leaves the others alone."""
    seen: set[str] = set()
    found = entry_points(group=ENTRY_POINT_GROUP) if points is None else points
    for point in sorted(found, key=lambda point: (point.name, point.value)):
        if point.name in taken or point.name in seen:
            _tell(point, "there is such a command already")
            continue
        try:
            command = point.load()
        except (
            Exception
        ) as error:  # a third party's import may raise anything; whoever reads of it must learn whose it was
            _tell(point, repr(error))
            continue
        if not isinstance(command, Command):
            _tell(point, f"{command!r:.100} is no tuan.plugin.Command")
            continue
        seen.add(point.name)
        yield point.name, command


def _tell(point: EntryPoint, what: str) -> None:
    print(f"tuan: no command {point.name} of {point.value}: {what}", file=sys.stderr)
