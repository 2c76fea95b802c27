"""Place orders, a batch at a time: validate, judge, price, reserve, acknowledge.

Redis decides and remembers the intent in the same step; SQL learns of it from the drain. The order of the checks is that of
their cost: what needs no I/O refuses first. A request that was granted before is answered as it was the first time, even where
the sale has ended since.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from tuan.domain.claim import Answer
from tuan.domain.errors import TuanError
from tuan.plugin import Attempt, Refusal, RefusalKind
from tuan.ports import Clock, Ids, Inventory, Record
from tuan.supervisor import PluginFault, Supervisor, Turn
from tuan.usecases.assemble import Assembled, Assembler, Outcome
from tuan.usecases.attempts import AttemptMaker
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.first_answers import FirstAnswers
from tuan.usecases.judge_risk import RiskJudge
from tuan.usecases.order_batch import OrderBatch
from tuan.usecases.order_commands import Placed, PlaceOrder, PlaceResult, RecentRequests, fingerprint_of, request_key
from tuan.usecases.placing_limits import PlacingLimits
from tuan.usecases.pricing.fact_reader import FactReader
from tuan.usecases.pricing.gatekeeper import gate_refusal, refuse_by_gates
from tuan.usecases.pricing.run_out import RunOut
from tuan.usecases.pricing.shadow import ShadowPricer
from tuan.usecases.redeem import Redeemer
from tuan.usecases.reserve_orders import OrderReserver
from tuan.usecases.similar_goods import SimilarGoods
from tuan.usecases.snapshot import Snapshot, SnapshotKeeper
from tuan.usecases.sold_out import SoldOut
from tuan.usecases.too_late import TooLate


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
        sold_out: SoldOut,
    ) -> None:
        self._keeper = keeper
        self._supervisor = supervisor
        self._judge = judge
        self._watch = watch
        self._clock = clock
        self._limits = limits
        self._attempts = AttemptMaker(ids, facts)
        self._redeemer = redeemer
        run_out = RunOut(clock)
        self._assembler = Assembler(supervisor, run_out)
        self._first = FirstAnswers(inventory, record, watch)
        self._too_late = TooLate(sold_out, similar, self._first)
        self._reserver = OrderReserver(inventory, watch, similar, self._first, run_out, sold_out, limits)
        self._recent = RecentRequests()
        #: Prices orders once more once they are placed; none where nobody compares.
        self.shadow: ShadowPricer | None = None

    async def place(self, commands: Sequence[PlaceOrder]) -> list[PlaceResult]:
        """One result per command, in order. Nothing is raised for a single bad order: its result is its error."""
        snapshot = self._keeper.current
        answered = await self._too_late.answers(commands, snapshot)
        if not answered:
            return await self._place(commands, snapshot)
        others = [command for index, command in enumerate(commands) if index not in answered]
        placed = iter(await self._place(others, snapshot) if others else ())
        return [answered[index] if index in answered else next(placed) for index in range(len(commands))]

    async def _place(self, commands: Sequence[PlaceOrder], snapshot: Snapshot) -> list[PlaceResult]:
        batch = OrderBatch(commands, snapshot)
        batch.keys = [request_key(command.caller, command.request_id) for command in commands]
        batch.fingerprints = list(map(fingerprint_of, commands))
        attempts = self._attempts.attempts(commands, batch.snapshot, self._clock.now_ms())
        for index, attempt in enumerate(attempts):
            reused = self._recent.conflict(batch.keys[index], batch.fingerprints[index], commands[index].request_id)
            if reused is not None:
                batch.results[index] = reused
            elif isinstance(attempt, TuanError):
                batch.results[index] = attempt
            else:
                batch.attempts[index] = attempt
        await self._first.from_record(batch)
        if any(command.brings_something for command in commands):
            await self._redeem(batch)
        if batch.snapshot.book.gated:
            refuse_by_gates(batch)
        await self._judge_and_assemble(batch)
        await self._first.to_refused(batch)
        await self._reserver.reserve(batch)
        if batch.ran_out:
            await self._price_again(batch)
        await self._acknowledge(batch)
        if self.shadow is not None and batch.snapshot.book.shadows:
            self.shadow.offer(batch.newly_placed(), batch.snapshot.book)
        return batch.finished()

    async def quote(self, command: PlaceOrder, gated: bool = True) -> Assembled | Refusal | TuanError:
        """Price a cart; promises nothing and claims nothing. `gated` False: as if no gate refused it."""
        snapshot = self._keeper.current
        [attempt] = self._attempts.attempts([command], snapshot, self._clock.now_ms())
        if isinstance(attempt, TuanError):
            raise attempt
        if command.brings_something:
            [redeemed] = await self._redeemer.redeem([attempt], snapshot.book)
            if not isinstance(redeemed, Attempt):
                return redeemed
            attempt = redeemed
        if gated and (refusal := gate_refusal(attempt, snapshot.book)) is not None:
            return refusal
        outcomes = await self._assemble([attempt], snapshot, admit=False)
        return outcomes[0]

    async def _redeem(self, batch: OrderBatch) -> None:
        """Look up what orders bring along; a refused one may still be the repeat of one that was granted."""
        indexes, attempts = [], []
        for index in batch.open():
            attempt = batch.attempts[index]
            if attempt is not None and batch.commands[index].brings_something:
                indexes.append(index)
                attempts.append(attempt)
        redeemed = await self._redeemer.redeem(attempts, batch.snapshot.book)
        for index, result in zip(indexes, redeemed, strict=True):
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

    async def _price_again(self, batch: OrderBatch) -> None:
        """Say what the orders cost now of which a promotion ran out."""
        attempts = [attempt for index in batch.ran_out if (attempt := batch.attempts[index]) is not None]
        outcomes = await self._assemble(attempts, batch.snapshot, admit=False)
        for index, outcome in zip(batch.ran_out, outcomes, strict=True):
            refusal = batch.results[index]
            if isinstance(outcome, Assembled) and isinstance(refusal, Refusal):
                batch.results[index] = replace(refusal, current_total_minor=outcome.total_minor)

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
        newest: dict[str, tuple[int, int]] = {}
        for index, placed in enumerate(batch.results):
            if isinstance(placed, Placed):
                self._recent.remember(batch.keys[index], batch.fingerprints[index])
                if batch.granted[index]:
                    shard, answer = batch.granted[index][-1]
                    sequence, count = newest.get(shard, (0, 0))
                    newest[shard] = (max(sequence, answer.sequence), count + 1)
        for shard, (sequence, count) in newest.items():
            self._watch.acknowledged(shard, sequence, count)

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
