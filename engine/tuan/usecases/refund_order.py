"""Record a refund of units of an order, at the very prices that were frozen when it was placed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tuan.domain.errors import Reason, TuanError
from tuan.domain.fields import check_id
from tuan.domain.order import BEFORE_SHIPPING, Order, OrderState
from tuan.domain.payment import Payment, Refund, RefundCause, RefundState, RefundUnits
from tuan.ports import Clock, Ids, Unit
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.execute_refund import REFUND
from tuan.usecases.fingerprint import content_fingerprint
from tuan.usecases.owned import owned_order
from tuan.usecases.refund_units import WantedUnits, choose_units, rebated_minor, units_minor
from tuan.usecases.writer import Writer

REFUNDABLE = (OrderState.PAID, OrderState.READY_TO_SHIP, OrderState.SHIPPED, OrderState.COMPLETED)


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
        result = await self._writer.write(lambda unit: self.record(unit, command))
        self._wake()
        return result

    def record(self, unit: Unit, command: RefundOrder) -> tuple[Refund, Order]:
        """In this transaction; whoever commits it wakes the job. Once per request id."""
        order = owned_order(unit.orders.lock(command.order_id), command.order_id, command.caller)
        content = content_fingerprint(command.order_id, command.units, command.cause)
        earlier = unit.refunds.of_order(command.order_id)
        if not unit.requests.claim(command.caller, command.request_id, "RefundOrder", content):
            return next(refund for refund in earlier if refund.request_id == command.request_id), order
        if order.state not in REFUNDABLE:
            raise TuanError(
                Reason.ORDER_STATE_CONFLICT,
                f"order {command.order_id} is {order.state.value}; only a paid order can be refunded",
                order_id=command.order_id,
                state=order.state.value,
            )
        units, whole = choose_units(command.order_id, order.placed.lines, earlier, command.units)
        now_ms = self._clock.now_ms()
        amount_minor = units_minor(order.placed.lines, units) - rebated_minor(order.placed.lines, units, earlier)
        refund = self._refund(unit, order, command.request_id, amount_minor, command.cause, units)
        _put(unit, refund, restock=order.state in BEFORE_SHIPPING)
        if whole:
            order = unit.orders.move(command.order_id, OrderState.REFUNDING, now_ms)
        return refund, order

    def record_rebate(self, unit: Unit, order: Order, request_id: str, amount_minor: int) -> None:
        """A part of the price goes back, the goods stay. Once per request id; `order` is locked."""
        order_id = order.placed.order_id
        content = content_fingerprint(order_id, amount_minor)
        if unit.requests.claim(order.placed.caller, request_id, "RebateOrder", content):
            refund = self._refund(unit, order, request_id, amount_minor, RefundCause.TIER_REBATE, ())
            _put(unit, refund, restock=False)

    def _refund(
        self,
        unit: Unit,
        order: Order,
        request_id: str,
        amount_minor: int,
        cause: RefundCause,
        units: tuple[RefundUnits, ...],
    ) -> Refund:
        payment = _paid_by(unit, order)
        return Refund(
            refund_id=self._ids.new(),
            order_id=order.placed.order_id,
            payment_id=order.payment_id,
            gateway=payment.gateway,
            transaction_id=payment.transaction_id,
            currency=order.placed.currency,
            amount_minor=amount_minor,
            cause=cause,
            state=RefundState.REQUESTED,
            units=units,
            create_time_ms=self._clock.now_ms(),
            request_id=request_id,
        )


def _put(unit: Unit, refund: Refund, restock: bool) -> None:
    unit.refunds.put(refund)
    time_ms = refund.create_time_ms
    unit.jobs.add(REFUND, refund.refund_id, time_ms, {"refund_id": refund.refund_id, "restock": restock})
    data = {"refund_id": refund.refund_id, "cause": refund.cause.value, "amount_minor": refund.amount_minor}
    unit.outbox.add("refund.requested", refund.order_id, "", time_ms, data)


def _paid_by(unit: Unit, order: Order) -> Payment:
    payment = unit.payments.get(order.payment_id)
    if payment is None:
        raise TuanError(Reason.PAYMENT_NOT_FOUND, f"order {order.placed.order_id} has no payment")
    return payment
