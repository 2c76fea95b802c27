# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `sandbox.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tuan_api.v1 import sandbox_pb2
from tuan_client.convert import (
    WireEnum,
    duration_from_message,
    duration_to_message,
    time_from_message,
)


class PayOutcome(WireEnum):
    """What becomes of a payment."""

    UNSPECIFIED = 0
    """The same as SUCCEEDED."""
    SUCCEEDED = 1
    """The buyer pays."""
    FAILED = 2
    """The payment fails."""


@dataclass(frozen=True, slots=True)
class SandboxBehaviour:
    """How the sandbox behaves. The default is a channel without faults."""

    callback_delay: timedelta | None = None
    """The sandbox delivers callbacks by itself after this time, at most an hour; with `manual` it never does."""
    manual: bool = False
    """True: callbacks are only listed, somebody else delivers them."""
    duplicate_count: int = 0
    """So many deliveries of each callback; 0 means 1, at most 100."""
    reorder: bool = False
    """True: callbacks that wait are delivered in reverse order."""
    forge: bool = False
    """True: callbacks carry a signature that is not the sandbox's."""
    fail_next_count: int = 0
    """So many of the next requests for a payment or a refund fail as if the channel could not be reached; at most 1,000."""
    refuse_refunds: bool = False
    """True: refunds are refused for good."""

    def to_message(self) -> sandbox_pb2.SandboxBehaviour:
        return sandbox_pb2.SandboxBehaviour(
            callback_delay=duration_to_message(self.callback_delay),
            manual=self.manual,
            duplicate_count=self.duplicate_count,
            reorder=self.reorder,
            forge=self.forge,
            fail_next_count=self.fail_next_count,
            refuse_refunds=self.refuse_refunds,
        )

    @classmethod
    def from_message(cls, message: sandbox_pb2.SandboxBehaviour) -> SandboxBehaviour:
        return cls(
            callback_delay=duration_from_message(message.callback_delay)
            if message.HasField("callback_delay")
            else None,
            manual=message.manual,
            duplicate_count=message.duplicate_count,
            reorder=message.reorder,
            forge=message.forge,
            fail_next_count=message.fail_next_count,
            refuse_refunds=message.refuse_refunds,
        )


@dataclass(frozen=True, slots=True)
class PayNowResponse:
    """What the channel would send."""

    transaction_id: str
    """The channel's id of the money's movement."""
    callbacks: tuple[SandboxCallback, ...] = ()
    """The callbacks that were queued."""

    @classmethod
    def from_message(cls, message: sandbox_pb2.PayNowResponse) -> PayNowResponse:
        return cls(
            transaction_id=message.transaction_id,
            callbacks=tuple(SandboxCallback.from_message(item) for item in message.callbacks),
        )


@dataclass(frozen=True, slots=True)
class SandboxCallback:
    """A callback as the channel sends it."""

    callback_id: int
    """Its number."""
    payment_id: str
    """The payment that it is about."""
    headers: dict[str, str] = field(default_factory=dict)
    """HTTP headers."""
    body: bytes = b""
    """HTTP body."""
    delivery_count: int = 0
    """How often it was delivered."""
    due_time: datetime | None = None
    """When it is delivered next; unset: never."""

    @classmethod
    def from_message(cls, message: sandbox_pb2.SandboxCallback) -> SandboxCallback:
        return cls(
            callback_id=message.callback_id,
            payment_id=message.payment_id,
            headers=dict(message.headers),
            body=message.body,
            delivery_count=message.delivery_count,
            due_time=time_from_message(message.due_time) if message.HasField("due_time") else None,
        )
