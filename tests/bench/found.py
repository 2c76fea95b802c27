"""What a station has found: figures by name, and curves to draw."""

from __future__ import annotations

from dataclasses import dataclass, field

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Curve:
    """`lines`: points by the name of their line. Both axes are logarithmic where `x` spans more than a hundredfold."""

    name: str
    title: str
    x: str
    y: str
    lines: dict[str, list[Point]]


@dataclass(slots=True)
class Found:
    figures: dict[str, float] = field(default_factory=dict)
    curves: list[Curve] = field(default_factory=list)
