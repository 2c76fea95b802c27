"""Activation: immutable snapshots of the rules that are in force, swapped at the edges of their windows.

No price asks for the time: `Activation.at` compares it with the next edge, and only past one is a new snapshot made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from tuan_rules.compiling.modules import Guard, Modules
from tuan_rules.compiling.plain import from_plain
from tuan_rules.compiling.slots import ancestors
from tuan_rules.pricing.compiled import Compiled, cart_slots
from tuan_rules.pricing.image import ALWAYS, BY_KEYS, ON_CART, ON_LINE, ask_key, chunks, tests_of, whole_of
from tuan_rules.pricing.index import CATEGORY, SKU, place
from tuan_rules.typing.tree import Typed
from tuan_rules.values import Schedule, Window

FOREVER_MS = 1 << 62
#: Goods, and texts of carts, whose candidates are remembered; a shop sells a few thousand SKUs at a time.
REMEMBERED_MAX = 8_192
#: Sets of missing facts with a snapshot of their own; a shop has a few kinds of callers.
LACKING_MAX = 32
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
    every line (then by stack), are asked about each line once the cart agrees, or have conditions on the line alone. `always`: neither.
    """

    start_ms: int
    end_ms: int
    compiled: Compiled
    by_sku: Table
    by_category: Table
    by_cart: tuple[tuple[int, Table], ...]
    asked_whole: tuple[tuple[int, tuple[Asker, ...]], ...]
    asked_then_line: tuple[Asker, ...]
    asked_in_line: tuple[Asker, ...]
    asked_on_cart: tuple[int, ...]
    always: tuple[int, ...]
    active: frozenset[int]
    lines: dict[tuple[str, str], tuple[Group, ...]] = field(default_factory=dict)
    _texts: Callable[[tuple[Any, ...]], Any] = field(init=False)
    _carts: dict[Any, Keyed] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._texts = itemgetter(*[slot for slot, _ in self.by_cart]) if self.by_cart else _no_texts

    def of_cart(self, c: tuple[Any, ...]) -> Keyed:
        """What the texts of a cart find, and the rules that every cart finds."""
        known = self._carts.get(self._texts(c))
        return known if known is not None else self._remember_cart(c)

    def remember_line(self, sku: str, category: str) -> tuple[Group, ...]:
        """What a SKU and a category find, by stack, with what is left to ask; kept in `lines`."""
        ranks = set(self.by_sku.get(sku, ()))
        for path in ancestors(category) or ():
            ranks.update(self.by_category.get(path, ()))
        found = self._grouped(sorted(ranks), self.compiled.line_guard)
        _make_room(self.lines)
        self.lines[sku, category] = found
        return found

    def _remember_cart(self, c: tuple[Any, ...]) -> Keyed:
        ranks = set(self.always)
        for slot, table in self.by_cart:
            value = c[slot]
            for each in value if type(value) is tuple else (value,):
                ranks.update(table.get(each, ()))
        whole, guard = self.compiled.image.whole, self.compiled.cart_guard
        about_all = self._grouped((rank for rank in sorted(ranks) if whole[rank]), guard)
        in_line = tuple((rank, guard(rank)) for rank in sorted(ranks) if not whole[rank])
        _make_room(self._carts)
        self._carts[self._texts(c)] = found = Keyed(about_all, in_line)
        return found

    def _grouped(self, ranks: Iterable[int], guard: Callable[[int], Guard | None]) -> tuple[Group, ...]:
        """Ranks ascend by stack, so that those of one stand together."""
        stacks = groupby(ranks, key=self.compiled.image.stack_of.__getitem__)
        return tuple((number, tuple((rank, guard(rank)) for rank in own)) for number, own in stacks)


def _no_texts(_: tuple[Any, ...]) -> None:
    """What a cart is remembered by where none of its texts finds a rule."""


def _make_room(remembered: dict[Any, Any]) -> None:
    if len(remembered) >= REMEMBERED_MAX:
        remembered.clear()


