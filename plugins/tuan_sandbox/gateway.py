"""The gateway: the engine's side of the channel, written as for a real one; only that its channel is a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields

from tuan.plugin import (
    GatewayRefusal,
    Host,
    Payment,
    PaymentGateway,
    PaymentNotice,
    PaymentToken,
    Reason,
    Refund,
    RefundAnswer,
    RefundOutcome,
    Servicer,
    TuanError,
)
from tuan_sandbox.channel import FILE_NAME, Channel, Movement, Refused, Totals
from tuan_sandbox.delivery import Delivery
from tuan_sandbox.servicer import SandboxServicer, servicer_entry
from tuan_sandbox.signing import fault_of

CODE = "sandbox"


class SandboxGateway(PaymentGateway):
    code = CODE

    def start(self, host: Host) -> None:
        self._host = host
        self._key = host.secret("sandbox.channel")
        self._channel = Channel(host.data_dir / FILE_NAME)
        self.delivery = Delivery(self._channel, host, self._key, CODE)
        # Callbacks that were waiting when the engine died are delivered by the next one.
        host.spawn("sandbox.delivery", self.delivery.run)

    def servicers(self) -> Sequence[Servicer]:
        return (servicer_entry(SandboxServicer(self._host, self._channel, self.delivery)),)

    def create(self, payment: Payment) -> PaymentToken:
        self._reach()
        try:
            self._channel.open_payment(payment.payment_id, payment.currency, payment.amount_minor)
        except Refused as refused:
            raise GatewayRefusal(CODE, str(refused)) from None
        return PaymentToken(f"sandbox:{payment.payment_id}")

    def parse_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice:
        fault = fault_of(self._key, headers, body, self._host.clock.now_ms())
        if fault:
            raise TuanError(Reason.PAYMENT_SIGNATURE_INVALID, f"sandbox notice: {fault}", gateway=CODE)
        content = json.loads(body)
        return _notice(Movement(**{field.name: content[field.name] for field in fields(Movement)}))

    def query(self, payment: Payment) -> PaymentNotice | None:
        movement = self._channel.paid(payment.payment_id)
        return None if movement is None else _notice(movement)

    def refund(self, refund: Refund) -> RefundAnswer:
        self._reach()
        try:
            self._channel.refund(refund.refund_id, refund.transaction_id, refund.currency, refund.amount_minor)
        except Refused as refused:
            return RefundAnswer(RefundOutcome.REFUSED, str(refused))
        return RefundAnswer(RefundOutcome.SUCCEEDED)

    def statement(self) -> dict[str, Totals]:
        """What the channel collected and gave back, by currency."""
        return self._channel.statement()

    def _reach(self) -> None:
        if self._channel.fails_now():
            raise TuanError(
                Reason.PLUGIN_UNAVAILABLE, "sandbox: the channel cannot be reached", retry_after_ms=1_000, plugin=CODE
            )


def _notice(movement: Movement) -> PaymentNotice:
    return PaymentNotice(
        gateway=CODE,
        transaction_id=movement.transaction_id,
        payment_id=movement.payment_id,
        succeeded=movement.succeeded,
        amount_minor=movement.amount_minor,
        currency=movement.currency,
        gateway_time_ms=movement.time_ms,
    )
