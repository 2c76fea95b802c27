"""Payment gateways: ask a channel for money, read its notices, give money back. Blocking calls are fine: they run in threads."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from tuan.domain.errors import Reason, TuanError
from tuan.domain.payment import Payment, PaymentNotice, Refund
from tuan.plugin.base import Plugin


class GatewayRefusal(TuanError):
    """The channel refused for good (not a time-out): asking again is useless, so it carries no retry time."""

    def __init__(self, gateway: str, message: str) -> None:
        super().__init__(Reason.PLUGIN_UNAVAILABLE, f"{gateway} refused: {message}", plugin=gateway)


@dataclass(frozen=True, slots=True)
class PaymentToken:
    """What the buyer's app needs to pay: an opaque token or a URL of the channel."""

    token: str
    url: str = ""


class RefundOutcome(StrEnum):
    SUCCEEDED = "succeeded"
    PENDING = "pending"
    """Accepted; ask again later with the same refund id."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RefundAnswer:
    outcome: RefundOutcome
    message: str = ""


class PaymentGateway(Plugin):
    """A payment channel. Every call is idempotent on its payment or refund id, since the engine repeats what it is unsure of.

    Answers, which are never charged as faults: GatewayRefusal for good; TuanError PLUGIN_UNAVAILABLE when the channel cannot be
    reached, and the engine asks again.
    """

    deadline_ms: ClassVar[int] = 10_000

    @abstractmethod
    def create(self, payment: Payment) -> PaymentToken:
        """Ask the channel to collect `payment.amount_minor`."""

    @abstractmethod
    def parse_notice(self, headers: Mapping[str, str], body: bytes) -> PaymentNotice:
        """A callback of the channel. Raises TuanError PAYMENT_SIGNATURE_INVALID unless its signature proves where it is from."""

    @abstractmethod
    def query(self, payment: Payment) -> PaymentNotice | None:
        """The channel's own word on a payment, for when no notice came; None while nothing was paid."""

    @abstractmethod
    def refund(self, refund: Refund) -> RefundAnswer:
        """Give `refund.amount_minor` back by the original route."""