class Activation:
    """Which rules are in force when."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._functions: dict[tuple[object, ...], Asker] = {}
        self._numbers = cart_slots(compiled.slots)
        self._current: Snapshot | None = None
        self._lacking: dict[frozenset[tuple[str, str]], Snapshot] = {}

    def at(self, time_ms: int, missing: frozenset[tuple[str, str]] = frozenset()) -> Snapshot:
        """The snapshot in force; made anew when an edge was passed, in either direction.

        `missing`: facts that nobody handed over, so that the rules that read them are as if they were not there. A caller leaves out the
        same facts time after time (nobody's level is known before the login): each such set has a snapshot of its own.
        """
        current = self._current
        if current is None or not current.start_ms <= time_ms < current.end_ms:
            self._current = current = self._make(time_ms)
            self._lacking.clear()
        if not missing:
            return current
        known = self._lacking.get(missing)
        if known is None or known.start_ms != current.start_ms:
            reads = self._compiled.reads
            active = [rank for rank in sorted(current.active) if missing.isdisjoint(reads[rank])]
            known = self._index(active, current.start_ms, current.end_ms)
            if len(self._lacking) >= LACKING_MAX:
                self._lacking.clear()
            self._lacking[missing] = known
        return known

    def failed(self, snapshot: Snapshot, c: tuple[Any, ...]) -> list[tuple[int, int]]:
        """Of the rules that are asked in every cart: rank and first condition of each that does not hold.

        The functions are compiled a second time for it, with a branch for every condition.
        """
        found: list[tuple[int, int]] = []
        for ask in self._askers(ON_CART, snapshot.asked_on_cart, traced=True):
            ask(c, (), _ignore, found.append)
        return found

    def _make(self, time_ms: int) -> Snapshot:
        start_ms, end_ms = -FOREVER_MS, FOREVER_MS
        image = self._compiled.image
        resting: set[int] = set()
        for rank in image.windows:
            active = False
            for begins_ms, ends_ms in spans(self._compiled, rank, time_ms):
                active = active or begins_ms <= time_ms < ends_ms
                for edge_ms in (begins_ms, ends_ms):
                    if edge_ms > time_ms:
                        end_ms = min(end_ms, edge_ms)
                    else:
                        start_ms = max(start_ms, edge_ms)
            if not active:
                resting.add(rank)
        return self._index([rank for rank in range(len(image.ids)) if rank not in resting], start_ms, end_ms)

    def _index(self, active: Sequence[int], start_ms: int, end_ms: int) -> Snapshot:
        image = self._compiled.image
        by_fact: dict[str, dict[str, list[int]]] = {SKU: {}, CATEGORY: {}}
        without: dict[int, list[int]] = {ON_CART: [], ON_LINE: [], ALWAYS: []}
        keys, asked = image.keys, image.asked
        for rank in active:
            for fact, value in keys[rank]:
                by_fact.setdefault(fact, {}).setdefault(value, []).append(rank)
            if asked[rank] != BY_KEYS:
                without[asked[rank]].append(rank)
        tables = {fact: {value: tuple(ranks) for value, ranks in found.items()} for fact, found in by_fact.items()}
        carts = tuple(
            (self._slot(fact), table) for fact, table in sorted(tables.items()) if fact not in (SKU, CATEGORY)
        )
        on_cart = without[ON_CART]
        return Snapshot(
            start_ms,
            end_ms,
            self._compiled,
            tables[SKU],
            tables[CATEGORY],
            carts,
            tuple((number, self._askers(ON_CART, list(ranks))) for number, ranks in whole_of(image, on_cart)),
            self._askers(ON_CART, [rank for rank in on_cart if not image.whole[rank]]),
            self._askers(ON_LINE, without[ON_LINE]),
            tuple(on_cart),
            tuple(without[ALWAYS]),
            frozenset(active),
        )

    def _slot(self, fact: str) -> int:
        record, _, name = fact.partition(".")
        return self._numbers[record, name]

    def _askers(self, kind: int, ranks: Sequence[int], *, traced: bool = False) -> tuple[Asker, ...]:
        """Functions over chunks of rules: those of the image, and where not all of a chunk are in force those that are made for it."""
        compiled = self._compiled
        together = chunks(compiled.image.ids, ranks)
        keys = [(traced, *ask_key(kind, chunk)) for chunk in together]
        modules = Modules(compiled.slots)
        fresh: list[tuple[object, ...]] = []
        for key, chunk in zip(keys, together, strict=True):
            known = compiled.image.asks.get(key[1:], -1)
            if known >= 0 and not traced:
                self._functions[key] = compiled.functions[known]
            elif key not in self._functions:
                fresh.append(key)
                modules.bucket([(rank, self._tests(kind, rank)) for rank in chunk], traced=traced)
        self._functions.update(zip(fresh, modules.finish(), strict=True))
        return tuple(self._functions[key] for key in keys)

    def _tests(self, kind: int, rank: int) -> Sequence[Typed]:
        cart_tests, line_tests = tests_of(place(self._compiled.plans[rank].guard))
        return cart_tests if kind == ON_CART else line_tests


def _ignore(_: int) -> None:
    """What holds is known already."""


def spans(compiled: Compiled, rank: int, time_ms: int) -> Iterator[tuple[int, int]]:
    """When a rule is in force around a time: the spans that hold it, and the next edges on both sides."""
    plain_window, plain_schedule, zone = compiled.image.windows.get(rank, (None, None, "UTC"))
    window: Window | None = from_plain(plain_window)
    schedule: Schedule | None = from_plain(plain_schedule)
    start_ms, end_ms = (window.start_ms, window.end_ms) if window is not None else (-FOREVER_MS, FOREVER_MS)
    if schedule is None:
        yield start_ms, end_ms
        return
    # Three days hold the session before, the one at, and the one after any time; a day is the least that a schedule repeats.
    around = Window(max(start_ms, time_ms - 3 * _DAY_MS), min(end_ms, time_ms + 3 * _DAY_MS))
    if around.start_ms >= around.end_ms:
        yield start_ms, start_ms
        yield end_ms, end_ms
        return
    for session in schedule.occurrences(around, zone):
        yield session.start_ms, session.end_ms
    # The edge of what was looked at is one too: beyond it nothing is known yet.
    yield around.start_ms, around.start_ms
    yield around.end_ms, around.end_ms


_DAY_MS = 86_400_000
