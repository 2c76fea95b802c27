"""Brings committed events to the promotions that react to them, in order, at least once, each in one SQL transaction.

A reaction and the cursor of its plugin are committed together, so an event is never lost and an effect in SQL never doubled.
A reaction that keeps failing is set aside with an alarm: one poisonous event must not stop a plugin for ever.

Every order leaves an event, and few of them are for a promotion. A cursor moves with the events that its plugin reacts to, so that
what lies behind it grows with every order: where this process has looked already it remembers, and looks at each event once.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

import structlog

from tuan.domain.event import Event
from tuan.plugin import PromotionType
from tuan.ports import Clock, Record, Unit
from tuan.registry import Registry
from tuan.supervisor import Supervisor
from tuan.usecases.reactions import ReactionFault, consumer_of, react_contained

log = structlog.get_logger()

PAUSE_MS = 100
BATCH = 256
TRIES_MAX = 5


class EventDeliverer:
    def __init__(self, record: Record, registry: Registry, supervisor: Supervisor, clock: Clock) -> None:
        self._record = record
        self._reactors = [promotion for promotion in registry.promotions.values() if promotion.reacts_to]
        self._supervisor = supervisor
        self._clock = clock
        self._tries: dict[tuple[str, int], int] = defaultdict(int)
        #: By consumer: up to here there is nothing left for it.
        self._seen: dict[str, int] = defaultdict(int)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                busy = await self.deliver_all() > 0
            except Exception as error:  # the store may be away; the cursors are safe where they are
                log.warning("events_not_delivered", error=repr(error))
                busy = False
            if not busy:
                await asyncio.sleep(PAUSE_MS / 1_000)

    async def deliver_all(self) -> int:
        """One round; how many reactions ran."""
        newest = await self._record.read(lambda unit: unit.outbox.last())
        behind = [promotion for promotion in self._reactors if self._seen[consumer_of(promotion)] < newest]
        counts = await asyncio.gather(*(self._deliver(promotion, newest) for promotion in behind))
        return sum(counts)

    async def _deliver(self, promotion: PromotionType, newest: int) -> int:
        consumer = consumer_of(promotion)
        seen = self._seen[consumer]

        def read(unit: Unit) -> list[Event]:
            return unit.outbox.after(max(seen, unit.outbox.cursor(consumer)), BATCH, promotion.reacts_to)

        events = await self._record.read(read)
        for count, event in enumerate(events):
            if not self._supervisor.usable(promotion):
                return count
            if not await self._react(promotion, consumer, event):
                return count
            self._seen[consumer] = event.event_id
        if len(events) < BATCH:
            self._seen[consumer] = max(newest, self._seen[consumer])
        return len(events)

    async def _react(self, promotion: PromotionType, consumer: str, event: Event) -> bool:
        """True when the cursor may pass the event."""
        try:
            await self._record.write(lambda unit: react_contained(promotion, event, unit, consumer))
        except ReactionFault as fault:
            self._supervisor.fault(promotion, str(fault))
            return await self._set_aside(promotion, consumer, event, fault)
        self._supervisor.well_behaved(promotion)
        self._tries.pop((consumer, event.event_id), None)
        return True

    async def _set_aside(self, promotion: PromotionType, consumer: str, event: Event, fault: ReactionFault) -> bool:
        key = (consumer, event.event_id)
        self._tries[key] += 1
        if self._tries[key] < TRIES_MAX:
            return False
        message = f"event {event.event_id} ({event.kind}) was set aside after {TRIES_MAX} tries: {fault}"
        log.error("event_set_aside", plugin=promotion.code, event_id=event.event_id, error=str(fault))

        def pass_by(unit):  # type: ignore[no-untyped-def]
            unit.alarms.add("reaction_failed", promotion.code, message, self._clock.now_ms())
            unit.outbox.advance(consumer, event.event_id)

        await self._record.write(pass_by)
        del self._tries[key]
        return True
