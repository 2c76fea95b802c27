"""Which rules a cart finds: their ranks by stack, ready for the algebra.

What a key finds is grouped by stack once and remembered (`activation`); a price asks the conditions that are left, and no rule twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from tuan_rules.pricing.activation import Activation, Entries, Snapshot
from tuan_rules.pricing.cart import CartLine
from tuan_rules.pricing.compiled import Compiled
from tuan_rules.pricing.trace import Trace

#: By stack. Of a stack of lines: ranks by line, ascending. Of a stack over the order: lines by rank.
Work = dict[int, dict[int, list[int]]]


class Finder:
    """Asks the index of a snapshot."""

    def __init__(self, compiled: Compiled, activation: Activation) -> None:
        self._activation = activation
        self._guard = compiled.line_guard
        self._stack_of = compiled.image.stack_of
        self._by_line = [stack.by_line for stack in compiled.stacks]

    def find(
        self,
        snapshot: Snapshot,
        c: tuple[Any, ...],
        ls: Sequence[tuple[Any, ...]],
        goods: Sequence[CartLine],
        trace: Trace | None,
    ) -> Work:
        """Ranks of the rules whose conditions hold. `ls`: the tuples of `goods`; `trace` is told which do not hold."""
        work: Work = {}
        whole, common = self._of_cart(snapshot, c, trace)
        if whole:
            every_line = list(range(len(ls)))
            for number, ranks in whole.items():
                work[number] = dict.fromkeys(ranks, every_line)
        remembered, by_line = snapshot.lines, self._by_line
        for i, line in enumerate(ls):
            known = goods[i]
            groups = remembered.get((known.sku, known.category))
            if groups is None:
                groups = snapshot.remember_line(known.sku, known.category)
            for number, entries in [*groups, *common] if common else groups:
                ranks = [rank for rank, guard in entries if guard is None or guard(c, line)]
                if trace is not None and len(ranks) < len(entries):
                    trace.not_found(entries, ranks, i)
                if not ranks:
                    continue
                if number not in work and by_line[number]:
                    work[number] = {i: ranks}
                else:
                    self._add(work, number, i, ranks)
            for ask in snapshot.asked_in_line:
                ranks = []
                ask(c, line, ranks.append)
                self.group(work, i, ranks)
        return work

    def group(self, work: Work, i: int, ranks: Iterable[int]) -> None:
        """Add what one line found, one rule at a time."""
        for rank in ranks:
            self._add(work, self._stack_of[rank], i, [rank])

    def _of_cart(
        self, snapshot: Snapshot, c: tuple[Any, ...], trace: Trace | None
    ) -> tuple[dict[int, list[int]], list[tuple[int, Entries]]]:
        """What the cart's own facts find: ranks that are about every line, by stack, and those that each line is asked about."""
        whole: dict[int, list[int]] = {}
        keyed = snapshot.of_cart(c)
        for number, entries in keyed.whole:
            ranks = [rank for rank, guard in entries if guard is None or guard(c, ())]
            if ranks:
                whole[number] = ranks
            if trace is not None and len(ranks) < len(entries):
                trace.not_found(entries, ranks)
        for number, asks in snapshot.asked_whole:
            ranks = whole.get(number, [])
            for ask in asks:
                ask(c, (), ranks.append)
            if ranks:
                whole[number] = ranks
        rest: list[int] = []
        if keyed.in_line:
            rest += [rank for rank, guard in keyed.in_line if guard is None or guard(c, ())]
            if trace is not None:
                trace.not_found(keyed.in_line, rest)
        for ask in snapshot.asked_then_line:
            ask(c, (), rest.append)
        if trace is not None:
            trace.ask_again = lambda: self._activation.failed(snapshot, c)
        if not rest:
            return whole, []
        by_stack: dict[int, list[Any]] = {}
        for rank in rest:
            by_stack.setdefault(self._stack_of[rank], []).append((rank, self._guard(rank)))
        return whole, [(number, tuple(entries)) for number, entries in by_stack.items()]

    def _add(self, work: Work, number: int, i: int, ranks: list[int]) -> None:
        stack = work.get(number)
        if stack is None:
            stack = work[number] = {}
        if not self._by_line[number]:
            for rank in ranks:
                stack.setdefault(rank, []).append(i)
        elif i in stack:
            stack[i] = sorted(stack[i] + ranks)
        else:
            stack[i] = ranks
