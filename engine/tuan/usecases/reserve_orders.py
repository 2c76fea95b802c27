"""Reserve a batch of priced orders, shard by shard: each order whole or not at all."""

from __future__ import annotations

import asyncio

from msgspec.structs import replace

from tuan.codec import encode
from tuan.domain.activity import BUDGET_PREFIX, stock_counter
from tuan.domain.claim import Answer, Code, EndRequest, ReservationState, ReserveRequest
from tuan.domain.errors import Reason, Status, TuanError
from tuan.domain.order import LineKind, OrderPlaced
from tuan.plugin import Refusal, RefusalKind
from tuan.ports import Inventory
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.first_answers import FirstAnswers
from tuan.usecases.key_locks import KeyLocks
from tuan.usecases.order_batch import OrderBatch
from tuan.usecases.order_commands import Placed
from tuan.usecases.placing_limits import PlacingLimits
from tuan.usecases.pricing.run_out import RunOut
from tuan.usecases.refusals import answer_to_result
from tuan.usecases.shard_away import AWAY
from tuan.usecases.similar_goods import SimilarGoods
from tuan.usecases.sold_out import SoldOut

_ENDED_UNPAID = (ReservationState.RELEASED, ReservationState.EXPIRED)


class OrderReserver:
    """`run_out` hears of promotions that have nothing left, and the batch keeps which orders that concerns; `sold_out` hears of goods."""

    def __init__(
        self,
        inventory: Inventory,
        watch: DrainWatch,
        similar: SimilarGoods,
        first: FirstAnswers,
        run_out: RunOut,
        sold_out: SoldOut,
        limits: PlacingLimits,
    ) -> None:
        self._inventory = inventory
        self._watch = watch
        self._similar = similar
        self._first = first
        self._run_out = run_out
        self._sold_out = sold_out
        self._limits = limits
        self._locks = KeyLocks()

    async def reserve(self, batch: OrderBatch) -> None:
        """Every open order is granted on all its shards afterwards, or has the result that refuses it.

        An order over several shards gives back what it got when a later one refuses; its own repeat must not build on that.
        """
        async with self._locks.of(*batch.keys_over_shards()):
            for shard in batch.shards():
                await self._on(shard, batch)

    async def _on(self, shard: str, batch: OrderBatch) -> None:
        """One call for every open order of the batch that needs this shard; a refusal gives back what it got elsewhere."""
        indexes = [index for index in batch.open() if shard in batch.claims_of(index)]
        if not indexes:
            return
        row = batch.snapshot.shards.get(shard)
        answers: list[Answer] | TuanError
        if row is None:
            answers = TuanError(Reason.SHARD_REBUILDING, f"{shard} is not ready yet", retry_after_ms=500, shard=shard)
        elif self._watch.behind(shard) > self._limits.undrained_max:
            # Slower is better than an ever longer tail of orders that only Redis knows.
            message = f"{shard}: SQL is {self._watch.behind(shard)} orders behind; come back in a second"
            answers = TuanError(Reason.STORE_UNAVAILABLE, message, retry_after_ms=1_000, shard=shard)
        else:
            requests = [self._request(index, shard, batch) for index in indexes]
            try:
                answers = await self._inventory.reserve(shard, row.epoch, requests)
            except TuanError as error:
                answers = error
        for position, index in enumerate(indexes):
            if isinstance(answers, TuanError):
                batch.results[index] = answers
                continue
            answer = answers[position]
            if answer.code is Code.GRANTED and answer.state in _ENDED_UNPAID and shard != batch.last_shard(index):
                batch.results[index] = await self._first.to_ended_hold(index, shard, answer, batch)
            elif answer.code is Code.GRANTED:
                batch.granted[index].append((shard, answer))
                self._sold_out.sold(shard, batch.skus_of(index))
                for counter in answer.exhausted:
                    self._sold_out.heard(shard, counter, 0)
            else:
                if answer.code in AWAY:
                    self._watch.shard_refused(shard)
                ran_out = self._ran_out(answer, index, batch)
                if ran_out is None and answer.code is Code.DOES_NOT_FIT and answer.counter:
                    self._sold_out.heard(shard, answer.counter, answer.available)
                batch.results[index] = ran_out or self._refused(answer, shard, index, batch)
        await self._compensate(indexes, batch)

    def _refused(self, answer: Answer, shard: str, index: int, batch: OrderBatch) -> Refusal | TuanError:
        result = answer_to_result(answer, shard, batch.commands[index])
        if isinstance(result, Refusal) and result.kind is RefusalKind.SOLD_OUT:
            return replace(result, similar=self._similar.to(result.sku))
        return result

    def _ran_out(self, answer: Answer, index: int, batch: OrderBatch) -> Refusal | None:
        """A promotion ran out between pricing and claiming: never a dearer order than was asked for, but its price, to be agreed to."""
        counter, assembled = answer.counter or "", batch.assembled[index]
        assert assembled is not None
        if answer.code not in (Code.DOES_NOT_FIT, Code.OVER_LIMIT):
            return None
        gifts = {stock_counter(line.sku) for line in assembled.lines if line.kind is LineKind.GIFT}
        if not counter.startswith(BUDGET_PREFIX) and counter not in gifts:
            return None
        self._run_out.heard(counter, max(0, answer.available))
        batch.ran_out.append(index)
        return Refusal(RefusalKind.PRICE_CHANGED, "a promotion of this order has just run out; this is its price now")

    def _request(self, index: int, shard: str, batch: OrderBatch) -> ReserveRequest:
        assembled, command = batch.assembled[index], batch.commands[index]
        assert assembled is not None
        attempt = assembled.attempt
        body = encode(
            OrderPlaced(
                order_id=attempt.order_id,
                caller=command.caller,
                request_id=command.request_id,
                buyer=command.buyer,
                device=command.device,
                address=command.address,
                currency=command.currency,
                total_minor=assembled.total_minor,
                lines=assembled.lines,
                shards=tuple(sorted(assembled.claims)),
                ruleset_hash=assembled.ruleset_hash,
                place_time_ms=attempt.now_ms,
                region=command.region,
                channel=command.channel,
                ready_when_paid=assembled.ready_when_paid,
                facts=assembled.facts,
            )
        )
        hold_ms = self._limits.hold_ms if assembled.hold_ms is None else assembled.hold_ms
        return ReserveRequest(
            batch.keys[index],
            batch.fingerprints[index],
            assembled.claims[shard],
            hold_ms,
            body,
            label=attempt.order_id,
        )

    async def _compensate(self, indexes: list[int], batch: OrderBatch) -> None:
        """An order that spans shards and was refused here gives back what it was granted on the shards before.

        Only what is refused for good: where this shard is away or its answer was lost, the caller is told to ask again, and
        the repeat needs those holds; they may even be those of an order that was acknowledged. Unasked for, they end when due.
        """
        for index in indexes:
            result = batch.results[index]
            if result is None or isinstance(result, Placed) or not batch.granted[index]:
                continue
            if isinstance(result, TuanError) and result.reason.status is Status.UNAVAILABLE:
                continue
            for earlier, _ in batch.granted[index]:
                epoch = batch.snapshot.shards[earlier].epoch
                # A lost release is not a lost unit: the hold ends by itself when it is due.
                release = self._inventory.release(
                    earlier, epoch, [EndRequest(batch.keys[index], b'{"reason":"refused"}')]
                )
                await asyncio.gather(release, return_exceptions=True)
