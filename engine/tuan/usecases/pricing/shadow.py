"""Shadows: placed orders priced once more by rulesets that are not in force yet, to learn what they would change, in money.

Orders are offered after they were answered, and wait in a bounded queue; where they come faster than a thread prices them, the
rest is dropped and counted. Placing an order costs a look at whether there are shadows, and where there are, an append.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import structlog

from tuan.ports import Clock, Record, ShadowTotals
from tuan.usecases.assemble import Assembled
from tuan.usecases.pricing.price_book import PriceBook
from tuan.usecases.pricing.replay import replay

log = structlog.get_logger()

QUEUE_MAX = 10_000
BATCH_MAX = 256
FLUSH_MS = 1_000

Key = tuple[str, str]


class ShadowPricer:
    """`offer` is called in the loop's thread; the pricing is done in another one."""

    def __init__(self, record: Record, clock: Clock, queue_max: int = QUEUE_MAX) -> None:
        self._record = record
        self._clock = clock
        self._queue_max = queue_max
        self._queue: deque[tuple[Assembled, PriceBook]] = deque()
        self._arrived = asyncio.Event()
        self._totals: dict[Key, ShadowTotals] = {}

    def offer(self, placed: Sequence[Assembled], book: PriceBook) -> None:
        """Orders that were placed by the prices of `book`."""
        for order in placed:
            shadows = book.shadows.get(order.attempt.currency)
            if not shadows:
                continue
            if len(self._queue) < self._queue_max:
                self._queue.append((order, book))
                continue
            for shadow in shadows:
                self._add(ShadowTotals(shadow.ruleset_hash, order.attempt.currency, dropped=1))
        if self._queue or self._totals:
            self._arrived.set()

    async def run(self) -> None:
        """Until cancelled: price what waits, and write the totals down about every second."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            until_s = asyncio.get_running_loop().time() + FLUSH_MS / 1_000
            while self._queue:
                await self.price_waiting()
                if asyncio.get_running_loop().time() >= until_s:
                    break
            await self.flush()
            if self._queue:
                self._arrived.set()
            else:
                await asyncio.sleep(max(0.0, until_s - asyncio.get_running_loop().time()))

    async def price_waiting(self) -> None:
        """One batch."""
        batch = [self._queue.popleft() for _ in islice(range(len(self._queue)), BATCH_MAX)]
        for totals in await asyncio.to_thread(_compare, batch):
            self._add(totals)

    async def flush(self) -> None:
        """Add what has come together to the record; kept for the next time where that fails."""
        totals, self._totals = self._totals, {}
        if not totals:
            return
        now_ms = self._clock.now_ms()
        rows = [replace(each, update_time_ms=now_ms) for each in totals.values()]
        try:
            await self._record.write(lambda unit: unit.rulesets.add_shadow_totals(rows))
        except Exception:  # not where it is cancelled: then it may have been written
            for each in totals.values():
                self._add(each)
            raise

    def _add(self, more: ShadowTotals) -> None:
        key = (more.ruleset_hash, more.currency)
        known = self._totals.get(key)
        self._totals[key] = more if known is None else plus(known, more)


def plus(one: ShadowTotals, other: ShadowTotals) -> ShadowTotals:
    """Both together; of one ruleset and currency."""
    return replace(
        one,
        orders=one.orders + other.orders,
        cheaper=one.cheaper + other.cheaper,
        dearer=one.dearer + other.dearer,
        failed=one.failed + other.failed,
        dropped=one.dropped + other.dropped,
        live_minor=one.live_minor + other.live_minor,
        shadow_minor=one.shadow_minor + other.shadow_minor,
    )


def _compare(batch: Sequence[tuple[Assembled, PriceBook]]) -> list[ShadowTotals]:
    """One for each order and shadow."""
    found = []
    for order, book in batch:
        attempt = order.attempt
        live = book.prices(attempt.currency, attempt.buyer)
        again = replay(attempt, order.lines, live.ruleset.rule_ids if live is not None else ())
        for shadow in book.shadows.get(attempt.currency, ()):
            try:
                total_minor = again.total_minor(shadow.prices.ruleset.price(again.cart))
            except Exception as error:  # a shadow that fails is what a shadow is for
                log.warning("shadow_failed", ruleset=shadow.ruleset_hash, order=attempt.order_id, error=repr(error))
                found.append(ShadowTotals(shadow.ruleset_hash, attempt.currency, failed=1))
                continue
            difference = total_minor - order.total_minor
            found.append(
                ShadowTotals(
                    shadow.ruleset_hash,
                    attempt.currency,
                    orders=1,
                    cheaper=int(difference < 0),
                    dearer=int(difference > 0),
                    live_minor=order.total_minor,
                    shadow_minor=total_minor,
                )
            )
    return found
