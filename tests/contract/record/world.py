"""A small engine for these tests: the reference claims store, its log, a record and a drain, driven by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import astuple
from sqlalchemy import select

from tests.support.clock import FakeClock
from tuan.adapters.memory_inventory import MemoryIntentLog, MemoryInventory
from tuan.adapters.sql_record import Drainer, DrainSettings, SqlRecord
from tuan.adapters.sql_record.tables import metadata, outbox
from tuan.codec import encode
from tuan.domain.activity import stock_counter
from tuan.domain.catalogue import StockLevel
from tuan.domain.claim import (
    Answer,
    Claim,
    Code,
    CounterSpec,
    EndRequest,
    GiveBackRequest,
    ReserveRequest,
    RestockRequest,
)
from tuan.domain.order import Adjustment, Order, OrderLine, OrderPlaced
from tuan.domain.payment import PaymentApplied
from tuan.ports import IntentLog

SKU = "tea"
PRICE_MINOR = 1990
LIST_MINOR = 2990
HOLD_MS = 60_000


def order_placed(
    order_id: str = "order-1",
    shards: Sequence[str] = ("sale",),
    quantity: int = 1,
    request_id: str = "",
    buyer: str = "buyer-1",
    ready_when_paid: bool = True,
    caller: str = "shop",
) -> OrderPlaced:
    """One line per shard, `quantity` units of tea each, a discount on each."""
    lines = tuple(
        OrderLine(
            index,
            SKU,
            quantity,
            shard,
            LIST_MINOR,
            ((quantity, PRICE_MINOR),),
            (Adjustment("flash", (PRICE_MINOR - LIST_MINOR) * quantity, "merchant"),),
        )
        for index, shard in enumerate(shards)
    )
    return OrderPlaced(
        order_id=order_id,
        caller=caller,
        request_id=request_id or f"request-{order_id}",
        buyer=buyer,
        device="device-1",
        address="address-1",
        currency="CNY",
        total_minor=PRICE_MINOR * quantity * len(shards),
        lines=lines,
        shards=tuple(shards),
        ruleset_hash="rules-1",
        place_time_ms=1,
        region="east",
        channel="app",
        ready_when_paid=ready_when_paid,
    )


def key_of(placed: OrderPlaced) -> str:
    """The reservation key names the request, not the order."""
    return f"key-{placed.caller}-{placed.request_id}"


def claims_for(placed: OrderPlaced, quantity: int) -> tuple[Claim, ...]:
    return (Claim(stock_counter(SKU), quantity), Claim(f"buyer/{placed.buyer}", quantity, limit=100))


def applied(placed: OrderPlaced, payment_id: str = "payment-1", amount_minor: int | None = None) -> bytes:
    amount = placed.total_minor if amount_minor is None else amount_minor
    return encode(PaymentApplied(placed.order_id, payment_id, "sandbox", f"tx-{payment_id}", amount, 5))


@dataclass
class World:
    record: SqlRecord
    clock: FakeClock
    inventory: MemoryInventory
    drainer: Drainer
    alarms: list[tuple[str, str, str]] = field(default_factory=list)
    commits: list[tuple[str, int]] = field(default_factory=list)

    def new_drainer(self, owner: str, log: IntentLog | None = None, **settings: Any) -> Drainer:
        return Drainer(
            self.record.store,
            log or MemoryIntentLog(self.inventory),
            owner,
            self.clock,
            DrainSettings(**{"refresh_ms": 0, **settings}),
            on_commit=lambda shard, cursor: self.commits.append((shard, cursor)),
            on_alarm=lambda *alarm: self.alarms.append(alarm),
        )

    async def open(self, shard: str = "sale", units: int = 100) -> None:
        """A shard with `units` of tea, in the warehouse's books too."""
        await self.record.write(lambda unit: unit.shards.register(shard))
        await self.inventory.define(shard, 1, "open", [CounterSpec(stock_counter(SKU), 0)])
        if units:
            [answer] = await self.inventory.restock(shard, 1, [RestockRequest("first", stock_counter(SKU), units)])
            assert answer.code is Code.GRANTED
            level = StockLevel(SKU, "east", units)
            await self.record.write(lambda unit: unit.catalogue.add_stock(f"change:{shard}", [level]))

    async def place(self, placed: OrderPlaced, quantity: int = 1, epoch: int = 1) -> list[Answer]:
        body = encode(placed)
        request = ReserveRequest(
            key_of(placed),
            f"print-{placed.request_id}",
            claims_for(placed, quantity),
            HOLD_MS,
            body,
            label=placed.order_id,
        )
        return [(await self.inventory.reserve(shard, epoch, [request]))[0] for shard in placed.shards]

    async def pay(self, placed: OrderPlaced, payment_id: str = "payment-1", epoch: int = 1) -> None:
        for shard in placed.shards:
            request = EndRequest(key_of(placed), applied(placed, payment_id))
            [answer] = await self.inventory.confirm(shard, epoch, [request])
            assert answer.code is Code.GRANTED, answer

    async def reinstate(self, placed: OrderPlaced, payment_id: str = "payment-2", quantity: int = 1) -> None:
        for shard in placed.shards:
            key = f"{key_of(placed)}.{payment_id}"
            claims = claims_for(placed, quantity)
            body = applied(placed, payment_id)
            request = ReserveRequest(key, key, claims, 0, body, confirm=True, label=placed.order_id)
            [answer] = await self.inventory.reserve(shard, 1, [request])
            assert answer.code is Code.GRANTED, answer

    async def release(self, placed: OrderPlaced, reason: str = "cancelled") -> None:
        for shard in placed.shards:
            request = EndRequest(key_of(placed), encode({"reason": reason}))
            [answer] = await self.inventory.release(shard, 1, [request])
            assert answer.code is Code.GRANTED, answer

    async def expire(self, shard: str = "sale") -> list[str]:
        self.clock.advance(HOLD_MS + 1)
        return await self.inventory.expire(shard, 1, 100)

    async def give_back(self, placed: OrderPlaced, quantity: int, key: str = "refund-1", shard: str = "sale") -> None:
        request = GiveBackRequest(key, key_of(placed), ((stock_counter(SKU), quantity),))
        [answer] = await self.inventory.give_back(shard, 1, [request])
        assert answer.code is Code.GRANTED, answer

    def drain(self) -> int:
        """Until nothing is left to write: twice nothing, since a drain that learns of a new epoch writes in the round after."""
        total, idle = 0, 0
        while idle < 2:
            count = self.drainer.drain_once()
            total, idle = total + count, 0 if count else idle + 1
        return total

    async def order(self, order_id: str = "order-1") -> Order:
        order = await self.record.read(lambda unit: unit.orders.get(order_id))
        assert order is not None
        return order

    async def kinds(self) -> list[str]:
        """Of all events, in order."""
        return [event.kind for event in await self.record.read(lambda unit: unit.outbox.after(0, 1000))]

    async def dump(self, *leave_out: str) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table, but for leases, which depend on who drained, and for ids that the database gives, of which
        PostgreSQL skips one at every rollback; those rows come in the order of their ids. Of the outbox every event is a row: which
        of them share one depends on who drained too."""
        tables = [
            table for table in metadata.sorted_tables if table.name not in ("shards", "record_identity", *leave_out)
        ]

        def read(unit: Any) -> dict[str, list[tuple[Any, ...]]]:
            found = {}
            for table in tables:
                given = [column for column in table.primary_key if column.autoincrement is True]
                kept = [column for column in table.columns if column not in given]
                rows = [tuple(row) for row in unit.connection.execute(select(*kept).order_by(*given))]
                found[table.name] = rows if given else sorted(rows, key=repr)
            if outbox.name in found:
                found[outbox.name] = [astuple(event)[1:] for event in unit.outbox.after(0, 10**6)]
            return found

        return await self.record.read(read)
