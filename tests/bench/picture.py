"""Curves as one SVG, two beside each other: plain text, for a browser or a README, with nothing to install."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from tests.bench.found import Curve, Point

WIDTH, HEIGHT, COLUMNS = 520, 330, 2
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 44, 48
COLOURS = ("#0b6e99", "#d9730d", "#6940a5", "#448361")
#: Beyond this ratio of the largest to the smallest an axis is logarithmic: sizes by tens would stand on one spot.
LINEAR_SPAN_MAX = 50.0


class Axis:
    """From values to pixels. A linear axis begins at 0, so that a doubling looks like one."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        high = max(values, default=1.0) or 1.0
        low = min((value for value in values if value > 0), default=high)
        self._start, self._end = start, end
        self._log = high / low > LINEAR_SPAN_MAX
        if self._log:
            self._low, self._high = math.floor(math.log10(low)), math.ceil(math.log10(high))
        else:
            self._step = _step(high)
            self._low, self._high = 0.0, math.ceil(high / self._step) * self._step

    def at(self, value: float) -> float:
        place = math.log10(max(value, 10**self._low)) if self._log else value
        return self._start + (place - self._low) / (self._high - self._low or 1) * (self._end - self._start)

    def ticks(self) -> list[float]:
        if self._log:
            return [10.0**power for power in range(int(self._low), int(self._high) + 1)]
        return [number * self._step for number in range(round(self._high / self._step) + 1)]


def draw(curves: Sequence[Curve]) -> str:
    """The SVG's text; curves without points are left out."""
    drawn = [curve for curve in curves if any(curve.lines.values())]
    rows = math.ceil(len(drawn) / COLUMNS)
    size = f'width="{WIDTH * COLUMNS}" height="{HEIGHT * rows}"'
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">']
    parts.append('<rect width="100%" height="100%" fill="white"/>')
    for number, curve in enumerate(drawn):
        place = f"translate({number % COLUMNS * WIDTH},{number // COLUMNS * HEIGHT})"
        parts += [f'<g transform="{place}">', *_chart(curve), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _chart(curve: Curve) -> list[str]:
    points = [point for line in curve.lines.values() for point in line]
    across = Axis([x for x, _ in points], LEFT, WIDTH - RIGHT)
    up = Axis([y for _, y in points], HEIGHT - BOTTOM, TOP)
    parts = [_text(LEFT, 20, curve.title, weight="bold")]
    for value in across.ticks():
        x = across.at(value)
        parts += [_rule(x, TOP, x, HEIGHT - BOTTOM), _text(x, HEIGHT - BOTTOM + 16, _short(value), anchor="middle")]
    for value in up.ticks():
        y = up.at(value)
        parts += [_rule(LEFT, y, WIDTH - RIGHT, y), _text(LEFT - 6, y + 4, _short(value), anchor="end")]
    parts.append(_text(WIDTH - RIGHT, HEIGHT - 12, curve.x, anchor="end"))
    parts.append(_text(LEFT, 38, curve.y))
    for number, (name, line) in enumerate(curve.lines.items()):
        parts += _line(name, sorted(line), COLOURS[number % len(COLOURS)], number, across.at, up.at)
    return parts


def _line(
    name: str, line: list[Point], colour: str, number: int, x: Callable[[float], float], y: Callable[[float], float]
) -> list[str]:
    if not line:
        return []
    path = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in line)
    dots = [
        f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3" fill="{colour}"><title>{a:,.0f}: {b:,.2f}</title></circle>'
        for a, b in line
    ]
    legend = _text(WIDTH - RIGHT - 6, TOP - 22 + 13 * number, name, anchor="end", colour=colour)
    return [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>', *dots, legend]


def _text(x: float, y: float, text: str, anchor: str = "start", weight: str = "normal", colour: str = "#222") -> str:
    style = f'text-anchor="{anchor}" font-weight="{weight}" fill="{colour}"'
    return f'<text x="{x:.1f}" y="{y:.1f}" {style}>{escape(text)}</text>'


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#ddd"/>'


def _step(high: float) -> float:
    """1, 2 or 5 times a power of ten, so that there are four to ten ticks."""
    power: float = 10.0 ** math.floor(math.log10(high))
    return next(power * part for part in (0.1, 0.2, 0.5, 1.0) if high / (power * part) <= 8 or part == 1.0)


def _short(value: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:.6g}"
