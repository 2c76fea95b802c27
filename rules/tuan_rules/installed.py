"""The vocabulary that installed distributions bring along: for the tools, and for engines on which no plugin runs those blocks yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import get_args

from tuan_rules.standard import standard_vocabulary
from tuan_rules.vocabulary import Item, Vocabulary

#: Distributions register a callable here that returns their list of `vocabulary.Item`.
ENTRY_POINT_GROUP = "tuan_rules.vocabulary"

_NAMES = ", ".join(kind.__name__ for kind in get_args(Item))


def vocabulary_points() -> list[EntryPoint]:
    """The entry points of every installed distribution, by name: the order of installation must make no difference."""
    return sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda point: point.name)


def words_of(points: Iterable[EntryPoint]) -> tuple[list[Item], list[str]]:
    """What they add to the language, and what is wrong with those that cannot be used: one line each, with its name."""
    words: list[Item] = []
    faults: list[str] = []
    for point in points:
        try:
            found = list(point.load()())
        except (
            Exception
        ) as error:  # a third party's import may raise anything; whoever reads of it must learn whose it was
            faults.append(f"{point.name}: its vocabulary {point.value} failed: {error!r}")
            continue
        wrong = next((item for item in found if not isinstance(item, Item)), None)
        if wrong is not None:
            faults.append(f"{point.name}: {point.value} gave {wrong!r:.100}; give {_NAMES}")
            continue
        words += found
    return words, faults


def installed_vocabulary(points: Sequence[EntryPoint] | None = None) -> Vocabulary:
    """What is built in, and what every installed distribution adds. Raises ValueError where one is broken or two collide."""
    words, faults = words_of(vocabulary_points() if points is None else points)
    if faults:
        raise ValueError("; ".join(faults))
    return standard_vocabulary(words)
