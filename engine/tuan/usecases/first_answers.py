"""The first answer again: to a request that was answered before, wherever the answer is still known.

Redis knows the requests of its shards until it forgets them, SQL knows all of them for ever; what a repeat hears is what the
record says, because that has the frozen price.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict

from tuan.domain.claim import Answer, Code
from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import Order
from tuan.plugin import Refusal
from tuan.ports import Inventory, Record
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.order_batch import OrderBatch
from tuan.usecases.order_commands import Placed, PlaceResult, request_id_reused


class FirstAnswers:
    def __init__(self, inventory: Inventory, record: Record, watch: DrainWatch) -> None:
        self._inventory = inventory
        self._record = record
        self._watch = watch

    async def from_record(self, batch: OrderBatch) -> None:
        """Requests that Redis may have forgotten, or whose activity is gone, are looked up where nothing is ever forgotten."""
        wanted = [
            index
            for index, (attempt, result) in enumerate(zip(batch.attempts, batch.results, strict=True))
            if (attempt is not None and batch.snapshot.touches_forgetful_shard(attempt))
            or (isinstance(result, TuanError) and result.reason is Reason.ACTIVITY_NOT_FOUND)
        ]
        if not wanted:
            return
        pairs = [(batch.commands[index].caller, batch.commands[index].request_id) for index in wanted]
        try:
            found = await self._record.read(lambda unit: unit.orders.by_requests(pairs))
        except TuanError as error:
            for index in wanted:
                batch.results[index] = error
            return
        by_request = {(order.placed.caller, order.placed.request_id): (order, mark) for order, mark in found}
        for index, pair in zip(wanted, pairs, strict=True):
            if pair in by_request:
                order, fingerprint = by_request[pair]
                batch.results[index] = _first_answer(order, fingerprint, batch.fingerprints[index])

    async def to_refused(self, batch: OrderBatch) -> None:
        """A repeat of a granted request may be refused now (ticket expired, sale over): the first answer still stands."""
        by_shard: dict[str, list[int]] = defaultdict(list)
        for index, result in enumerate(batch.results):
            attempt = batch.attempts[index]
            if isinstance(result, Refusal) and attempt is not None:
                by_shard[batch.snapshot.shards_of(attempt)[-1]].append(index)
        for shard, indexes in by_shard.items():
            try:
                answers = await self._inventory.reservations(shard, [batch.keys[index] for index in indexes])
            except TuanError:
                continue  # the refusal stands; it left nothing behind, and the caller may ask again
            known = [
                (index, answer) for index, answer in zip(indexes, answers, strict=True) if answer.code is Code.GRANTED
            ]
            results = await asyncio.gather(*(self.to_replay(index, shard, answer, batch) for index, answer in known))
            for (index, _), result in zip(known, results, strict=True):
                batch.results[index] = result

    async def to_replay(self, index: int, shard: str, answer: Answer, batch: OrderBatch) -> PlaceResult:
        """The first answer again, from the record, where its frozen price is (once the drain has brought it there)."""
        voided = request_id_reused(batch.commands[index].request_id)  # the id had been used through another shard
        return await self._recorded(index, shard, answer, batch, voided)

    async def to_ended_hold(self, index: int, shard: str, answer: Answer, batch: OrderBatch) -> PlaceResult:
        """The repeat of a request whose hold here has ended. Where there was an order, the first answer; else a later shard
        refused it, and its key is used up: an order must not be built on a hold that was given back."""
        request_id = batch.commands[index].request_id
        used_up = TuanError(
            Reason.ORDER_STATE_CONFLICT,
            f"request_id {request_id} was refused before, after {shard} had granted its part; use a new one",
            request_id=request_id,
        )
        return await self._recorded(index, shard, answer, batch, used_up)

    async def _recorded(
        self, index: int, shard: str, answer: Answer, batch: OrderBatch, otherwise: TuanError
    ) -> PlaceResult:
        """What SQL says once it has the answer's intent. Errors are the result of this one order, not of the batch."""
        command = batch.commands[index]
        pairs = [(command.caller, command.request_id)]
        try:
            await self._watch.wait(shard, answer.sequence)
            found = await self._record.read(lambda unit: unit.orders.by_requests(pairs))
        except TuanError as error:
            return error
        return _first_answer(*found[0], batch.fingerprints[index]) if found else otherwise


def _first_answer(order: Order, recorded: str, fingerprint: str) -> PlaceResult:
    placed = order.placed
    if recorded != fingerprint:
        return request_id_reused(placed.request_id)
    return Placed(
        order_id=placed.order_id,
        currency=placed.currency,
        total_minor=placed.total_minor,
        lines=placed.lines,
        due_ms=order.due_ms,
        place_time_ms=placed.place_time_ms,
        in_sql=True,
        replayed=True,
    )
