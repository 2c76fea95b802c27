"""Counters of an activity that its promotion makes and takes from itself, beside those that orders claim: a group's seats."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from tuan.domain.claim import Answer, Code, CounterSpec, GiveBackRequest, ReservationState
from tuan.domain.errors import Reason, TuanError
from tuan.ports import Inventory, Record
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.shard_away import refuse_if_away, shard_away
from tuan.usecases.snapshot import SnapshotKeeper
from tuan.usecases.take_for_good import taken_key

#: Nothing is left of it to give back: somebody else gave it back, or it never was confirmed.
_NOTHING_LEFT = (Code.TOO_MUCH, Code.ALREADY_RELEASED, Code.ALREADY_EXPIRED, Code.UNKNOWN_RESERVATION)


class ActivityCounters:
    def __init__(self, inventory: Inventory, record: Record, keeper: SnapshotKeeper, watch: DrainWatch) -> None:
        self._inventory = inventory
        self._record = record
        self._keeper = keeper
        self._watch = watch

    async def define(self, shard: str, key: str, counters: Sequence[CounterSpec]) -> None:
        """Capacities that are there already stay as they are."""
        answer = await self._inventory.define(shard, self._keeper.epoch(shard), key, counters)
        await self._done(answer, shard)

    async def time_ms(self, shard: str) -> int:
        """The claims store's clock, by which it judges deadlines."""
        state = await self._inventory.shard_state(shard)
        if state is None:
            self._watch.shard_refused(shard)
            raise shard_away(shard)
        return state.time_ms

    async def give_back_claimed(
        self, shard: str, key: str, event_kind: str, claim_key: str, quantities: Mapping[str, int]
    ) -> None:
        """Part of what `take_for_good` took under `claim_key`."""
        await self._give_back(shard, key, taken_key(event_kind, claim_key), quantities)

    async def give_back_of_order(self, key: str, order_id: str, counters: Collection[str]) -> None:
        """What a paid order still holds of these counters."""
        await self._watch.barrier()
        for held in await self._record.read(lambda unit: unit.orders.reservations(order_id)):
            left = {name: count for name, count in held.left().items() if name in counters}
            if held.state is ReservationState.CONFIRMED and left:
                await self._give_back(held.shard, key, held.key, left)

    async def _give_back(self, shard: str, key: str, reservation: str, quantities: Mapping[str, int]) -> None:
        request = GiveBackRequest(key, reservation, tuple(quantities.items()))
        [answer] = await self._inventory.give_back(shard, self._keeper.epoch(shard), [request])
        if answer.code not in _NOTHING_LEFT:
            await self._done(answer, shard)

    async def _done(self, answer: Answer, shard: str) -> None:
        refuse_if_away(answer, shard, self._watch)
        if answer.code is not Code.GRANTED:
            message = f"{shard}: {answer.code.name} {answer.counter or ''}"
            raise TuanError(Reason.ACTIVITY_STATE_CONFLICT, message, activity_id=shard)
        await self._watch.wait(shard, answer.sequence)
