"""Moves stock between shards: out of the one, into the other, each once per transfer, whatever fails in between.

A transfer is in SQL before its first step, and both steps are idempotent on its id. Until it is done it is repeated from the
first step that SQL has not seen end; what that step did before comes back as its first answer.
"""

from __future__ import annotations

from collections.abc import Sequence

from tuan.domain.activity import stock_counter
from tuan.domain.claim import QUANTITY_MAX, Answer, Code, CounterSpec, RestockRequest
from tuan.domain.errors import Reason, TuanError
from tuan.ports import Inventory, Record, StockTransfer
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.shard_away import refuse_if_away
from tuan.usecases.snapshot import SnapshotKeeper


class StockMover:
    def __init__(self, inventory: Inventory, record: Record, keeper: SnapshotKeeper, watch: DrainWatch) -> None:
        self._inventory = inventory
        self._record = record
        self._keeper = keeper
        self._watch = watch

    async def move(self, transfers: Sequence[StockTransfer]) -> None:
        """Write them down and carry out every transfer that is open, these and others'."""
        await self._record.write(lambda unit: unit.activities.plan_transfers(transfers))
        await self.finish_all()

    async def finish_all(self) -> None:
        """Every transfer under way; one whose shard is being rebuilt waits for the next round."""
        for transfer in await self._record.read(lambda unit: unit.activities.open_transfers()):
            try:
                await self._finish(transfer)
            except TuanError as error:
                if error.reason is not Reason.SHARD_REBUILDING:
                    raise

    async def _finish(self, transfer: StockTransfer) -> None:
        taken = transfer.taken
        counter = stock_counter(transfer.sku)
        if transfer.state == "planned":
            # Never asked first how much there is: a repeat would find nothing, and forget what the first try has taken.
            wanted = QUANTITY_MAX if transfer.quantity is None else transfer.quantity
            request = RestockRequest(f"{transfer.transfer_id}:out", counter, -wanted, clip=True)
            taken = -(await self._restock(transfer.from_shard, request)).applied
            await self._set(transfer, "taken", taken)
        if taken:
            await self._restock(transfer.to_shard, RestockRequest(f"{transfer.transfer_id}:in", counter, taken))
        await self._set(transfer, "done", taken)

    async def _restock(self, shard: str, request: RestockRequest) -> Answer:
        epoch = self._keeper.epoch(shard)
        [answer] = await self._inventory.restock(shard, epoch, [request])
        if answer.code is Code.UNKNOWN_COUNTER:
            if request.delta <= 0:
                return Answer(Code.GRANTED)
            spec = CounterSpec(request.counter, 0)
            await self._inventory.define(shard, epoch, f"counter:{request.counter}", [spec])
            [answer] = await self._inventory.restock(shard, epoch, [request])
        refuse_if_away(answer, shard, self._watch)
        if answer.code is not Code.GRANTED:
            message = f"{shard} answered {answer.code.name} to {request.key}"
            raise TuanError(Reason.ACTIVITY_STATE_CONFLICT, message)
        return answer

    async def _set(self, transfer: StockTransfer, state: str, taken: int) -> None:
        await self._record.write(lambda unit: unit.activities.set_transfer(transfer.transfer_id, state, taken))
