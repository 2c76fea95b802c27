"""Provisions activities, and closes them: stock goes out from retail when one begins and comes back when it is over.

    PROVISIONING  counters defined, stock on its way in, buffer held back   -> RUNNING
    RUNNING       until the end time                                        -> CLOSING
    CLOSING       what is available flows back, until nothing is pending    -> CLOSED
    CLOSED        a refund gives units back                                 -> CLOSING

Every step is idempotent and its progress is in SQL, so a crash anywhere is finished by the next round. A unit is always in
exactly one place: taken from the one shard before it is put into the other, and a transfer under way is in the record.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from tuan.domain.activity import RETAIL, Activity, ActivityState, buffer_key, stock_counter
from tuan.domain.claim import Answer, Claim, Code, CounterSpec, EndRequest, ReserveRequest, RestockRequest
from tuan.domain.errors import Reason, TuanError
from tuan.ports import Clock, Inventory, Record, StockTransfer, Unit
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.snapshot import SnapshotKeeper

log = structlog.get_logger()

PAUSE_MS = 250


class ActivityKeeper:
    def __init__(
        self, inventory: Inventory, record: Record, keeper: SnapshotKeeper, watch: DrainWatch, clock: Clock
    ) -> None:
        self._inventory = inventory
        self._record = record
        self._keeper = keeper
        self._watch = watch
        self._clock = clock
        self._turn = asyncio.Lock()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(PAUSE_MS / 1_000)
            try:
                await self.advance_all()
            except Exception as error:  # a store may be away; the next round goes on where this one stopped
                log.warning("activities_not_advanced", error=repr(error))

    async def ensure_retail(self) -> None:
        """The shard of ordinary sales is always there."""
        await self._register(RETAIL)
        self._expect(await self._inventory.define(RETAIL, self._keeper.epoch(RETAIL), "open", ()), RETAIL)

    async def advance_all(self) -> None:
        """One round: every transfer under way, then every activity whose time has come."""
        async with self._turn:
            await self._finish_transfers()
            states = (ActivityState.PROVISIONING, ActivityState.RUNNING, ActivityState.CLOSING)
            activities = await self._record.read(lambda unit: unit.activities.list(states, count_max=100_000))
            now_ms = self._clock.now_ms()
            for activity in activities:
                try:
                    await self._advance(activity, now_ms)
                except TuanError as error:
                    if error.reason is Reason.SHARD_REBUILDING:
                        self._watch.shard_refused(error.metadata.get("shard", activity.shard))
                    log.info("activity_waits", activity=activity.activity_id, reason=error.reason.name)

    async def close_now(self, activity_id: str) -> None:
        """End an activity before its time."""
        await self._set_state(activity_id, ActivityState.CLOSING)
        await self.advance_all()

    async def release_buffer(self, activity_id: str, sku: str) -> int:
        """Put a SKU's buffer on sale, once; how many units. 0 when there was none, or it had been released."""
        activity = await self._record.read(lambda unit: unit.activities.get(activity_id))
        if activity is None:
            raise TuanError(Reason.ACTIVITY_NOT_FOUND, f"no activity {activity_id}", activity_id=activity_id[:64])
        if activity.state is not ActivityState.RUNNING:
            raise TuanError(
                Reason.ACTIVITY_STATE_CONFLICT,
                f"activity {activity_id} is {activity.state.value}; a buffer is released while it is running",
                activity_id=activity_id,
                state=activity.state.value,
            )
        answer = await self._release_buffer(activity, sku)
        if answer is None or answer.replayed:
            return 0
        released = int(answer.label)
        await self._record.write(lambda unit: _note_release(unit, activity, sku, released, self._clock.now_ms()))
        await self._keeper.refresh()
        return released

    async def _advance(self, activity: Activity, now_ms: int) -> None:
        match activity.state:
            case ActivityState.PROVISIONING if now_ms >= activity.provision_time_ms:
                await self._provision(activity)
            case ActivityState.RUNNING if now_ms >= activity.end_time_ms:
                await self._set_state(activity.activity_id, ActivityState.CLOSING)
                await self._close(activity)
            case ActivityState.CLOSING:
                await self._close(activity)

    async def _provision(self, activity: Activity) -> None:
        shard = activity.shard
        await self._register(shard)
        specs = [
            CounterSpec(stock_counter(share.sku), 0, activity.start_time_ms, activity.end_time_ms)
            for share in activity.stock
        ]
        answer = await self._inventory.define(shard, self._keeper.epoch(shard), "open", [*specs, *activity.counters])
        self._expect(answer, shard)
        transfers = [
            StockTransfer(f"{activity.activity_id}:in:{share.sku}", RETAIL, shard, share.sku, share.quantity)
            for share in activity.stock
        ]
        await self._record.write(lambda unit: unit.activities.plan_transfers(transfers))
        await self._finish_transfers()
        for share in activity.stock:
            await self._hold_buffer(activity, share.sku, share.buffer_of)
        await self._set_state(activity.activity_id, ActivityState.RUNNING)
        log.info("activity_running", activity=activity.activity_id)

    async def _hold_buffer(self, activity: Activity, sku: str, buffer_of: Callable[[int], int]) -> None:
        """A standing reservation keeps the buffer from being sold; releasing it is exactly-once by nature."""
        counter = stock_counter(sku)
        state = (await self._inventory.counters(activity.shard, [counter])).get(counter)
        held_back = buffer_of(state.capacity or 0) if state is not None else 0
        if not held_back:
            return
        key = buffer_key(sku)
        request = ReserveRequest(key, key, (Claim(counter, held_back),), 0, label=str(held_back), standing=True)
        [answer] = await self._inventory.reserve(activity.shard, self._keeper.epoch(activity.shard), [request])
        self._expect(answer, activity.shard)

    async def _close(self, activity: Activity) -> None:
        """Send back what is available now; pending orders may still be paid, and what they leave comes back later."""
        pending = 0
        transfers = []
        for share in activity.stock:
            await self._release_buffer(activity, share.sku)
            counter = stock_counter(share.sku)
            state = (await self._inventory.counters(activity.shard, [counter])).get(counter)
            if state is None or state.capacity is None:
                continue
            pending += state.used - state.taken
            if state.capacity > state.used:
                # The capacity falls with each transfer, so it names them: a crash repeats the same one, not another.
                name = f"{activity.activity_id}:out:{share.sku}:{state.capacity}:{state.used}"
                transfers.append(StockTransfer(name, activity.shard, RETAIL, share.sku, None))
        if transfers:
            await self._record.write(lambda unit: unit.activities.plan_transfers(transfers))
            await self._finish_transfers()
        if not pending and not transfers:
            await self._set_state(activity.activity_id, ActivityState.CLOSED)
            log.info("activity_closed", activity=activity.activity_id)

    async def _finish_transfers(self) -> None:
        for transfer in await self._record.read(lambda unit: unit.activities.open_transfers()):
            try:
                await self._finish(transfer)
            except TuanError as error:
                if error.reason is not Reason.SHARD_REBUILDING:
                    raise
                self._watch.shard_refused(error.metadata["shard"])

    async def _finish(self, transfer: StockTransfer) -> None:
        taken = transfer.taken
        counter = stock_counter(transfer.sku)
        if transfer.state == "planned":
            wanted = transfer.quantity
            if wanted is None:
                wanted = await self._available(transfer.from_shard, transfer.sku)
            request = RestockRequest(f"{transfer.transfer_id}:out", counter, -wanted, clip=True)
            taken = -(await self._restock(transfer.from_shard, request)).applied if wanted else 0
            await self._set_transfer(transfer.transfer_id, "taken", taken)
        if taken:
            await self._restock(transfer.to_shard, RestockRequest(f"{transfer.transfer_id}:in", counter, taken))
        await self._set_transfer(transfer.transfer_id, "done", taken)

    async def _restock(self, shard: str, request: RestockRequest) -> Answer:
        epoch = self._keeper.epoch(shard)
        [answer] = await self._inventory.restock(shard, epoch, [request])
        if answer.code is Code.UNKNOWN_COUNTER:
            if request.delta < 0:
                return Answer(Code.GRANTED)
            await self._inventory.define(shard, epoch, f"counter:{request.counter}", [CounterSpec(request.counter, 0)])
            [answer] = await self._inventory.restock(shard, epoch, [request])
        self._expect(answer, shard)
        return answer

    async def _available(self, shard: str, sku: str) -> int:
        counter = stock_counter(sku)
        state = (await self._inventory.counters(shard, [counter])).get(counter)
        return max(0, (state.capacity or 0) - state.used) if state is not None else 0

    async def _release_buffer(self, activity: Activity, sku: str) -> Answer | None:
        """None when nothing is held back."""
        epoch = self._keeper.epoch(activity.shard)
        [answer] = await self._inventory.release(activity.shard, epoch, [EndRequest(buffer_key(sku))])
        if answer.code is Code.UNKNOWN_RESERVATION:
            return None
        self._expect(answer, activity.shard)
        return answer

    def _expect(self, answer: Answer, shard: str) -> None:
        if answer.code in (Code.SHARD_MISSING, Code.STALE_EPOCH, Code.SHARD_CLOSED):
            raise TuanError(Reason.SHARD_REBUILDING, f"{shard} is being rebuilt", retry_after_ms=500, shard=shard)
        if answer.code is not Code.GRANTED:
            raise TuanError(Reason.ACTIVITY_STATE_CONFLICT, f"{shard}: {answer.code.name} {answer.counter or ''}")

    async def _register(self, shard: str) -> None:
        if shard not in self._keeper.current.shards:
            await self._record.write(lambda unit: unit.shards.register(shard))
            await self._keeper.refresh()

    async def _set_state(self, activity_id: str, state: ActivityState) -> None:
        await self._record.write(lambda unit: unit.activities.set_state(activity_id, state))
        await self._keeper.refresh()

    async def _set_transfer(self, transfer_id: str, state: str, taken: int) -> None:
        await self._record.write(lambda unit: unit.activities.set_transfer(transfer_id, state, taken))


def _note_release(unit: Unit, activity: Activity, sku: str, quantity: int, now_ms: int) -> None:
    unit.activities.add_released_buffer(activity.activity_id, sku)
    data = {"sku": sku, "shard": activity.shard, "quantity": quantity, "cause": "buffer_released"}
    unit.outbox.add("stock.restocked", sku, activity.activity_id, now_ms, data)
