"""A gateway's callback: prove where it is from, write it down, and only then say yes. What it means is worked out afterwards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tuan.domain.payment import Payment, PaymentNotice
from tuan.ports import Clock, NewJob, Record, Unit
from tuan.registry import Registry
from tuan.supervisor import Supervisor
from tuan.usecases.create_payment import gateway_of
from tuan.usecases.gather import Gatherer

APPLY_PAYMENT = "apply_payment"
#: Notices that are written down in one transaction.
NOTICES_MAX = 128


def notice_key(notice: PaymentNotice) -> str:
    """Names the movement of money: a notice is applied once per key, however often it comes."""
    return f"{notice.gateway}:{notice.transaction_id}"


def apply_job(notice: PaymentNotice, now_ms: int) -> NewJob:
    payload = {"gateway": notice.gateway, "transaction_id": notice.transaction_id}
    return NewJob(APPLY_PAYMENT, notice_key(notice), now_ms, payload)


def _is_notice(answer: object) -> bool:
    return isinstance(answer, PaymentNotice)


def _is_notice_or_none(answer: object) -> bool:
    return answer is None or _is_notice(answer)


class NoticeReceiver:
    """`wake`: tells the job runner that there is something to do."""

    def __init__(
        self, record: Record, registry: Registry, supervisor: Supervisor, clock: Clock, wake: Callable[[], None]
    ) -> None:
        self._record = record
        self._registry = registry
        self._supervisor = supervisor
        self._clock = clock
        self._wake = wake
        self._stored = Gatherer(self._store, NOTICES_MAX)

    async def receive(self, gateway_code: str, headers: Mapping[str, str], body: bytes) -> tuple[PaymentNotice, bool]:
        """The notice and whether it was new. Raises PAYMENT_SIGNATURE_INVALID; once it returns, the notice is committed."""
        gateway = gateway_of(self._registry, gateway_code)
        notice = await self._supervisor.call(gateway, gateway.parse_notice, headers, body, accept=_is_notice)
        return notice, await self._stored(notice)

    async def ask(self, payment: Payment) -> PaymentNotice | None:
        """The gateway's own word on a payment, written down like a callback."""
        gateway = gateway_of(self._registry, payment.gateway)
        notice = await self._supervisor.call(gateway, gateway.query, payment, accept=_is_notice_or_none)
        if notice is not None:
            await self._stored(notice)
        return notice

    async def _store(self, notices: Sequence[PaymentNotice]) -> list[bool]:
        """Which of them are new."""
        now_ms = self._clock.now_ms()

        def store(unit: Unit) -> list[bool]:
            new = unit.payments.put_notices(notices)
            unit.jobs.add_all(
                [apply_job(notice, now_ms) for notice, is_new in zip(notices, new, strict=True) if is_new]
            )
            return new

        new = await self._record.write(store)
        if any(new):
            self._wake()
        return new
