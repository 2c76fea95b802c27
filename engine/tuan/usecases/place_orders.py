"""Place orders, a batch at a time: validate, judge, price, reserve, acknowledge.

Redis decides and remembers the intent in the same step; SQL learns of it from the drain. The order of the checks is that of
their cost: what needs no I/O refuses first. A request that was granted before is answered as it was the first time, even where
the sale has ended since.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from msgspec.structs import replace

from tuan.codec import encode
from tuan.domain.activity import BUDGET_PREFIX, RETAIL, stock_counter
from tuan.domain.claim import Answer, Code, EndRequest, ReservationState, ReserveRequest
from tuan.domain.errors import Reason, Status, TuanError
from tuan.domain.order import LineKind, OrderPlaced
from tuan.plugin import Attempt, CartLine, Refusal, RefusalKind
from tuan.ports import Clock, Ids, Inventory, Record
from tuan.supervisor import PluginFault, Supervisor, Turn
from tuan.usecases.assemble import Assembled, Assembler, Outcome, unknown_activity
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.first_answers import FirstAnswers
from tuan.usecases.judge_risk import RiskJudge
from tuan.usecases.key_locks import KeyLocks
from tuan.usecases.order_batch import OrderBatch
from tuan.usecases.order_commands import Placed, PlaceOrder, PlaceResult, RecentRequests, fingerprint_of, request_key
from tuan.usecases.pricing.fact_reader import FactReader
from tuan.usecases.pricing.gatekeeper import gate_refusal, refuse_by_gates
from tuan.usecases.pricing.run_out import RunOut
from tuan.usecases.pricing.shadow import ShadowPricer
from tuan.usecases.redeem import Redeemer
from tuan.usecases.refusals import answer_to_result
from tuan.usecases.shard_away import AWAY
from tuan.usecases.similar_goods import SimilarGoods
from tuan.usecases.snapshot import Snapshot, SnapshotKeeper

_NO_FACTS: Mapping[str, Mapping[str, Any]] = MappingProxyType({})
_ENDED_UNPAID = (ReservationState.RELEASED, ReservationState.EXPIRED)


@dataclass(frozen=True, slots=True)
class PlacingLimits:
    """`hold_ms`: how long an unpaid order keeps what it reserved. `ack_sql`: answer only after the SQL commit.

    `undrained_max`: orders of a shard that SQL may lack before new ones are asked to wait. `plugins_deadline_ms`: how long the
    plugins of one batch may take together; the one whose turn it is when the time is up is charged.
    """

    hold_ms: int
    ack_sql: bool
    undrained_max: int
    plugins_deadline_ms: int


class OrderPlacer:
    """Places batches of orders; see the module."""

    def __init__(
        self,
        inventory: Inventory,
        record: Record,
        keeper: SnapshotKeeper,
        supervisor: Supervisor,
        judge: RiskJudge,
        watch: DrainWatch,
        similar: SimilarGoods,
        clock: Clock,
        ids: Ids,
        limits: PlacingLimits,
        facts: FactReader,
        redeemer: Redeemer,
    ) -> None:
        self._inventory = inventory
        self._keeper = keeper
        self._supervisor = supervisor
        self._judge = judge
        self._watch = watch
        self._similar = similar
        self._clock = clock
        self._ids = ids
        self._limits = limits
        self._facts = facts
        self._redeemer = redeemer
        self._run_out = RunOut(clock)
        self._assembler = Assembler(supervisor, self._run_out)
        self._first = FirstAnswers(inventory, record, watch)
        self._recent = RecentRequests()
        #: Prices orders once more once they are placed; none where nobody compares.
        self.shadow: ShadowPricer | None = None
        self._locks = KeyLocks()

    async def place(self, commands: Sequence[PlaceOrder]) -> list[PlaceResult]:
        """One result per command, in order. Nothing is raised for a single bad order: its result is its error."""
        batch = OrderBatch(commands, self._keeper.current)
        now_ms = self._clock.now_ms()
        for index, command in enumerate(commands):
            try:
                batch.keys[index] = request_key(command.caller, command.request_id)
                batch.fingerprints[index] = fingerprint_of(command)
                self._recent.check(batch.keys[index], batch.fingerprints[index], command.request_id)
                batch.attempts[index] = self._attempt(command, batch.snapshot, now_ms)
            except TuanError as error:
                batch.results[index] = error
        await self._first.from_record(batch)
        if any(command.coupon_ids or command.points for command in commands):
            await self._redeem(batch)
        if batch.snapshot.book.gated:
            refuse_by_gates(batch)
        await self._judge_and_assemble(batch)
        await self._first.to_refused(batch)
        # An order over several shards gives back what it got when a later one refuses; its own repeat must not build on that.
        async with self._locks.of(*batch.keys_over_shards()):
            for shard in batch.shards():
                await self._reserve_on(shard, batch)
        if batch.ran_out:
            await self._price_again(batch)
        await self._acknowledge(batch)
        if self.shadow is not None and batch.snapshot.book.shadows:
            self.shadow.offer(batch.newly_placed(), batch.snapshot.book)
        return batch.finished()

    async def quote(self, command: PlaceOrder, gated: bool = True) -> Assembled | Refusal | TuanError:
        """Price a cart; promises nothing and claims nothing. `gated` False: as if no gate refused it."""
        snapshot = self._keeper.current
        attempt = self._attempt(command, snapshot, self._clock.now_ms())
        if command.coupon_ids or command.points:
            [redeemed] = await self._redeemer.redeem([attempt])
            if not isinstance(redeemed, Attempt):
                return redeemed
            attempt = redeemed
        if gated and (refusal := gate_refusal(attempt, snapshot.book)) is not None:
            return refusal
        outcomes = await self._assemble([attempt], snapshot, admit=False)
        return outcomes[0]

    def _attempt(self, command: PlaceOrder, snapshot: Snapshot, now_ms: int) -> Attempt:
        command.validate()
        lines = []
        for index, wanted in enumerate(command.lines):
            sku = snapshot.skus.get(wanted.sku)
            if sku is None or not sku.active:
                raise TuanError(
                    Reason.SKU_NOT_FOUND, f"lines[{index}].sku: no SKU {wanted.sku} is for sale", sku=wanted.sku
                )
            if sku.currency != command.currency:
                raise TuanError(
                    Reason.CURRENCY_MISMATCH,
                    f"lines[{index}]: {wanted.sku} is priced in {sku.currency}; place the order in that currency",
                    expected=sku.currency,
                    actual=command.currency,
                )
            activity_id = wanted.activity_id or RETAIL
            if activity_id != RETAIL and activity_id not in snapshot.activities:
                raise unknown_activity(activity_id, snapshot)
            line = CartLine(index, wanted.sku, wanted.quantity, activity_id, sku.category, sku.list_minor)
            if wanted.facts:
                line = replace(line, facts=self._facts.of_line(wanted.facts, command.currency, index))
            lines.append(line)
        return Attempt(
            order_id=self._ids.new(),
            caller=command.caller,
            buyer=command.buyer,
            device=command.device,
            address=command.address,
            currency=command.currency,
            ticket=command.ticket,
            region=command.region,
            now_ms=now_ms,
            lines=tuple(lines),
            channel=command.channel,
            facts=self._facts.of_cart(command.facts, command.currency) if command.facts else _NO_FACTS,
            shipping_minor=command.shipping_minor,
            coupon_ids=command.coupon_ids,
            points=command.points,
        )

    async def _redeem(self, batch: OrderBatch) -> None:
        """Look up what orders bring along; a refused one may still be the repeat of one that was granted."""
        indexes, attempts = [], []
        for index in batch.open():
            attempt = batch.attempts[index]
            if attempt is not None and (attempt.coupon_ids or attempt.points):
                indexes.append(index)
                attempts.append(attempt)
        for index, result in zip(indexes, await self._redeemer.redeem(attempts), strict=True):
            if isinstance(result, Attempt):
                batch.attempts[index] = result
            else:
                batch.results[index] = result

    async def _judge_and_assemble(self, batch: OrderBatch) -> None:
        open_indexes = [index for index in batch.open() if batch.attempts[index] is not None]
        attempts = [attempt for index in open_indexes if (attempt := batch.attempts[index]) is not None]
        refusals = await self._judge.judge(attempts, batch.snapshot)
        kept = [position for position, refusal in enumerate(refusals) if refusal is None]
        for position, refusal in enumerate(refusals):
            if isinstance(refusal, Refusal) and refusal.kind is RefusalKind.CHALLENGE_REQUIRED:
                # A promotion may know that the buyer solved one (its ticket says so); if none does, the refusal stands.
                attempts[position] = replace(attempts[position], challenged=True)
                kept.append(position)
        outcomes = await self._assemble([attempts[position] for position in kept], batch.snapshot, admit=True)
        judged: list[Outcome | None] = list(refusals)
        for position, outcome in zip(kept, outcomes, strict=True):
            if attempts[position].challenged and isinstance(outcome, Assembled) and not outcome.challenge_met:
                continue
            judged[position] = outcome
        for index, judgement in zip(open_indexes, judged, strict=True):
            expected = batch.commands[index].expected_total_minor
            if isinstance(judgement, Assembled):
                if expected is not None and expected != judgement.total_minor:
                    message = (
                        f"the price is {judgement.total_minor} now, not {expected} (minor units); show it and ask again"
                    )
                    batch.results[index] = Refusal(
                        RefusalKind.PRICE_CHANGED, message, current_total_minor=judgement.total_minor
                    )
                else:
                    batch.assembled[index] = judgement
            else:
                batch.results[index] = judgement

    async def _assemble(self, attempts: list[Attempt], snapshot: Snapshot, admit: bool) -> list[Outcome]:
        """In a plugin worker. When one plugin hangs, the batch is tried again: the hung one answers faults now, the rest go on."""
        if not attempts:
            return []

        def work(turn: Turn) -> list[Outcome]:
            return self._assembler.assemble(attempts, snapshot, turn, admit)

        try:
            return await self._supervisor.run(work, self._limits.plugins_deadline_ms)
        except PluginFault as fault:
            if len(attempts) == 1 or fault.plugin is None:
                return [fault] * len(attempts)
            hung = fault.plugin
            spared = [attempt for attempt in attempts if not snapshot.involves(attempt, hung)]
            rest = iter(await self._assemble(spared, snapshot, admit))
            return [fault if snapshot.involves(attempt, hung) else next(rest) for attempt in attempts]

    async def _reserve_on(self, shard: str, batch: OrderBatch) -> None:
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
            requests = [self._reserve_request(index, shard, batch) for index in indexes]
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
            else:
                if answer.code in AWAY:
                    self._watch.shard_refused(shard)
                result = self._ran_out(answer, index, batch) or answer_to_result(answer, shard, batch.commands[index])
                if isinstance(result, Refusal) and result.kind is RefusalKind.SOLD_OUT:
                    result = replace(result, similar=self._similar.to(result.sku))
                batch.results[index] = result
        await self._compensate(indexes, batch)

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

    async def _price_again(self, batch: OrderBatch) -> None:
        """Say what the orders cost now of which a promotion ran out."""
        attempts = [attempt for index in batch.ran_out if (attempt := batch.attempts[index]) is not None]
        outcomes = await self._assemble(attempts, batch.snapshot, admit=False)
        for index, outcome in zip(batch.ran_out, outcomes, strict=True):
            refusal = batch.results[index]
            if isinstance(outcome, Assembled) and isinstance(refusal, Refusal):
                batch.results[index] = replace(refusal, current_total_minor=outcome.total_minor)

    def _reserve_request(self, index: int, shard: str, batch: OrderBatch) -> ReserveRequest:
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

    async def _acknowledge(self, batch: OrderBatch) -> None:
        """New orders at once (with `ack=sql` once SQL has them); repeats with their first answers."""
        new: list[int] = []
        repeats: list[tuple[int, str, Answer]] = []
        for index in batch.open():
            shard, answer = batch.granted[index][-1]
            assembled = batch.assembled[index]
            assert assembled is not None
            if answer.replayed and answer.label != assembled.attempt.order_id:
                repeats.append((index, shard, answer))
            else:
                batch.results[index] = self._placed(assembled, answer)
                new.append(index)
        if self._limits.ack_sql:
            last = [(shard, answer.sequence) for index in new for shard, answer in batch.granted[index][-1:]]
            for index, error in zip(new, await self._watch.wait_each(last), strict=True):
                batch.results[index] = error or batch.results[index]
        if repeats:
            await self._first.to_replays(repeats, batch)
        newest: dict[str, int] = {}
        for index, placed in enumerate(batch.results):
            if isinstance(placed, Placed):
                self._recent.remember(batch.keys[index], batch.fingerprints[index])
                if batch.granted[index]:
                    shard, answer = batch.granted[index][-1]
                    newest[shard] = max(newest.get(shard, 0), answer.sequence)
        for shard, sequence in newest.items():
            self._watch.acknowledged(shard, sequence)

    def _placed(self, assembled: Assembled, answer: Answer) -> Placed:
        return Placed(
            order_id=assembled.attempt.order_id,
            currency=assembled.attempt.currency,
            total_minor=assembled.total_minor,
            lines=assembled.lines,
            due_ms=answer.due_ms,
            place_time_ms=assembled.attempt.now_ms,
            in_sql=self._limits.ack_sql,
            replayed=False,
        )
