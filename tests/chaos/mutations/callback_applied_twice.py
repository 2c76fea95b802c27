"""Every callback is new: the inbox has no key, and nobody asks whether this payment has paid the order already."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

from tuan.adapters.sql_record.repositories.jobs import SqlJobs
from tuan.adapters.sql_record.repositories.payments import SqlPayments
from tuan.domain.payment import PaymentNotice, RefundCause
from tuan.ports import Job, NewJob
from tuan.usecases.apply_payment import Money, PaymentApplier
from tuan.usecases.apply_payments import PaymentsApplier

FIGURES = {"unbalanced"}
CAMPAIGN = "sale"


def plant() -> None:
    put_notices, add_all = SqlPayments.put_notices, SqlJobs.add_all
    numbers = itertools.count()

    def always_new(self: SqlPayments, new: Sequence[PaymentNotice]) -> list[bool]:
        put_notices(self, new)
        return [True] * len(new)

    def jobs_of_their_own(self: SqlJobs, new: Sequence[NewJob]) -> None:
        add_all(
            self,
            [replace(job, key=f"{job.key}/{next(numbers)}") if job.kind == "apply_payment" else job for job in new],
        )

    apply_alone = PaymentApplier._apply_alone

    async def apply_again(self: PaymentApplier, money: Money) -> None:
        order = await self._record.read(lambda unit: unit.orders.get(money.order_id))
        if order is not None and order.payment_id == money.payment.payment_id:
            payment = replace(money.payment, payment_id=order.payment_id)
            await self._refund(money.notice, payment, money.order_id, money.amount_minor, RefundCause.DOUBLE_PAYMENT)
        else:
            await apply_alone(self, money)

    async def none_is_plain(self: PaymentsApplier, jobs: Sequence[Job]) -> dict[int, Exception | None]:
        return {}

    SqlPayments.put_notices = always_new  # type: ignore[method-assign]
    SqlJobs.add_all = jobs_of_their_own  # type: ignore[method-assign]
    PaymentApplier._apply_alone = apply_again  # type: ignore[method-assign]
    PaymentsApplier.handle = none_is_plain  # type: ignore[method-assign]
