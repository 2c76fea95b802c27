# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `flash_sale.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import flash_sale_pb2
from tuan_client.convert import (
    WireEnum,
    time_from_message,
)
from tuan_client.values.money import Money
from tuan_client.values.order import Refusal


class SaleState(WireEnum):
    """Where a session is, by the server's clock."""

    UNSPECIFIED = 0
    """Never sent."""
    SCHEDULED = 1
    """Before the warm-up time."""
    WARM_UP = 2
    """From the warm-up time on: the page is up, tickets can be had."""
    OPEN = 3
    """Selling."""
    SOLD_OUT = 4
    """All is held or sold. May open again when orders expire, or when the buffer is released."""
    ENDED = 5
    """Over."""


@dataclass(frozen=True, slots=True)
class FlashSession:
    """One session of a flash sale."""

    activity_id: str
    """The activity that an order's lines name."""
    state: SaleState
    """Where it is now."""
    warm_up_time: datetime
    """The page is up and tickets can be had from this instant on."""
    start_time: datetime
    """It sells from this instant on."""
    end_time: datetime
    """It sells up to, not at, this instant."""
    title: str = ""
    """For a person."""
    skus: tuple[str, ...] = ()
    """SKU codes."""

    @classmethod
    def from_message(cls, message: flash_sale_pb2.FlashSession) -> FlashSession:
        return cls(
            activity_id=message.activity_id,
            title=message.title,
            state=SaleState(message.state),
            warm_up_time=time_from_message(message.warm_up_time),
            start_time=time_from_message(message.start_time),
            end_time=time_from_message(message.end_time),
            skus=tuple(message.skus),
        )


@dataclass(frozen=True, slots=True)
class SaleItem:
    """What a session sells."""

    sku: str
    """SKU code."""
    sale_price: Money
    """Price of one unit in the session."""
    list_price: Money
    """Price of one unit outside of it."""
    title: str = ""
    """For a person."""
    capacity: int = 0
    """Units that the session started with, plus what was released since."""
    available: int = 0
    """Units that can be bought now."""

    @classmethod
    def from_message(cls, message: flash_sale_pb2.SaleItem) -> SaleItem:
        return cls(
            sku=message.sku,
            title=message.title,
            sale_price=Money.from_message(message.sale_price),
            list_price=Money.from_message(message.list_price),
            capacity=message.capacity,
            available=message.available,
        )


@dataclass(frozen=True, slots=True)
class Challenge:
    """Something to be solved before a ticket is handed out."""

    kind: str
    """Code of the challenge plugin: "proof_of_work"."""
    token: str
    """To be sent back with the answer; opaque, at most 1,024 bytes."""
    prompt: str
    """What to show or to solve."""
    expire_time: datetime
    """An answer counts up to this instant."""

    @classmethod
    def from_message(cls, message: flash_sale_pb2.Challenge) -> Challenge:
        return cls(
            kind=message.kind,
            token=message.token,
            prompt=message.prompt,
            expire_time=time_from_message(message.expire_time),
        )


@dataclass(frozen=True, slots=True)
class GetSaleResponse:
    """A session's page."""

    session: FlashSession
    """The session."""
    server_time: datetime
    """The server's clock, for the countdown to start or end time."""
    items: tuple[SaleItem, ...] = ()
    """What it sells."""
    challenge: Challenge | None = None
    """Set: this challenge has to be solved for a ticket."""
    limit_per_buyer: int = 0
    """Units that one buyer may buy; 0: no limit."""
    limit_per_device: int = 0
    """Units that one device may buy; 0: no limit."""
    limit_per_address: int = 0
    """Units that one address may buy; 0: no limit."""

    @classmethod
    def from_message(cls, message: flash_sale_pb2.GetSaleResponse) -> GetSaleResponse:
        return cls(
            session=FlashSession.from_message(message.session),
            items=tuple(SaleItem.from_message(item) for item in message.items),
            challenge=Challenge.from_message(message.challenge) if message.HasField("challenge") else None,
            limit_per_buyer=message.limit_per_buyer,
            limit_per_device=message.limit_per_device,
            limit_per_address=message.limit_per_address,
            server_time=time_from_message(message.server_time),
        )


