"""Cancel, ship and complete an order."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from tuan.domain.catalogue import StockLevel
from tuan.domain.claim import Code, EndRequest
from tuan.domain.errors import Reason, TuanError
from tuan.domain.fields import check_id
from tuan.domain.order import LineKind, Order, OrderState
from tuan.ports import Clock, Inventory, Unit
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.fingerprint import content_fingerprint
from tuan.usecases.order_commands import request_key
from tuan.usecases.owned import owned_order
from tuan.usecases.shard_away import refuse_if_away
from tuan.usecases.snapshot import SnapshotKeeper
from tuan.usecases.writer import Writer


@dataclass(frozen=True, slots=True)
class ChangeOrder:
    caller: str
    request_id: str
    order_id: str
    ship_reference: str = ""
    warehouse: str = ""


class OrderChanger:
    """Each is idempotent on its request id; a repeat answers with the order as it is by then."""

    def __init__(
        self, inventory: Inventory, writer: Writer, keeper: SnapshotKeeper, watch: DrainWatch, clock: Clock
    ) -> None:
        self._inventory = inventory
        self._writer = writer
        self._keeper = keeper
        self._watch = watch
        self._clock = clock

    async def cancel(self, command: ChangeOrder) -> Order:
        """Release what an unpaid order holds. Money that comes afterwards is late money."""
        order, first = await self._begin(command, "CancelOrder")
        if order.state is OrderState.CANCELLED:
            return order
        if first and order.state is not OrderState.PENDING_PAYMENT:
            raise _conflict(order, "cancelled")
        key = request_key(order.placed.caller, order.placed.request_id)
        for shard in order.placed.shards:
            request = EndRequest(key, b'{"reason":"cancelled"}')
            [answer] = await self._inventory.release(shard, self._keeper.epoch(shard), [request])
            refuse_if_away(answer, shard, self._watch)
            if answer.code in (Code.ALREADY_CONFIRMED, Code.ALREADY_EXPIRED):
                raise _conflict(order, "cancelled")
            await self._watch.wait(shard, answer.sequence)
        return await self._read(command)

    async def ship(self, command: ChangeOrder) -> Order:
        """READY_TO_SHIP -> SHIPPED; the units leave their warehouses."""
        check_id("ship_reference", command.ship_reference, optional=True)

        def ship(unit: Unit) -> Order:
            order, first = _claim(unit, command, "ShipOrder")
            if not first:
                return order
            shipped = unit.orders.move(
                command.order_id, OrderState.SHIPPED, self._clock.now_ms(), ship_reference=command.ship_reference
            )
            unit.catalogue.add_stock(f"ship:{command.order_id}", _picked(unit, order, command.warehouse))
            data = {"order_id": command.order_id, "buyer": order.placed.buyer}
            unit.outbox.add("order.shipped", command.order_id, "", self._clock.now_ms(), data)
            return shipped

        await self._watch.barrier()
        return await self._writer.write(ship)

    async def complete(self, command: ChangeOrder) -> Order:
        """SHIPPED -> COMPLETED: the buyer has the goods."""

        def complete(unit: Unit) -> Order:
            order, first = _claim(unit, command, "CompleteOrder")
            if not first:
                return order
            data = {"order_id": command.order_id, "buyer": order.placed.buyer}
            unit.outbox.add("order.completed", command.order_id, "", self._clock.now_ms(), data)
            return unit.orders.move(command.order_id, OrderState.COMPLETED, self._clock.now_ms())

        await self._watch.barrier()
        return await self._writer.write(complete)

    async def _begin(self, command: ChangeOrder, method: str) -> tuple[Order, bool]:
        await self._watch.barrier()
        return await self._writer.write(lambda unit: _claim(unit, command, method))

    async def _read(self, command: ChangeOrder) -> Order:
        order = await self._watch.read(lambda unit: unit.orders.get(command.order_id))
        return owned_order(order, command.order_id, command.caller)


def _claim(unit: Unit, command: ChangeOrder, method: str) -> tuple[Order, bool]:
    """The caller's own order, locked, and whether this request is new."""
    check_id("request_id", command.request_id)
    check_id("order_id", command.order_id)
    order = owned_order(unit.orders.lock(command.order_id), command.order_id, command.caller)
    content = content_fingerprint(command.order_id, command.ship_reference, command.warehouse)
    return order, unit.requests.claim(command.caller, command.request_id, method, content)


def _picked(unit: Unit, order: Order, warehouse: str) -> list[StockLevel]:
    """Which warehouses the units leave, as negative changes: the named one, or greedily where most lie."""
    wanted: dict[str, int] = defaultdict(int)
    for line in order.placed.lines:
        if line.kind is not LineKind.SHIPPING:
            wanted[line.sku] += line.quantity
    for refund in unit.refunds.of_order(order.placed.order_id):
        for part in refund.units:
            line = order.placed.lines[part.line_index]
            if line.kind is not LineKind.SHIPPING:
                wanted[line.sku] -= part.count
    changes = []
    for sku, needed in wanted.items():
        levels = [level for level in unit.catalogue.stock_levels([sku]) if warehouse in ("", level.warehouse)]
        for level in sorted(levels, key=lambda level: (-level.on_hand, level.warehouse)):
            take = min(needed, level.on_hand)
            if take > 0:
                changes.append(StockLevel(sku, level.warehouse, -take))
                needed -= take
        if needed > 0:
            place = f"warehouse {warehouse}" if warehouse else "the warehouses"
            raise TuanError(
                Reason.STOCK_TOO_LOW, f"{place} lack {needed} units of {sku} for order {order.placed.order_id}", sku=sku
            )
    return changes


def _conflict(order: Order, wanted: str) -> TuanError:
    return TuanError(
        Reason.ORDER_STATE_CONFLICT,
        f"order {order.placed.order_id} is {order.state.value}; it cannot be {wanted}",
        order_id=order.placed.order_id,
        state=order.state.value,
    )
