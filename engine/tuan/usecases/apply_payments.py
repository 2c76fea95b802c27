"""Payments that came in time, applied together: a handful of statements and one script per shard for as many as are due.

Only what is plain ends here: money of the right amount for orders that wait for it. Whatever else turns up on the way (a second
payment, a hold that is over, an order that another payment is being applied to) is left to `PaymentApplier`, which takes it from
the start: every step that was taken here is one of its own, and idempotent.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tuan.domain.claim import RESERVATIONS_PER_CALL_MAX, Answer, Code, EndRequest
from tuan.domain.order import OrderState
from tuan.domain.payment import Payment, PaymentNotice, PaymentState
from tuan.ports import Inventory, Job, OrderSummary, Record, Unit
from tuan.usecases.apply_payment import Money, PaymentApplier
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.job_runner import AskAgain
from tuan.usecases.order_commands import request_key
from tuan.usecases.shard_away import refuse_if_away
from tuan.usecases.snapshot import SnapshotKeeper

#: How long a batch waits for the drain. A shard that is further behind keeps the others' payments waiting no longer; its own
#: come again.
DRAIN_WAIT_S = 1.0

Ended = dict[int, Exception | None]


@dataclass(frozen=True, slots=True)
class _Decisions:
    """What the inbox says of a batch of jobs. `paid`: those that pay, each with its shares; `failed`: attempts that failed."""

    paid: Mapping[int, tuple[Money, ...]]
    failed: tuple[int, ...]
    payment_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Confirming:
    """One order on its way through its shards."""

    job_id: int
    money: Money
    order: OrderSummary

    def request(self) -> EndRequest:
        return EndRequest(request_key(self.order.caller, self.order.request_id), self.money.applied())


class PaymentsApplier:
    """Batch handler of the job `apply_payment`, beside `alone`, which is its handler."""

    def __init__(
        self, alone: PaymentApplier, inventory: Inventory, record: Record, keeper: SnapshotKeeper, watch: DrainWatch
    ) -> None:
        self._locks = alone.locks
        self._decided = alone.decided
        self._inventory = inventory
        self._record = record
        self._keeper = keeper
        self._watch = watch

    async def handle(self, jobs: Sequence[Job]) -> Ended:
        """What became of each; jobs that are left out are no plain case."""
        decisions = await self._record.write(lambda unit: _decide(unit, jobs))
        self._decided.tell(*decisions.payment_ids)
        # Where another payment works on an order, this one waits for its turn, and the batch does not.
        paid = {
            job_id: shares
            for job_id, shares in decisions.paid.items()
            if not any(self._locks.taken(share.order_id) for share in shares)
        }
        ended: Ended = dict.fromkeys(decisions.failed)
        if paid:
            async with self._locks.of(*(share.order_id for shares in paid.values() for share in shares)):
                await self._apply(paid, ended)
        return ended

    async def _apply(self, paid: Mapping[int, tuple[Money, ...]], ended: Ended) -> None:
        """Whoever decided, SQL says at last whether a payment is the one that paid its orders."""
        moneys = [share for shares in paid.values() for share in shares]
        order_ids = [money.order_id for money in moneys]
        orders, refunded = await self._record.read(
            lambda unit: (unit.orders.summaries(order_ids), unit.refunds.known([money.refund_id for money in moneys]))
        )
        plain = {
            job_id: shares
            for job_id, shares in paid.items()
            if all(share.refund_id not in refunded and _is_plain(share, orders) for share in shares)
        }
        await self._confirm_all(
            [
                _Confirming(job_id, share, orders[share.order_id])
                for job_id, shares in plain.items()
                for share in shares
                if not orders[share.order_id].payment_id
            ],
            ended,
        )
        asked = [share.order_id for job_id, shares in plain.items() if job_id not in ended for share in shares]
        after = await self._record.read(lambda unit: unit.orders.summaries(asked))
        for job_id, shares in plain.items():
            if job_id not in ended and all(_is_paid(share, after) for share in shares):
                ended[job_id] = None

    async def _confirm_all(self, confirming: Sequence[_Confirming], ended: Ended) -> None:
        """Each order on its first shard, then on its second, and so on: in reserve order, as the last one makes it PAID."""
        step = 0
        while confirming:
            by_shard: dict[str, list[_Confirming]] = defaultdict(list)
            for each in confirming:
                by_shard[each.order.shards[step]].append(each)
            granted = await asyncio.gather(*(self._confirm(shard, on_it, ended) for shard, on_it in by_shard.items()))
            step += 1
            confirming = [each for some in granted for each in some if step < len(each.order.shards)]

    async def _confirm(self, shard: str, confirming: Sequence[_Confirming], ended: Ended) -> list[_Confirming]:
        """One script for all of them; those that were granted, once SQL knows. An error is that of each."""
        try:
            answers = await self._answers(shard, [each.request() for each in confirming])
            granted = [
                (each, answer.sequence)
                for each, answer in zip(confirming, answers, strict=True)
                if answer.code is Code.GRANTED
            ]
            await asyncio.wait_for(self._watch.wait(shard, max((at for _, at in granted), default=0)), DRAIN_WAIT_S)
            return [each for each, _ in granted]
        except TimeoutError:
            ended |= {each.job_id: AskAgain(f"{shard}: SQL is more than a second behind") for each in confirming}
        except Exception as error:
            ended |= {each.job_id: error for each in confirming}
        return []

    async def _answers(self, shard: str, requests: Sequence[EndRequest]) -> list[Answer]:
        answers: list[Answer] = []
        for start in range(0, len(requests), RESERVATIONS_PER_CALL_MAX):
            part = requests[start : start + RESERVATIONS_PER_CALL_MAX]
            answers += await self._inventory.confirm(shard, self._keeper.epoch(shard), part)
        for answer in answers:
            refuse_if_away(answer, shard, self._watch)
        return answers


def _decide(unit: Unit, jobs: Iterable[Job]) -> _Decisions:
    """Which of these transactions pay their payments: the first of each, decided in one step, for ever."""
    keys = {job.job_id: (str(job.payload["gateway"]), str(job.payload["transaction_id"])) for job in jobs}
    notices = {(notice.gateway, notice.transaction_id): notice for notice in unit.payments.notices([*keys.values()])}
    named = {notice.payment_id for notice in notices.values()}
    payments = {payment.payment_id: payment for payment in unit.payments.many(sorted(named))}
    changed: dict[str, Payment] = {}
    paid: dict[int, tuple[Money, ...]] = {}
    failed: list[int] = []
    for job_id, key in keys.items():
        notice = notices.get(key)
        payment = payments.get(notice.payment_id) if notice is not None else None
        if notice is None or payment is None:
            continue
        if not notice.succeeded:
            failed.append(job_id)
            if payment.state is PaymentState.CREATED:
                after = replace(payment, state=PaymentState.FAILED)
                payments[payment.payment_id] = changed[payment.payment_id] = after
        elif _pays(notice, payment):
            paid[job_id] = tuple(Money(payment, notice, *share) for share in payment.shares)
            after = replace(payment, state=PaymentState.SUCCEEDED, transaction_id=notice.transaction_id)
            if after != payment:
                payments[payment.payment_id] = changed[payment.payment_id] = after
    unit.payments.decide([*changed.values()])
    return _Decisions(paid, tuple(failed), tuple(changed))


def _pays(notice: PaymentNotice, payment: Payment) -> bool:
    asked = (payment.gateway, payment.amount_minor, payment.currency)
    is_first = payment.transaction_id in ("", notice.transaction_id)
    return is_first and (notice.gateway, notice.amount_minor, notice.currency) == asked


def _is_plain(share: Money, orders: Mapping[str, OrderSummary]) -> bool:
    order = orders.get(share.order_id)
    if order is None:
        return False
    waits = order.payment_id == "" and order.state is OrderState.PENDING_PAYMENT
    return waits or order.payment_id == share.payment.payment_id


def _is_paid(share: Money, orders: Mapping[str, OrderSummary]) -> bool:
    order = orders.get(share.order_id)
    return order is not None and order.payment_id == share.payment.payment_id
