"""Provisions activities, and closes them: stock goes out from retail when one begins and comes back when it is over.

    PROVISIONING  counters defined, stock on its way in, buffer held back   -> RUNNING
    RUNNING       until the end time                                        -> CLOSING
    CLOSING       what is available flows back, until nothing is pending    -> CLOSED
    CLOSED        a refund gives units back                                 -> CLOSING

Every step is idempotent and its progress is in SQL, so a crash anywhere is finished by the next round. A unit is always in
exactly one place: taken from the one shard before it is put into the other, and a transfer under way is in the record.

One process does this for all (`on_duty`); the others write down what they want and wait until that one has come by.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

import structlog

from tuan.domain.activity import RETAIL, Activity, ActivityState, StockShare, buffer_key, stock_counter
from tuan.domain.claim import Answer, Claim, Code, CounterSpec, CounterState, EndRequest, ReserveRequest
from tuan.domain.errors import Reason, TuanError
from tuan.ports import Clock, Inventory, Record, StockTransfer, Unit
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.move_stock import StockMover
from tuan.usecases.shard_away import refuse_if_away, shard_away
from tuan.usecases.snapshot import SnapshotKeeper

log = structlog.get_logger()

PAUSE_MS = 250
#: How long a process that has not the duty waits for the one that has it, and how often it looks. Whoever asked is answered then.
OTHERS_MS_MAX, OTHERS_POLL_MS = 2_000, 25


class ActivityKeeper:
    def __init__(
        self,
        inventory: Inventory,
        record: Record,
        keeper: SnapshotKeeper,
        watch: DrainWatch,
        clock: Clock,
        on_duty: Callable[[], bool] = lambda: True,
    ) -> None:
        self._inventory = inventory
        self._record = record
        self._keeper = keeper
        self._watch = watch
        self._clock = clock
        self._on_duty = on_duty
        self._mover = StockMover(inventory, record, keeper, watch)
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
        await self._define(RETAIL, ())

    async def advance_all(self) -> None:
        """One round: every transfer under way, then every activity whose time has come."""
        if not self._on_duty():
            await self._wait_for_others()
            return
        async with self._turn:
            await self._advance_all()

    async def close_now(self, activity_id: str) -> None:
        """End an activity before its time. Not while a round is under way: that might be about to call it running."""
        if not self._on_duty():
            await self._set_state(activity_id, ActivityState.CLOSING)
            await self._wait_for_others()
            return
        async with self._turn:
            await self._set_state(activity_id, ActivityState.CLOSING)
            await self._advance_all()

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
        if answer is None:
            return 0
        released = int(answer.label)
        # The note decides who was first: a release whose caller died before it is announced by the next one.
        first = await self._record.write(
            lambda unit: _note_release(unit, activity, sku, released, self._clock.now_ms())
        )
        await self._keeper.refresh()
        return released if first else 0

    async def _advance_all(self) -> None:
        await self._mover.finish_all()
        states = (ActivityState.PROVISIONING, ActivityState.RUNNING, ActivityState.CLOSING)
        activities = await self._record.read(lambda unit: unit.activities.list(states, count_max=100_000))
        now_ms = self._clock.now_ms()
        for activity in activities:
            try:
                await self._advance(activity, now_ms)
            except TuanError as error:
                log.info("activity_waits", activity=activity.activity_id, reason=error.reason.name)

    async def _advance(self, activity: Activity, now_ms: int) -> None:
        match activity.state:
            case ActivityState.PROVISIONING if now_ms >= activity.provision_time_ms:
                await self._provision(activity)
            case ActivityState.RUNNING if now_ms >= activity.end_time_ms:
                await self._move_state(activity.activity_id, ActivityState.RUNNING, ActivityState.CLOSING)
                await self._close(activity)
            case ActivityState.CLOSING:
                await self._close(activity)

    async def _provision(self, activity: Activity) -> None:
        shard = activity.shard
        specs = [
            CounterSpec(stock_counter(share.sku), 0, activity.start_time_ms, activity.end_time_ms)
            for share in activity.stock
        ]
        await self._define(shard, [*specs, *activity.counters])
        transfers = [
            StockTransfer(f"{activity.activity_id}:in:{share.sku}", RETAIL, shard, share.sku, share.quantity)
            for share in activity.stock
        ]
        # Ended meanwhile, by an operator or a new plan in whichever process: it gets no stock that nobody would take back.
        if not await self._record.write(lambda unit: _plan_while_provisioning(unit, activity, transfers)):
            return
        await self._mover.finish_all()
        for share in activity.stock:
            await self._hold_buffer(activity, share)
        if await self._move_state(activity.activity_id, ActivityState.PROVISIONING, ActivityState.RUNNING):
            log.info("activity_running", activity=activity.activity_id)
        else:  # what it has by now goes back, also where it was closed already
            await self._move_state(activity.activity_id, ActivityState.CLOSED, ActivityState.CLOSING)

    async def _hold_buffer(self, activity: Activity, share: StockShare) -> None:
        """A standing reservation keeps the buffer from being sold; releasing it is exactly-once by nature."""
        counter = stock_counter(share.sku)
        state = await self._counter(activity.shard, counter)
        wanted = share.buffer_of(state.capacity or 0) if state is not None else 0
        key = buffer_key(share.sku)
        while wanted > 0:
            request = ReserveRequest(key, key, (Claim(counter, wanted),), 0, label=str(wanted), standing=True)
            [answer] = await self._inventory.reserve(activity.shard, self._keeper.epoch(activity.shard), [request])
            if answer.code is not Code.DOES_NOT_FIT:
                self._expect(answer, activity.shard)
                return
            # The sale is on, and buyers were faster: what they left is held back.
            wanted = min(wanted - 1, answer.available)

    async def _close(self, activity: Activity) -> None:
        """Send back what is available now; pending orders may still be paid, and what they leave comes back later."""
        pending = 0
        transfers = []
        for share in activity.stock if await self._was_defined(activity.shard) else ():
            await self._release_buffer(activity, share.sku)
            state = await self._counter(activity.shard, stock_counter(share.sku))
            if state is None or state.capacity is None:
                continue
            pending += state.used - state.taken
            if state.capacity > state.used:
                name = f"{activity.activity_id}:out:{share.sku}:{await self._sequence(activity.shard)}"
                transfers.append(StockTransfer(name, activity.shard, RETAIL, share.sku, None))
        if transfers:
            await self._mover.move(transfers)
        if not pending and not transfers:
            await self._set_state(activity.activity_id, ActivityState.CLOSED)
            log.info("activity_closed", activity=activity.activity_id)

    async def _counter(self, shard: str, counter: str) -> CounterState | None:
        return (await self._inventory.counters(shard, [counter])).get(counter)

    async def _sequence(self, shard: str) -> int:
        """Names a transfer out: it never comes again, whatever comes back or is added later. Capacities and use would."""
        state = await self._inventory.shard_state(shard)
        if state is None:
            self._watch.shard_refused(shard)
            raise shard_away(shard)
        return state.sequence

    async def _release_buffer(self, activity: Activity, sku: str) -> Answer | None:
        """None when nothing is held back."""
        epoch = self._keeper.epoch(activity.shard)
        [answer] = await self._inventory.release(activity.shard, epoch, [EndRequest(buffer_key(sku))])
        if answer.code is Code.UNKNOWN_RESERVATION:
            return None
        self._expect(answer, activity.shard)
        return answer

    def _expect(self, answer: Answer, shard: str) -> None:
        refuse_if_away(answer, shard, self._watch)
        if answer.code is not Code.GRANTED:
            raise TuanError(Reason.ACTIVITY_STATE_CONFLICT, f"{shard}: {answer.code.name} {answer.counter or ''}")

    async def _was_defined(self, shard: str) -> bool:
        """False for the shard of an activity that ended before it was ever provisioned."""
        row = await self._record.read(lambda unit: unit.shards.get(shard))
        return row is not None and (row.cursor > 0 or await self._inventory.shard_state(shard) is not None)

    async def _define(self, shard: str, counters: Sequence[CounterSpec]) -> None:
        """A shard that SQL knows intents of was lost if the store does not have it: it is rebuilt, never begun anew."""
        await self._record.write(lambda unit: unit.shards.register(shard))
        await self._keeper.refresh()
        row = self._keeper.current.shards[shard]
        if row.cursor and await self._inventory.shard_state(shard) is None:
            self._watch.shard_refused(shard)
            raise shard_away(shard)
        self._expect(await self._inventory.define(shard, row.epoch, "open", counters), shard)

    async def _wait_for_others(self) -> None:
        """Until the process on duty has nothing left to provision, or the time is up: it will come by all the same."""
        for _ in range(OTHERS_MS_MAX // OTHERS_POLL_MS):
            now_ms = self._clock.now_ms()
            waiting = await self._record.read(
                lambda unit: unit.activities.list((ActivityState.PROVISIONING,), count_max=100_000)
            )
            if not any(activity.provision_time_ms <= now_ms for activity in waiting):
                break
            await asyncio.sleep(OTHERS_POLL_MS / 1_000)
        await self._keeper.refresh()

    async def _move_state(self, activity_id: str, before: ActivityState, after: ActivityState) -> bool:
        moved = await self._record.write(lambda unit: unit.activities.move_state(activity_id, before, after))
        await self._keeper.refresh()
        return moved

    async def _set_state(self, activity_id: str, state: ActivityState) -> None:
        await self._record.write(lambda unit: unit.activities.set_state(activity_id, state))
        await self._keeper.refresh()


def _plan_while_provisioning(unit: Unit, activity: Activity, transfers: Sequence[StockTransfer]) -> bool:
    """False, and nothing planned, where the activity is not being provisioned any more."""
    now = unit.activities.get(activity.activity_id)
    if now is None or now.state is not ActivityState.PROVISIONING:
        return False
    unit.activities.plan_transfers(transfers)
    return True


def _note_release(unit: Unit, activity: Activity, sku: str, quantity: int, now_ms: int) -> bool:
    """False when it was noted before."""
    if not unit.activities.add_released_buffer(activity.activity_id, sku):
        return False
    data = {"sku": sku, "shard": activity.shard, "quantity": quantity, "cause": "buffer_released"}
    unit.outbox.add("stock.restocked", sku, activity.activity_id, now_ms, data)
    return True
