"""Plugins that do as the test says: a promotion and a gateway."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tuan.domain.payment import Payment, PaymentNotice, Refund
from tuan.plugin import (
    Activity,
    Attempt,
    CartLine,
    Claim,
    Event,
    LineTerms,
    PaymentGateway,
    PriceRule,
    PromotionType,
    Proposal,
    Refusal,
)
from tuan.plugin.gateway import PaymentToken, RefundAnswer, RefundOutcome
from tuan.ports import Unit


class Deal(PromotionType):
    """An activity's config: `unit_minor`, and `limit` per buyer. `on_admit` is asked, and `on_react` told, if set."""

    code = "deal"
    reacts_to = ("order.placed", "order.paid")

    def __init__(self) -> None:
        self.on_admit: Callable[[Attempt], Refusal | None] | None = None
        self.on_react: Callable[[Event, Unit], None] | None = None

    def admit(self, attempt: Attempt, activity: Activity, prepared: Any) -> Refusal | None:
        return self.on_admit(attempt) if self.on_admit else None

    def terms(self, attempt: Attempt, line: CartLine, activity: Activity, prepared: Any) -> LineTerms:
        limit = prepared.get("limit")
        claims = () if limit is None else (Claim(f"buyer/{attempt.buyer}", line.quantity, limit=limit),)
        return LineTerms(prepared.get("unit_minor", line.list_unit_minor), "deal-rule", claims)

    def react(self, event: Event, unit: Unit) -> None:
        if self.on_react:
            self.on_react(event, unit)


class Hanging(Deal):
    """Does not come back from `admit` until `released` is set."""

    code = "hanging"
    deadline_ms = 50
    reacts_to = ()

    def __init__(self) -> None:
        super().__init__()
        self.released = threading.Event()

    def admit(self, attempt: Attempt, activity: Activity, prepared: Any) -> Refusal | None:
        self.released.wait(30)
        return None


class Discount(PromotionType):
    """Takes `off_minor` off each ordinary line."""

    code = "discount"

    def propose(
        self, attempt: Attempt, lines: Sequence[CartLine], rule: PriceRule, prepared: Any
    ) -> Iterable[Proposal]:
        return [Proposal(line.line_index, prepared["off_minor"], rule.rule_id) for line in lines]


class Bank(PaymentGateway):
    """Answers refunds by `answers` in turn, the last one for ever; an exception among them is raised."""

    code = "bank"

    def __init__(self) -> None:
        self.answers: list[RefundAnswer | Exception] = [RefundAnswer(RefundOutcome.SUCCEEDED)]
        self.refunded: list[Refund] = []

    def create(self, payment: Payment) -> PaymentToken:
        return PaymentToken(f"token-{payment.payment_id}")

    def parse_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice:
        """The body: transaction id, payment id and amount, with spaces between."""
        transaction_id, payment_id, amount = body.decode().split()
        return PaymentNotice(self.code, transaction_id, payment_id, True, int(amount), "CNY", 1)

    def query(self, payment: Payment) -> PaymentNotice | None:
        """Paid, whenever it is asked."""
        transaction_id = f"t-{payment.payment_id}"
        return PaymentNotice(
            self.code, transaction_id, payment.payment_id, True, payment.amount_minor, payment.currency, 1
        )

    def refund(self, refund: Refund) -> RefundAnswer:
        self.refunded.append(refund)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer
