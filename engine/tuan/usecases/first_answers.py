"""The first answer again: to a request that was answered before, wherever the answer is still known.

Redis knows the requests of its shards until it forgets them, SQL knows all of them for ever; what a repeat hears is what the
record says, because that has the frozen price.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from tuan.domain.claim import Answer, Code
from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import Order
from tuan.plugin import Refusal
from tuan.ports import Inventory, Record
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.order_batch import OrderBatch
from tuan.usecases.order_commands import Placed, PlaceOrder, PlaceResult, fingerprint_of, request_id_reused


class FirstAnswers:
    def __init__(self, inventory: Inventory, record: Record, watch: DrainWatch) -> None:
        self._inventory = inventory
        self._record = record
        self._watch = watch

    async def from_record(self, batch: OrderBatch) -> None:
        """Requests that Redis may have forgotten, or whose activity is gone, are looked up where nothing is ever forgotten."""
        forgetful = bool(batch.snapshot.forgetful)
        wanted = [
            index
            for index, (attempt, result) in enumerate(zip(batch.attempts, batch.results, strict=True))
            if (result is not None and isinstance(result, TuanError) and result.reason is Reason.ACTIVITY_NOT_FOUND)
            or (forgetful and attempt is not None and batch.snapshot.touches_forgetful_shard(attempt))
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
                batch.results[index] = _first_answer(*by_request[pair], batch.commands[index])

    async def to_refused(self, batch: OrderBatch) -> None:
        """A repeat of a granted request may be refused now (ticket expired, sale over): the first answer still stands."""
        by_shard: dict[str, list[int]] = defaultdict(list)
        for index, result in enumerate(batch.results):
            attempt = batch.attempts[index]
            if isinstance(result, Refusal) and attempt is not None:
                by_shard[batch.snapshot.shards_of(attempt)[-1]].append(index)
        await self.to_repeats(by_shard, batch)

    async def to_repeats(self, by_shard: Mapping[str, Sequence[int]], batch: OrderBatch) -> None:
        """Whoever of these was granted by the shard before hears that again."""
        for shard, indexes in by_shard.items():
            try:
                answers = await self._inventory.reservations(shard, [batch.keys[index] for index in indexes])
            except TuanError:
                continue  # the refusal stands; it left nothing behind, and the caller may ask again
            known = [
                (index, shard, answer)
                for index, answer in zip(indexes, answers, strict=True)
                if answer.code is Code.GRANTED
            ]
            if known:
                await self.to_replays(known, batch)

    async def to_replays(self, items: Sequence[tuple[int, str, Answer]], batch: OrderBatch) -> None:
        """The first answers again, from the record, where their frozen prices are (once the drain has brought them there)."""
        results = await self._recorded(items, batch)
        for (index, _, _), result in zip(items, results, strict=True):
            voided = request_id_reused(batch.commands[index].request_id)  # the id had been used through another shard
            batch.results[index] = voided if result is None else result

    async def to_ended_hold(self, index: int, shard: str, answer: Answer, batch: OrderBatch) -> PlaceResult:
        """The repeat of a request whose hold here has ended. Where there was an order, the first answer; else a later shard
        refused it, and its key is used up: an order must not be built on a hold that was given back."""
        [result] = await self._recorded([(index, shard, answer)], batch)
        if result is not None:
            return result
        request_id = batch.commands[index].request_id
        return TuanError(
            Reason.ORDER_STATE_CONFLICT,
            f"request_id {request_id} was refused before, after {shard} had granted its part; use a new one",
            request_id=request_id,
        )

    async def _recorded(self, items: Sequence[tuple[int, str, Answer]], batch: OrderBatch) -> list[PlaceResult | None]:
        """What SQL says once it has the answers' intents; None where it has no order. One wait and one read for all."""
        late = await self._watch.wait_each([(shard, answer.sequence) for _, shard, answer in items])
        pairs = [(batch.commands[index].caller, batch.commands[index].request_id) for index, _, _ in items]
        wanted = [pair for pair, error in zip(pairs, late, strict=True) if error is None]
        try:
            found = await self._record.read(lambda unit: unit.orders.by_requests(wanted)) if wanted else []
        except TuanError as unread:
            return [unread] * len(items)
        by_request = {(order.placed.caller, order.placed.request_id): (order, mark) for order, mark in found}
        results: list[PlaceResult | None] = []
        for (index, _, _), pair, error in zip(items, pairs, late, strict=True):
            if error is not None or pair not in by_request:
                results.append(error)
            else:
                results.append(_first_answer(*by_request[pair], batch.commands[index]))
        return results


def _first_answer(order: Order, recorded: str, command: PlaceOrder) -> PlaceResult:
    """`recorded`: the fingerprint of what was asked first."""
    placed = order.placed
    if recorded != fingerprint_of(command):
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
