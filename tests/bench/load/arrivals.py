"""When messages are due, in seconds from the begin; decided before anything is sent, so that no answer can put it off."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.bench.load.settings import LoadSettings


def steady(rate: float, seconds: float) -> Iterator[float]:
    """`rate` a second, evenly."""
    return (number / rate for number in range(max(1, round(rate * seconds))))


def poisson(rate: float, seconds: float, seed: str) -> Iterator[float]:
    """`rate` a second on average, independent of each other, as of many who know nothing of each other."""
    draw, due = random.Random(seed), 0.0
    while (due := due + draw.expovariate(rate)) < seconds:
        yield due


def burst(messages: int) -> Iterator[float]:
    """All at once."""
    return (0.0 for _ in range(messages))


def of(settings: LoadSettings) -> Iterator[float]:
    """Those of an open loop."""
    match settings.pattern:
        case "burst":
            return burst(settings.messages)
        case "poisson":
            return poisson(settings.rate, settings.seconds, settings.name)
        case "steady":
            return steady(settings.rate, settings.seconds)
    raise ValueError(f"{settings.pattern!r} has no schedule")
