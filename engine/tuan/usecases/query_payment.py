"""Ask a gateway what became of a payment, for when no callback came, and wait a moment until its word is applied."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from tuan.domain.fields import check_id
from tuan.domain.payment import Payment, PaymentState
from tuan.ports import Record, Unit
from tuan.usecases.decided_payments import DecidedPayments
from tuan.usecases.owned import owned_payment
from tuan.usecases.receive_notice import NoticeReceiver

#: The job that applies a notice runs at once; what takes longer than this the caller reads later.
WAIT_MS_MAX = 2_000
#: A job of this process tells when it has decided; this is for those that another one runs.
POLL_MS = 250


class PaymentAsker:
    def __init__(self, record: Record, receiver: NoticeReceiver, decided: DecidedPayments) -> None:
        self._record = record
        self._receiver = receiver
        self._decided = decided

    async def ask(self, caller: str, request_id: str, payment_id: str) -> Payment:
        """The payment after the gateway was asked. A repeat asks only while nothing is known yet."""
        check_id("request_id", request_id)
        check_id("payment_id", payment_id)

        def begin(unit: Unit) -> tuple[Payment, bool]:
            payment = owned_payment(unit.payments.get(payment_id), payment_id, caller)
            return payment, unit.requests.claim(caller, request_id, "QueryPayment", payment_id)

        payment, first = await self._record.write(begin)
        if not first and payment.state is not PaymentState.CREATED:
            return payment
        notice = await self._receiver.ask(payment)
        if notice is None or payment.state is not PaymentState.CREATED:
            return payment
        return await self._applied(payment)

    async def _applied(self, payment: Payment) -> Payment:
        with self._decided.news(payment.payment_id) as news:
            for _ in range(WAIT_MS_MAX // POLL_MS):
                current = await self._record.read(lambda unit: unit.payments.get(payment.payment_id)) or payment
                if current.state is not PaymentState.CREATED:
                    return current
                with suppress(TimeoutError):
                    await asyncio.wait_for(news.wait(), POLL_MS / 1_000)
                news.clear()
        return payment
