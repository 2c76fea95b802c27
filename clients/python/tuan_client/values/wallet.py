# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `wallet.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import wallet_pb2
from tuan_client.convert import (
    time_from_message,
)
from tuan_client.values.money import Money


@dataclass(frozen=True, slots=True)
class WalletCredit:
    """One credit that a buyer was given."""

    credit_id: str
    """Its id: that of the reward."""
    amount: Money
    """What was given."""
    left: Money
    """What is left of it; 0 where it was taken back."""
    grant_time: datetime
    """When it was given."""
    funded_by: str
    """Who pays for it: "merchant" or "platform"."""

    @classmethod
    def from_message(cls, message: wallet_pb2.WalletCredit) -> WalletCredit:
        return cls(
            credit_id=message.credit_id,
            amount=Money.from_message(message.amount),
            left=Money.from_message(message.left),
            grant_time=time_from_message(message.grant_time),
            funded_by=message.funded_by,
        )
