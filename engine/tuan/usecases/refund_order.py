"""Record a refund of units of an order, at the very prices that were frozen when it was placed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.order import BEFORE_SHIPPING, Order, OrderLine, OrderState
from tuan.domain.payment import Refund, RefundCause, RefundState, RefundUnits
from tuan.ports import Clock, Ids, Unit
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.execute_refund import REFUND
from tuan.usecases.order_commands import check_id
from tuan.usecases.owned import owned_order
from tuan.usecases.writer import Writer

_REFUNDABLE = (OrderState.PAID, OrderState.READY_TO_SHIP, OrderState.SHIPPED, OrderState.COMPLETED)


@dataclass(frozen=True, slots=True)
class WantedUnits:
    """`first` None: the first units of the line that were not refunded yet."""

    line_index: int
    count: int
    first: int | None = None


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """`units` empty: all that was not refunded yet."""

    caller: str
    request_id: str
    order_id: str
    units: tuple[WantedUnits, ...] = ()
    cause: RefundCause = RefundCause.BUYER


class OrderRefunder:
    def __init__(self, writer: Writer, watch: DrainWatch, clock: Clock, ids: Ids, wake: Callable[[], None]) -> None:
        self._writer = writer
        self._watch = watch
        self._clock = clock
        self._ids = ids
        self._wake = wake

    async def refund(self, command: RefundOrder) -> tuple[Refund, Order]:
        """The refund as it is recorded, and the order. The money follows by a job; `GetRefund` tells."""
        check_id("request_id", command.request_id)
        check_id("order_id", command.order_id)
        await self._watch.barrier()
        result = await self._writer.write(lambda unit: self._store(unit, command))
        self._wake()
        return result

    def _store(self, unit: Unit, command: RefundOrder) -> tuple[Refund, Order]:
        order = owned_order(unit.orders.lock(command.order_id), command.order_id, command.caller)
        content = f"{command.order_id} {command.units} {command.cause}"
        earlier = unit.refunds.of_order(command.order_id)
        if not unit.requests.claim(command.caller, command.request_id, "RefundOrder", content):
            return next(refund for refund in earlier if refund.request_id == command.request_id), order
        if order.state not in _REFUNDABLE:
            raise TuanError(
                Reason.ORDER_STATE_CONFLICT,
                f"order {command.order_id} is {order.state.value}; only a paid order can be refunded",
                order_id=command.order_id,
                state=order.state.value,
            )
        units, whole = _choose(order, earlier, command)
        now_ms = self._clock.now_ms()
        lines = order.placed.lines
        refund = Refund(
            refund_id=self._ids.new(),
            order_id=command.order_id,
            payment_id=order.payment_id,
            gateway=_paid_by(unit, order)[0],
            transaction_id=_paid_by(unit, order)[1],
            currency=order.placed.currency,
            amount_minor=sum(lines[part.line_index].units_minor(part.first, part.count) for part in units),
            cause=command.cause,
            state=RefundState.REQUESTED,
            units=units,
            create_time_ms=now_ms,
            request_id=command.request_id,
        )
        unit.refunds.put(refund)
        payload = {"refund_id": refund.refund_id, "restock": order.state in BEFORE_SHIPPING}
        unit.jobs.add(REFUND, refund.refund_id, now_ms, payload)
        data = {"refund_id": refund.refund_id, "cause": refund.cause.value, "amount_minor": refund.amount_minor}
        unit.outbox.add("refund.requested", command.order_id, "", now_ms, data)
        if whole:
            order = unit.orders.move(command.order_id, OrderState.REFUNDING, now_ms)
        return refund, order


def _paid_by(unit: Unit, order: Order) -> tuple[str, str]:
    payment = unit.payments.get(order.payment_id)
    if payment is None:
        raise TuanError(Reason.PAYMENT_NOT_FOUND, f"order {order.placed.order_id} has no payment")
    return payment.gateway, payment.transaction_id


def _choose(order: Order, earlier: list[Refund], command: RefundOrder) -> tuple[tuple[RefundUnits, ...], bool]:
    """The units to refund, and whether nothing of the order is left after them."""
    gone: dict[int, set[int]] = {line.line_index: set() for line in order.placed.lines}
    for refund in earlier:
        for part in refund.units:
            gone[part.line_index].update(range(part.first, part.first + part.count))
    chosen: list[RefundUnits] = []
    wanted = command.units or tuple(
        WantedUnits(line.line_index, line.quantity - len(gone[line.line_index]))
        for line in order.placed.lines
        if line.quantity > len(gone[line.line_index])
    )
    if not wanted:
        raise _not_refundable(command.order_id, "everything of it is refunded already")
    for index, item in enumerate(wanted):
        if item.line_index not in gone:
            raise InvalidValue(f"units[{index}].line_index", f"order {command.order_id} has no line {item.line_index}")
        if item.count < 1:
            raise InvalidValue(f"units[{index}].count", "is less than 1")
        line = order.placed.lines[item.line_index]
        chosen += _runs(_pick(line, item, gone[item.line_index], command.order_id), item.line_index)
    whole = all(len(gone[line.line_index]) == line.quantity for line in order.placed.lines)
    return tuple(chosen), whole


def _pick(line: OrderLine, part: WantedUnits, gone: set[int], order_id: str) -> list[int]:
    """Unit numbers of one wanted part, marked as gone."""
    if part.first is None:
        free = (number for number in range(line.quantity) if number not in gone)
        numbers = [number for number, _ in zip(free, range(part.count), strict=False)]
    else:
        numbers = [number for number in range(part.first, part.first + part.count) if number not in gone]
    if len(numbers) < part.count or numbers[-1] >= line.quantity or numbers[0] < 0:
        left = line.quantity - len(gone)
        raise _not_refundable(order_id, f"line {line.line_index} has {left} units that are not refunded yet")
    gone.update(numbers)
    return numbers


def _runs(numbers: list[int], line_index: int) -> list[RefundUnits]:
    """Ascending unit numbers as runs."""
    runs: list[RefundUnits] = []
    start = numbers[0]
    for position, number in enumerate(numbers):
        if position + 1 == len(numbers) or numbers[position + 1] != number + 1:
            runs.append(RefundUnits(line_index, start, number - start + 1))
            if position + 1 < len(numbers):
                start = numbers[position + 1]
    return runs


def _not_refundable(order_id: str, why: str) -> TuanError:
    return TuanError(Reason.UNITS_NOT_REFUNDABLE, f"order {order_id}: {why}", order_id=order_id)
