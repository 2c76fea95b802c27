"""Activation: immutable snapshots of the rules that are in force, swapped at the edges of their windows.

No price asks for the time: `Activation.at` compares it with the next edge, and only past one is a new snapshot made.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, NamedTuple
from zlib import crc32

from tuan_rules.compiling.modules import Guard, Modules
from tuan_rules.compiling.slots import ancestors
from tuan_rules.facts import Per
from tuan_rules.pricing.compiled import Compiled, Rule
from tuan_rules.pricing.index import CATEGORY, SKU
from tuan_rules.typing.tree import Typed
from tuan_rules.values import Window

FOREVER_MS = 1 << 62
#: Goods, and texts of carts, whose candidates are remembered; a shop sells a few thousand SKUs at a time.
REMEMBERED_MAX = 8_192
#: Rules asked by one function: a change at an edge makes only the functions anew that ask a rule which changed.
ASKED_TOGETHER = 128
Asker = Callable[..., Any]
#: Ranks by the value of a fact.
Table = dict[str, tuple[int, ...]]
#: Ranks with what is left to ask about each; None: nothing.
Entries = tuple[tuple[int, Guard | None], ...]
#: A stack's number, and its rules.
Group = tuple[int, Entries]


class Keyed(NamedTuple):
    """What the texts of a cart find. `whole`: rules about every line, by stack, with their conditions on the cart.

    `in_line`: those that each line is asked about once their conditions on the cart hold.
    """

    whole: tuple[Group, ...]
    in_line: Entries


@dataclass(slots=True)
class Snapshot:
    """The rules in force from `start_ms` until `end_ms`, by what finds them. Nothing changes in it but what it remembers.

    `by_cart`: a slot of the cart, and ranks by its values. `asked_*`: functions over rules that nothing finds, by whether they are about
    every line, are asked about each line once the cart agrees, or have conditions on the line alone. `always`: neither.
    """

    start_ms: int
    end_ms: int
    compiled: Compiled
    by_sku: Table
    by_category: Table
    by_cart: tuple[tuple[int, Table], ...]
    asked_whole: tuple[Asker, ...]
    asked_then_line: tuple[Asker, ...]
    asked_in_line: tuple[Asker, ...]
    asked_rules: tuple[Rule, ...]
    always: tuple[int, ...]
    active: frozenset[int]
    lines: dict[tuple[str, str], tuple[Group, ...]] = field(default_factory=dict)
    _carts: dict[tuple[Any, ...], Keyed] = field(default_factory=dict)

    def of_cart(self, c: tuple[Any, ...]) -> Keyed:
        """What the texts of a cart find, and the rules that every cart finds."""
        values = tuple([c[slot] for slot, _ in self.by_cart])
        known = self._carts.get(values)
        return known if known is not None else self._remember_cart(values)

    def remember_line(self, sku: str, category: str) -> tuple[Group, ...]:
        """What a SKU and a category find, by stack, with what is left to ask; kept in `lines`."""
        ranks = set(self.by_sku.get(sku, ()))
        for path in ancestors(category) or ():
            ranks.update(self.by_category.get(path, ()))
        found = _grouped(self.compiled.rules, sorted(ranks), self.compiled.line_guards)
        _make_room(self.lines)
        self.lines[sku, category] = found
        return found

    def _remember_cart(self, values: tuple[Any, ...]) -> Keyed:
        ranks = set(self.always)
        for (_, table), value in zip(self.by_cart, values, strict=True):
            for each in value if type(value) is tuple else (value,):
                ranks.update(table.get(each, ()))
        rules, guards = self.compiled.rules, self.compiled.cart_guards
        whole = _grouped(rules, [rank for rank in sorted(ranks) if self.compiled.whole[rank]], guards)
        in_line = tuple((rank, guards[rank]) for rank in sorted(ranks) if not self.compiled.whole[rank])
        _make_room(self._carts)
        self._carts[values] = found = Keyed(whole, in_line)
        return found


def _grouped(rules: Sequence[Rule], ranks: Iterable[int], guards: Sequence[Guard | None]) -> tuple[Group, ...]:
    """Ranks ascend by stack, so that those of one stand together."""
    stacks = groupby(ranks, key=lambda rank: rules[rank].stack.number)
    return tuple((number, tuple((rank, guards[rank]) for rank in own)) for number, own in stacks)


def _make_room(remembered: dict[Any, Any]) -> None:
    if len(remembered) >= REMEMBERED_MAX:
        remembered.clear()


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

    def failed(self, snapshot: Snapshot, c: tuple[Any, ...]) -> list[tuple[int, int]]:
        """Of the rules that are asked in every cart: rank and first condition of each that does not hold.

        The functions are compiled a second time for it, with a branch for every condition.
        """
        found: list[tuple[int, int]] = []
        for ask in self._askers(snapshot.asked_rules, "cart_tests", traced=True):
            ask(c, (), _ignore, found.append)
        return found

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
        whole = self._compiled.whole
        return Snapshot(
            start_ms,
            end_ms,
            self._compiled,
            tables[SKU],
            tables[CATEGORY],
            carts,
            self._askers([rule for rule in asked if whole[rule.rank]], "cart_tests"),
            self._askers([rule for rule in asked if not whole[rule.rank]], "cart_tests"),
            self._askers(in_line, "line_tests"),
            tuple(asked),
            tuple(always),
            frozenset(rule.rank for rule in active),
        )

    def _slot(self, fact: str) -> int:
        record, _, name = fact.partition(".")
        return self._numbers[record, name]

    def _askers(self, rules: Sequence[Rule], tests: str, *, traced: bool = False) -> tuple[Asker, ...]:
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


def _ignore(_: int) -> None:
    """What holds is known already."""


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
