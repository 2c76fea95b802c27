"""What a gateway's notice means for each order that it pays: paid, reinstated, or money to be given back.

Runs as a job, so it is repeated until it ends well; every step is idempotent. One payment may cover many orders, and each has
its own outcome: the money of those that cannot be is refunded, share by share. Payments that come in time are applied together,
in `apply_payments.py`; what is not so plain comes here.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

import structlog

from tuan.codec import encode
from tuan.domain.claim import Code, EndRequest, GiveBackRequest, ReservationState, ReserveRequest
from tuan.domain.errors import Reason, TuanError
from tuan.domain.ledger import unmatched_money
from tuan.domain.order import Order, OrderState
from tuan.domain.payment import (
    Payment,
    PaymentApplied,
    PaymentNotice,
    PaymentState,
    Refund,
    RefundCause,
    RefundState,
)
from tuan.ports import Clock, Inventory, Job, OrderReservation, Record, Unit
from tuan.usecases.decided_payments import DecidedPayments
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.execute_refund import REFUND
from tuan.usecases.key_locks import KeyLocks
from tuan.usecases.order_commands import request_key
from tuan.usecases.receive_notice import notice_key
from tuan.usecases.shard_away import refuse_if_away
from tuan.usecases.snapshot import SnapshotKeeper

log = structlog.get_logger()

#: Ids of refunds that the engine starts by itself are derived from their cause, so that a repeat makes the same refund.
_REFUND_NAMESPACE = uuid.UUID("6f0f3c1e-6f0b-5c5e-9a52-2f7f8a1f0c11")


@dataclass(frozen=True, slots=True)
class Money:
    """One share of a payment whose money is there."""

    payment: Payment
    notice: PaymentNotice
    order_id: str
    amount_minor: int

    @property
    def refund_id(self) -> str:
        """Of the refund that gives this share back, if it has to be."""
        return _refund_id(self.notice, self.order_id)

    def applied(self) -> bytes:
        """The body of the confirm intent: what the drain writes to the order and to the ledger."""
        return encode(
            PaymentApplied(
                order_id=self.order_id,
                payment_id=self.payment.payment_id,
                gateway=self.notice.gateway,
                transaction_id=self.notice.transaction_id,
                amount_minor=self.amount_minor,
                time_ms=self.notice.gateway_time_ms,
            )
        )


class PaymentApplier:
    """Handler of the job `apply_payment`. `locks`, `decided`: shared with whoever applies payments by the batch."""

    def __init__(
        self, inventory: Inventory, record: Record, keeper: SnapshotKeeper, watch: DrainWatch, clock: Clock
    ) -> None:
        self.locks = KeyLocks()
        self.decided = DecidedPayments()
        self._inventory = inventory
        self._record = record
        self._keeper = keeper
        self._watch = watch
        self._clock = clock

    async def handle(self, job: Job) -> None:
        gateway, transaction_id = str(job.payload["gateway"]), str(job.payload["transaction_id"])
        notice = await self._record.read(lambda unit: unit.payments.notice(gateway, transaction_id))
        if notice is None:
            raise TuanError(Reason.PAYMENT_NOT_FOUND, f"job {job.key} has no notice")
        payment = await self._record.read(lambda unit: unit.payments.get(notice.payment_id))
        if not notice.succeeded:
            await self._record.write(lambda unit: _fail(unit, notice.payment_id))
            self.decided.tell(notice.payment_id)
        elif payment is None or payment.gateway != gateway:
            await self._give_back_all(notice, None, RefundCause.AMOUNT_MISMATCH)
        elif (notice.amount_minor, notice.currency) != (payment.amount_minor, payment.currency):
            await self._give_back_all(notice, payment, RefundCause.AMOUNT_MISMATCH)
        elif not await self._record.write(lambda unit: _pays(unit, payment.payment_id, transaction_id)):
            await self._give_back_all(notice, payment, RefundCause.DOUBLE_PAYMENT)
        else:
            self.decided.tell(payment.payment_id)
            for order_id, amount_minor in payment.shares:
                async with self.locks.of(order_id):
                    await self._apply_alone(Money(payment, notice, order_id, amount_minor))

    async def _apply_alone(self, money: Money) -> None:
        """Whoever decided, SQL says at last whether this payment is the one that paid the order.

        Once its refund is recorded, the money is on its way back, and can pay nothing even where there is room by now.
        """
        await self._watch.barrier()
        order, refunded = await self._record.read(
            lambda unit: (unit.orders.get(money.order_id), unit.refunds.known([money.refund_id]))
        )
        if refunded:
            return
        if order is None:
            raise TuanError(Reason.ORDER_NOT_FOUND, f"order {money.order_id} of a payment is not in SQL")
        if order.payment_id == "":
            if order.state is OrderState.PENDING_PAYMENT:
                await self._confirm(order, money)
            if order.state is not OrderState.PENDING_PAYMENT or not await self._is_paid(money):
                await self._reinstate(order, money)
            order = await self._record.read(lambda unit: unit.orders.get(money.order_id)) or order
        if order.payment_id == money.payment.payment_id:
            return
        cause = RefundCause.DOUBLE_PAYMENT if order.payment_id else RefundCause.LATE_PAYMENT
        await self._refund(money.notice, money.payment, money.order_id, money.amount_minor, cause)

    async def _is_paid(self, money: Money) -> bool:
        order = await self._record.read(lambda unit: unit.orders.get(money.order_id))
        return order is not None and order.payment_id != ""

    async def _confirm(self, order: Order, money: Money) -> None:
        """Shard by shard in reserve order; the last one carries the order to PAID. Ends early where a shard has given up."""
        key = request_key(order.placed.caller, order.placed.request_id)
        for shard in order.placed.shards:
            [answer] = await self._inventory.confirm(shard, self._epoch(shard), [EndRequest(key, money.applied())])
            refuse_if_away(answer, shard, self._watch)
            if answer.code is not Code.GRANTED:
                return
            await self._watch.wait(shard, answer.sequence)

    async def _reinstate(self, order: Order, money: Money) -> None:
        """The hold is over. Take everything again, confirmed at once, if it still fits; otherwise leave no trace."""
        await self._give_up_the_rest(order)
        reservations = await self._record.read(lambda unit: unit.orders.reservations(money.order_id))
        held = {
            item.shard: item
            for item in reservations
            if item.state is ReservationState.CONFIRMED and not item.given_back
        }
        undone = {item.key for item in reservations if item.given_back}
        taken: list[tuple[OrderReservation, str]] = [(item, item.key) for item in held.values()]
        for item in reservations:
            if item.shard in held or "." in item.key:
                continue
            key = f"{item.key}.{_short(notice_key(money.notice))}"
            request = ReserveRequest(key, key, item.claims, 0, money.applied(), confirm=True, label=money.order_id)
            [answer] = await self._inventory.reserve(item.shard, self._epoch(item.shard), [request])
            refuse_if_away(answer, item.shard, self._watch)
            if answer.code is not Code.GRANTED or key in undone:
                await self._undo(taken)
                return
            taken.append((item, key))
            await self._watch.wait(item.shard, answer.sequence)

    async def _give_up_the_rest(self, order: Order) -> None:
        """Holds that outlived another shard's would stand in the way of their own successors: the unit, the buyer's limit.

        When this returns, SQL also knows what an earlier try did that did not live to see its end.
        """
        held = await self._record.read(lambda unit: unit.orders.reservations(order.placed.order_id))
        for item in held:
            if item.state is ReservationState.PENDING:
                request = EndRequest(item.key, b'{"reason":"paid too late"}')
                [answer] = await self._inventory.release(item.shard, self._epoch(item.shard), [request])
                refuse_if_away(answer, item.shard, self._watch)
        for shard in order.placed.shards:
            state = await self._inventory.shard_state(shard)
            if state is not None:
                await self._watch.wait(shard, state.sequence)

    async def _undo(self, taken: list[tuple[OrderReservation, str]]) -> None:
        for item, key in taken:
            quantities = tuple((claim.counter, claim.quantity) for claim in item.claims)
            request = GiveBackRequest(f"undo:{key}", key, quantities, b'{"reason":"not reinstated"}')
            [answer] = await self._inventory.give_back(item.shard, self._epoch(item.shard), [request])
            refuse_if_away(answer, item.shard, self._watch)
            await self._watch.wait(item.shard, answer.sequence)

    async def _give_back_all(self, notice: PaymentNotice, payment: Payment | None, cause: RefundCause) -> None:
        await self._refund(notice, payment, "", notice.amount_minor, cause)

    async def _refund(
        self, notice: PaymentNotice, payment: Payment | None, order_id: str, amount_minor: int, cause: RefundCause
    ) -> None:
        """Write the money down as nobody's, and have it sent back."""
        reference = _reference(notice, order_id)
        refund = Refund(
            refund_id=_refund_id(notice, order_id),
            order_id=order_id,
            payment_id=payment.payment_id if payment else notice.payment_id,
            gateway=notice.gateway,
            transaction_id=notice.transaction_id,
            currency=notice.currency,
            amount_minor=amount_minor,
            cause=cause,
            state=RefundState.REQUESTED,
            units=(),
            create_time_ms=self._clock.now_ms(),
        )

        def store(unit: Unit) -> None:
            if unit.refunds.put(refund):
                unmatched = unmatched_money(
                    reference, order_id, notice.gateway, notice.currency, refund.create_time_ms, amount_minor
                )
                unit.ledger.post([unmatched])
                unit.jobs.add(REFUND, refund.refund_id, refund.create_time_ms, {"refund_id": refund.refund_id})
                data = {"refund_id": refund.refund_id, "cause": cause.value, "amount_minor": amount_minor}
                unit.outbox.add("refund.requested", order_id, "", refund.create_time_ms, data)

        await self._record.write(store)
        log.info("money_returned", cause=cause.value, order_id=order_id, amount_minor=amount_minor)

    def _epoch(self, shard: str) -> int:
        return self._keeper.epoch(shard)


def _fail(unit: Unit, payment_id: str) -> None:
    """An attempt to pay failed. Its transaction is not the payment's: another attempt may succeed, or has succeeded already."""
    payment = unit.payments.get(payment_id)
    if payment is not None and payment.state is PaymentState.CREATED:
        unit.payments.set_state(payment_id, PaymentState.FAILED)


def _pays(unit: Unit, payment_id: str, transaction_id: str) -> bool:
    """Whether this transaction is the one that pays the payment: the first of them, decided in one step, for ever."""
    payment = unit.payments.get(payment_id)
    if payment is None or payment.transaction_id not in ("", transaction_id):
        return False
    unit.payments.set_state(payment_id, PaymentState.SUCCEEDED, transaction_id)
    return True


def _reference(notice: PaymentNotice, order_id: str) -> str:
    """Names one share of a payment's money; without an order, all of it."""
    return f"{notice_key(notice)}:{order_id}"


def _refund_id(notice: PaymentNotice, order_id: str) -> str:
    return str(uuid.uuid5(_REFUND_NAMESPACE, _reference(notice, order_id)))


def _short(text: str) -> str:
    return uuid.uuid5(_REFUND_NAMESPACE, text).hex[:12]
