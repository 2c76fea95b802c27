"""Every callback is new: the inbox has no key, and nobody asks whether this payment has paid the order already."""

from __future__ import annotations

import itertools
from dataclasses import replace

from tuan.adapters.sql_record.repositories.jobs import SqlJobs
from tuan.adapters.sql_record.repositories.payments import SqlPayments
from tuan.domain.payment import PaymentNotice, RefundCause
from tuan.usecases.apply_payment import PaymentApplier, _Money

FIGURES = {"unbalanced"}
CAMPAIGN = "sale"


def plant() -> None:
    put_notice, add_job = SqlPayments.put_notice, SqlJobs.add
    numbers = itertools.count()

    def always_new(self: SqlPayments, notice: PaymentNotice) -> bool:
        put_notice(self, notice)
        return True

    def job_of_its_own(self: SqlJobs, kind: str, key: str, *rest: object) -> None:
        add_job(self, kind, f"{key}/{next(numbers)}" if kind == "apply_payment" else key, *rest)  # type: ignore[arg-type]

    apply_alone = PaymentApplier._apply_alone

    async def apply_again(self: PaymentApplier, money: _Money) -> None:
        order = await self._record.read(lambda unit: unit.orders.get(money.order_id))
        if order is not None and order.payment_id == money.payment.payment_id:
            payment = replace(money.payment, payment_id=order.payment_id)
            await self._refund(money.notice, payment, money.order_id, money.amount_minor, RefundCause.DOUBLE_PAYMENT)
        else:
            await apply_alone(self, money)

    SqlPayments.put_notice = always_new  # type: ignore[method-assign]
    SqlJobs.add = job_of_its_own  # type: ignore[method-assign]
    PaymentApplier._apply_alone = apply_again  # type: ignore[method-assign]
