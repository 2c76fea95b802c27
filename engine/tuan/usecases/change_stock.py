"""Stock comes in or goes out: first the shard that sells it, then the warehouses' books, as a job that a crash cannot halve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import structlog

from tuan.domain.activity import RETAIL, stock_counter
from tuan.domain.catalogue import StockLevel
from tuan.domain.claim import Code, CounterSpec, RestockRequest
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.fields import check_id
from tuan.ports import Clock, Inventory, Job, Unit
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.fingerprint import content_fingerprint
from tuan.usecases.shard_away import refuse_if_away, shard_away
from tuan.usecases.snapshot import SnapshotKeeper
from tuan.usecases.writer import Writer

log = structlog.get_logger()

CHANGE_STOCK = "change_stock"
CHANGES_MAX = 10_000
DELTA_MAX = 10**12
#: Requests per call of the claims store.
BATCH = 256


@dataclass(frozen=True, slots=True)
class StockChange:
    """`delta` units, either sign, of a SKU in a warehouse; for the shelf of `activity_id` (empty: ordinary sale)."""

    sku: str
    warehouse: str
    delta: int
    activity_id: str = ""

    @property
    def shard(self) -> str:
        return self.activity_id or RETAIL


class StockChanger:
    def __init__(
        self, inventory: Inventory, writer: Writer, keeper: SnapshotKeeper, watch: DrainWatch, clock: Clock
    ) -> None:
        self._inventory = inventory
        self._writer = writer
        self._keeper = keeper
        self._watch = watch
        self._clock = clock

    async def change(self, caller: str, request_id: str, changes: Sequence[StockChange]) -> bool:
        """All changes or none, once per request id; False for a repeat. Raises STOCK_TOO_LOW when units are not there to take."""
        check_id("request_id", request_id)
        self._validate(changes)
        key = f"{caller}:{request_id}"
        payload: dict[str, Any] = {"changes": [asdict(change) for change in changes]}

        def begin(unit: Unit) -> bool:
            new = unit.requests.claim(caller, request_id, "AddStock", content_fingerprint(changes))
            if new:
                _check_warehouses(unit, changes)
                # Not due at once: this call does the work itself, and the job is there should it not come to its end.
                unit.jobs.add(CHANGE_STOCK, key, self._clock.now_ms() + 30_000, payload)
            return new

        new = await self._writer.write(begin)
        await self._apply(key, changes)
        return new

    async def handle(self, job: Job) -> None:
        """Handler of the job `change_stock`: a change whose caller did not live to see its end."""
        try:
            await self._apply(job.key, [StockChange(**change) for change in job.payload["changes"]])
        except TuanError as error:
            if error.reason is not Reason.STOCK_TOO_LOW:
                raise
            # Refused and undone: nothing is left to do, and who asks again hears the same.
            log.info("stock_change_refused", key=job.key, error=error.message)

    async def _apply(self, key: str, changes: Sequence[StockChange]) -> None:
        shards = sorted({change.shard for change in changes})
        for shard in shards:
            await self._define(shard, [change.sku for change in changes if change.shard == shard])
        # What is taken away comes first, on all shards: it alone can be refused, and then nothing has to be undone but takes.
        for adds in (False, True):
            for shard in shards:
                mine = [
                    (index, change)
                    for index, change in enumerate(changes)
                    if change.shard == shard and (change.delta > 0) is adds
                ]
                for start in range(0, len(mine), BATCH):
                    await self._restock(key, shard, mine[start : start + BATCH], changes)
        levels = [StockLevel(change.sku, change.warehouse, change.delta) for change in changes]

        def book(unit: Unit) -> None:
            if not unit.catalogue.add_stock(f"change:{key}", levels):
                return
            unit.jobs.finish(CHANGE_STOCK, key)
            for change in changes:
                if change.delta > 0:
                    data = {"sku": change.sku, "shard": change.shard, "quantity": change.delta, "cause": "stock_added"}
                    unit.outbox.add("stock.restocked", change.sku, change.activity_id, self._clock.now_ms(), data)

        await self._writer.write_and_refresh(book)

    async def _define(self, shard: str, skus: Sequence[str]) -> None:
        wanted = [stock_counter(sku) for sku in dict.fromkeys(skus)]
        known = await self._inventory.counters(shard, wanted)
        missing = [name for name in wanted if name not in known]
        if missing and await self._inventory.shard_state(shard) is None:
            # `define` would begin the shard anew, and a rebuild then throw away what was put into it.
            self._watch.shard_refused(shard)
            raise shard_away(shard)
        for name in missing:
            answer = await self._inventory.define(
                shard, self._keeper.epoch(shard), f"counter:{name}", [CounterSpec(name, 0)]
            )
            refuse_if_away(answer, shard, self._watch)

    async def _restock(
        self, key: str, shard: str, part: list[tuple[int, StockChange]], changes: Sequence[StockChange]
    ) -> None:
        requests = [
            RestockRequest(f"stock:{key}:{index}", stock_counter(change.sku), change.delta) for index, change in part
        ]
        answers = await self._inventory.restock(shard, self._keeper.epoch(shard), requests)
        for (index, change), answer in zip(part, answers, strict=True):
            refuse_if_away(answer, shard, self._watch)
            # `_undo` uses the key of a refused take up with a change by 0: a repeat finds that, and is refused like the first.
            if answer.code is not Code.GRANTED or answer.applied != change.delta:
                await self._undo(key, changes, index)
                await self._writer.write(lambda unit: unit.jobs.finish(CHANGE_STOCK, key))
                raise TuanError(
                    Reason.STOCK_TOO_LOW,
                    f"changes[{index}]: {max(0, answer.available)} units of {change.sku} can be taken from {shard}",
                    sku=change.sku,
                    available=str(max(0, answer.available)),
                )
            self._watch.acknowledged(shard, answer.sequence)

    async def _undo(self, key: str, changes: Sequence[StockChange], refused: int) -> None:
        """Put back what this request has taken; only a take that was granted has something to put back.

        The refused one is sealed first: were the rest put back before and the power failed, the repeat might find that it
        fits by then, and book takes that were undone.
        """
        await self._seal(key, refused, changes[refused])
        for index, change in enumerate(changes):
            if change.delta < 0 and (applied := await self._seal(key, index, change)):
                back = RestockRequest(f"undo:{key}:{index}", stock_counter(change.sku), -applied)
                epoch = self._keeper.epoch(change.shard)
                [answer] = await self._inventory.restock(change.shard, epoch, [back])
                refuse_if_away(answer, change.shard, self._watch)

    async def _seal(self, key: str, index: int, change: StockChange) -> int:
        """Use up the key of a change, by 0 units if it was not granted; the units that it moved."""
        request = RestockRequest(f"stock:{key}:{index}", stock_counter(change.sku), 0)
        [answer] = await self._inventory.restock(change.shard, self._keeper.epoch(change.shard), [request])
        refuse_if_away(answer, change.shard, self._watch)
        return answer.applied

    def _validate(self, changes: Sequence[StockChange]) -> None:
        if not 1 <= len(changes) <= CHANGES_MAX:
            raise InvalidValue("changes", f"{len(changes)} entries; send 1 to {CHANGES_MAX}")
        for index, change in enumerate(changes):
            check_id(f"changes[{index}].warehouse", change.warehouse)
            if change.sku not in self._keeper.current.skus:
                raise TuanError(Reason.SKU_NOT_FOUND, f"changes[{index}].sku: no SKU {change.sku}", sku=change.sku[:64])
            if change.activity_id and change.activity_id not in self._keeper.current.activities:
                raise TuanError(
                    Reason.ACTIVITY_NOT_FOUND,
                    f"changes[{index}].activity_id: no activity {change.activity_id}",
                    activity_id=change.activity_id[:64],
                )
            if change.shard not in self._keeper.current.shards:
                raise TuanError(
                    Reason.ACTIVITY_STATE_CONFLICT,
                    f"changes[{index}].activity_id: {change.shard} has no shelf before its stock is provisioned",
                    activity_id=change.activity_id[:64],
                )
            if change.delta == 0 or abs(change.delta) > DELTA_MAX:
                raise InvalidValue(f"changes[{index}].delta", f"{change.delta}; send units, not 0, at most 10^12")


def _check_warehouses(unit: Unit, changes: Sequence[StockChange]) -> None:
    """Nobody can carry more out of a warehouse than lies in it, whatever other warehouses have."""
    moved: dict[tuple[str, str], int] = defaultdict(int)
    for change in changes:
        moved[change.sku, change.warehouse] += change.delta
    taken = [place for place, delta in moved.items() if delta < 0]
    if not taken:
        return
    levels = unit.catalogue.stock_levels(sorted({sku for sku, _ in taken}))
    on_hand = {(level.sku, level.warehouse): level.on_hand for level in levels}
    for sku, warehouse in taken:
        present = on_hand.get((sku, warehouse), 0)
        if present + moved[sku, warehouse] < 0:
            message = f"{present} units of {sku} lie in warehouse {warehouse}, {-moved[sku, warehouse]} are to be taken"
            raise TuanError(Reason.STOCK_TOO_LOW, message, sku=sku, available=str(max(0, present)))