@dataclass(frozen=True, slots=True)
class RequestTicketRequest:
    """Asks for a ticket."""

    request_id: str
    """Idempotency key, 1 to 64 bytes, unique per caller."""
    activity_id: str
    """The session."""
    buyer_id: str
    """Pseudonym of the buyer, 1 to 64 bytes. The ticket is good for this buyer alone."""
    device_id: str = ""
    """Pseudonym of the device, at most 64 bytes. The ticket is good for this device alone."""
    challenge_token: str = ""
    """Token of the challenge, if there was one."""
    challenge_answer: str = ""
    """Answer to the challenge, at most 256 bytes."""

    def to_message(self) -> flash_sale_pb2.RequestTicketRequest:
        return flash_sale_pb2.RequestTicketRequest(
            request_id=self.request_id,
            activity_id=self.activity_id,
            buyer_id=self.buyer_id,
            device_id=self.device_id,
            challenge_token=self.challenge_token,
            challenge_answer=self.challenge_answer,
        )


@dataclass(frozen=True, slots=True)
class RequestTicketResponse:
    """The ticket, or why there is none."""

    server_time: datetime
    """The server's clock."""
    ticket: Ticket | None = None
    """To be sent with the order."""
    refusal: Refusal | None = None
    """A business answer: NOT_OPEN_YET, ENDED, CHALLENGE_REQUIRED, SOLD_OUT or RISK_DENIED."""
    challenge: Challenge | None = None
    """Set with CHALLENGE_REQUIRED: what to solve."""

    @classmethod
    def from_message(cls, message: flash_sale_pb2.RequestTicketResponse) -> RequestTicketResponse:
        return cls(
            ticket=Ticket.from_message(message.ticket) if message.HasField("ticket") else None,
            refusal=Refusal.from_message(message.refusal) if message.HasField("refusal") else None,
            challenge=Challenge.from_message(message.challenge) if message.HasField("challenge") else None,
            server_time=time_from_message(message.server_time),
        )


@dataclass(frozen=True, slots=True)
class Ticket:
    """Permission to place an order of one session."""

    ticket: str
    """To be sent with the order; opaque, at most 512 bytes."""
    expire_time: datetime
    """It is good up to this instant."""

    @classmethod
    def from_message(cls, message: flash_sale_pb2.Ticket) -> Ticket:
        return cls(
            ticket=message.ticket,
            expire_time=time_from_message(message.expire_time),
        )


@dataclass(frozen=True, slots=True)
class NotifyMeWhenRestockedResponse:
    """The buyer will be told."""

    in_stock: bool = False
    """True: units can be bought right now; no notice will be sent."""
    replayed: bool = False
    """True: the buyer had asked before."""

    @classmethod
    def from_message(cls, message: flash_sale_pb2.NotifyMeWhenRestockedResponse) -> NotifyMeWhenRestockedResponse:
        return cls(
            in_stock=message.in_stock,
            replayed=message.replayed,
        )


@dataclass(frozen=True, slots=True)
class ReleasedBuffer:
    """Units that were put on sale."""

    sku: str
    """SKU code."""
    quantity: int = 0
    """Units."""

    @classmethod
    def from_message(cls, message: flash_sale_pb2.ReleasedBuffer) -> ReleasedBuffer:
        return cls(
            sku=message.sku,
            quantity=message.quantity,
        )


@dataclass(frozen=True, slots=True)
class WatchSaleResponse:
    """A session at one moment."""

    state: SaleState
    """Where the session is."""
    server_time: datetime
    """The server's clock."""
    resume_token: str
    """To follow on from here after a broken connection; opaque."""
    items: tuple[SaleItemLeft, ...] = ()
    """Every SKU of the session in the first answer, later those that changed."""

    @classmethod
    def from_message(cls, message: flash_sale_pb2.WatchSaleResponse) -> WatchSaleResponse:
        return cls(
            state=SaleState(message.state),
            items=tuple(SaleItemLeft.from_message(item) for item in message.items),
            server_time=time_from_message(message.server_time),
            resume_token=message.resume_token,
        )


@dataclass(frozen=True, slots=True)
class SaleItemLeft:
    """What is left of a SKU."""

    sku: str
    """SKU code."""
    available: int = 0
    """Units that can be bought now."""

    @classmethod
    def from_message(cls, message: flash_sale_pb2.SaleItemLeft) -> SaleItemLeft:
        return cls(
            sku=message.sku,
            available=message.available,
        )
