"""Activation: immutable snapshots of the rules that are in force, swapped at the edges of their windows.

No price asks for the time: `Activation.at` compares it with the next edge, and only past one is a new snapshot made.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from tuan_rules.compiling.modules import Modules
from tuan_rules.compiling.slots import ancestors
from tuan_rules.facts import Per
from tuan_rules.pricing.compiled import Compiled, Rule
from tuan_rules.pricing.index import CATEGORY, SKU
from tuan_rules.typing.tree import Typed
from tuan_rules.values import Window

FOREVER_MS = 1 << 62
#: Lines whose candidates are remembered; a shop sells a few thousand SKUs at a time.
REMEMBERED_MAX = 8_192
#: Rules asked by one function: a change at an edge makes only the functions anew that ask a rule which changed.
ASKED_TOGETHER = 128
Asker = Callable[..., Any]


@dataclass(slots=True)
class Snapshot:
    """The rules in force from `start_ms` until `end_ms`, by what finds them. Nothing changes in it but what it remembers.

    `by_cart`: a slot of the cart, and ranks by its values. `asked`, `asked_in_line`: functions over rules that nothing finds.
    """

    start_ms: int
    end_ms: int
    by_sku: dict[str, tuple[int, ...]]
    by_category: dict[str, tuple[int, ...]]
    by_cart: tuple[tuple[int, dict[str, tuple[int, ...]]], ...]
    asked: tuple[Asker, ...]
    asked_rules: tuple[Rule, ...]
    asked_in_line: tuple[Asker, ...]
    always: tuple[int, ...]
    active: frozenset[int]
    _remembered: dict[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)

    def of_line(self, sku: str, category: str) -> tuple[int, ...]:
        """Ranks found by the goods, ascending."""
        key = (sku, category)
        known = self._remembered.get(key)
        if known is None:
            found = set(self.by_sku.get(sku, ()))
            for path in ancestors(category) or ():
                found.update(self.by_category.get(path, ()))
            known = tuple(sorted(found))
            if len(self._remembered) >= REMEMBERED_MAX:
                self._remembered.clear()
            self._remembered[key] = known
        return known


class Activation:
    """Which rules are in force when."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._functions: dict[tuple[object, ...], Asker] = {}
        self._numbers = {
            (slot[0], slot[1]): number for number, slot in enumerate(compiled.slots.of(Per.CART)) if not slot[2]
        }
        self._current: Snapshot | None = None

    def at(self, time_ms: int) -> Snapshot:
        """The snapshot in force; made anew when an edge was passed, in either direction."""
        current = self._current
        if current is None or not current.start_ms <= time_ms < current.end_ms:
            self._current = current = self._make(time_ms)
        return current

    def traced(self, snapshot: Snapshot) -> tuple[Asker, ...]:
        """`snapshot.asked`, compiled a second time so that they also say which condition failed."""
        return self._askers(snapshot.asked_rules, "cart_tests", traced=True)

    def _make(self, time_ms: int) -> Snapshot:
        heap: list[int] = []
        before = -FOREVER_MS
        active: list[Rule] = []
        for rule in self._compiled.rules:
            for start_ms, end_ms in spans(rule, time_ms):
                if start_ms <= time_ms < end_ms:
                    active.append(rule)
                for edge in (start_ms, end_ms):
                    if edge > time_ms:
                        heapq.heappush(heap, edge)
                    else:
                        before = max(before, edge)
        end_ms = heap[0] if heap else FOREVER_MS
        return self._index(active, before, end_ms)

    def _index(self, active: Sequence[Rule], start_ms: int, end_ms: int) -> Snapshot:
        by_fact: dict[str, dict[str, list[int]]] = {SKU: {}, CATEGORY: {}}
        asked: list[Rule] = []
        in_line: list[Rule] = []
        always: list[int] = []
        for rule in active:
            if rule.placing.keys is not None:
                for fact, value in rule.placing.keys.values:
                    by_fact.setdefault(fact, {}).setdefault(value, []).append(rule.rank)
            elif rule.cart_tests:
                asked.append(rule)
            elif rule.line_tests:
                in_line.append(rule)
            else:
                always.append(rule.rank)
        tables = {
            fact: {value: tuple(dict.fromkeys(ranks)) for value, ranks in values.items()}
            for fact, values in by_fact.items()
        }
        carts = tuple(
            (self._slot(fact), table) for fact, table in sorted(tables.items()) if fact not in (SKU, CATEGORY)
        )
        return Snapshot(
            start_ms,
            end_ms,
            tables[SKU],
            tables[CATEGORY],
            carts,
            self._askers(asked, "cart_tests", traced=False),
            tuple(asked),
            self._askers(in_line, "line_tests", traced=False),
            tuple(always),
            frozenset(rule.rank for rule in active),
        )

    def _slot(self, fact: str) -> int:
        record, _, name = fact.partition(".")
        return self._numbers[record, name]

    def _askers(self, rules: Sequence[Rule], tests: str, *, traced: bool) -> tuple[Asker, ...]:
        """Functions over chunks of rules, those kept whose chunk did not change."""
        chunks: list[list[Rule]] = []
        for rule in rules:
            # A chunk begins where a rule's id says so: one that comes or goes moves no other chunk's borders.
            if (
                not chunks
                or crc32(rule.rule_id.encode()) % ASKED_TOGETHER == 0
                or len(chunks[-1]) >= 4 * ASKED_TOGETHER
            ):
                chunks.append([])
            chunks[-1].append(rule)
        modules = Modules(self._compiled.slots)
        keys = [(traced, tests, *(rule.rank for rule in chunk)) for chunk in chunks]
        fresh = [(key, chunk) for key, chunk in zip(keys, chunks, strict=True) if key not in self._functions]
        for _, chunk in fresh:
            asks: list[tuple[int, Sequence[Typed]]] = [(rule.rank, getattr(rule, tests)) for rule in chunk]
            modules.bucket(asks, traced=traced)
        for (key, _), function in zip(fresh, modules.finish(), strict=True):
            self._functions[key] = function
        return tuple(self._functions[key] for key in keys)


def spans(rule: Rule, time_ms: int) -> Iterator[tuple[int, int]]:
    """When a rule is in force around a time: the spans that hold it, and the next edges on both sides."""
    window = rule.plan.window
    start_ms, end_ms = (window.start_ms, window.end_ms) if window is not None else (-FOREVER_MS, FOREVER_MS)
    if rule.plan.schedule is None:
        yield start_ms, end_ms
        return
    # Three days hold the session before, the one at, and the one after any time; a day is the least that a schedule repeats.
    around = Window(max(start_ms, time_ms - 3 * _DAY_MS), min(end_ms, time_ms + 3 * _DAY_MS))
    if around.start_ms >= around.end_ms:
        yield start_ms, start_ms
        yield end_ms, end_ms
        return
    for session in rule.plan.schedule.occurrences(around, rule.plan.zone):
        yield session.start_ms, session.end_ms
    # The edge of what was looked at is one too: beyond it nothing is known yet.
    yield around.start_ms, around.start_ms
    yield around.end_ms, around.end_ms


_DAY_MS = 86_400_000
