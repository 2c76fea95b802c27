# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `order.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tuan_api.v1 import order_pb2
from tuan_client.convert import (
    WireEnum,
    time_from_message,
)
from tuan_client.values.fact import Fact
from tuan_client.values.line import Adjustment, CartLine
from tuan_client.values.money import Money
from tuan_client.values.refund import Refund


class OrderState(WireEnum):
    """Where an order is in its life."""

    UNSPECIFIED = 0
    """Never sent; in a filter: any."""
    PENDING_PAYMENT = 1
    """Placed; its goods are held until the expire time."""
    PAID = 2
    """Paid; may wait for something, such as its group."""
    READY_TO_SHIP = 3
    """Paid, nothing to wait for."""
    SHIPPED = 4
    """On its way."""
    COMPLETED = 5
    """Received."""
    EXPIRED = 6
    """Not paid in time."""
    CANCELLED = 7
    """Cancelled before it was paid."""
    REFUNDING = 8
    """All its money is on the way back."""
    REFUNDED = 9
    """All its money is back."""


class AckLevel(WireEnum):
    """How durable an order is when it is acknowledged."""

    UNSPECIFIED = 0
    """Never sent."""
    AOF = 1
    """After the claims store has synced it to its disk."""
    SQL = 2
    """After it is committed in SQL."""


class RefusalKind(WireEnum):
    """Why an order (or a ticket) is refused."""

    UNSPECIFIED = 0
    """Never sent. A client that meets a kind which it does not know shows the message."""
    SOLD_OUT = 1
    """Too few units left. Set: sku, available, similar_skus."""
    OVER_LIMIT = 2
    """A purchase limit would be exceeded. Set: limit, available (what the subject may still buy)."""
    NOT_OPEN_YET = 3
    """The activity has not begun. Set: start_time."""
    ENDED = 4
    """The activity is over."""
    CHALLENGE_REQUIRED = 5
    """A challenge has to be solved first; see FlashSaleService.GetSale."""
    TICKET_INVALID = 6
    """The ticket is missing, expired, used up, or for another buyer, device or activity."""
    RISK_DENIED = 7
    """Risk control refuses it."""
    PRICE_CHANGED = 8
    """The order does not cost what `expected_total` says. Set: current_total."""
    NOT_REDEEMABLE = 9
    """A coupon is unknown, expired, used or another buyer's, or there are too few points. Set: limit ("coupon" or "points")."""
    GATE_REFUSED = 10
    """A gate of the published rules does not let it through. Set: gate."""
    GROUP_FULL = 11
    """Every seat of the group is taken, or those that are left are for new buyers. Set: limit ("group")."""


@dataclass(frozen=True, slots=True)
class PlaceOrderRequest:
    """Asks for an order."""

    request_id: str
    """Idempotency key, 1 to 64 bytes, unique per caller for ever. The same id with the same content gets the first answer
    again, whenever it is sent; with another content it is refused with REQUEST_ID_REUSED.
    """
    buyer_id: str
    """Pseudonym of the buyer, 1 to 64 bytes; no personal data."""
    currency_code: str
    """Currency of the order, ISO 4217; that of all its SKUs."""
    lines: tuple[CartLine, ...]
    """1 to 1,000 lines."""
    device_id: str = ""
    """Pseudonym of the device, at most 64 bytes. Activities with a limit per device require it."""
    address_id: str = ""
    """Pseudonym of the delivery address, at most 64 bytes. Activities with a limit per address require it."""
    region: str = ""
    """Region code, at most 64 bytes; may be empty."""
    channel: str = ""
    """Sales channel ("app", "mini_program"), at most 64 bytes; may be empty."""
    ticket: str = ""
    """From FlashSaleService.RequestTicket, for activities that want one; at most 512 bytes."""
    expected_total: Money | None = None
    """If set: the order is refused with PRICE_CHANGED unless it costs exactly this."""
    facts: tuple[Fact, ...] = ()
    """Facts that rules ask about and the engine does not know, such as "buyer.level". At most 64. Only for keys of applications:
    buyers do not say themselves how good a customer they are.
    """
    shipping: Money | None = None
    """What shipping costs before promotions, in the same currency; left out: nothing."""
    coupon_ids: tuple[str, ...] = ()
    """Coupons to use: ids of the buyer's collected coupons, or codes; at most 20. One that no rule counts is left unused."""
    points: int = 0
    """At most so many of the buyer's points are spent; 0: none."""
    group_id: str = ""
    """Of lines of a group buy: the group to join, by its id. Empty: they open a group, whose id is that of the order."""

    def to_message(self) -> order_pb2.PlaceOrderRequest:
        return order_pb2.PlaceOrderRequest(
            request_id=self.request_id,
            buyer_id=self.buyer_id,
            device_id=self.device_id,
            address_id=self.address_id,
            region=self.region,
            channel=self.channel,
            currency_code=self.currency_code,
            lines=[item.to_message() for item in self.lines],
            ticket=self.ticket,
            expected_total=None if self.expected_total is None else self.expected_total.to_message(),
            facts=[item.to_message() for item in self.facts],
            shipping=None if self.shipping is None else self.shipping.to_message(),
            coupon_ids=self.coupon_ids,
            points=self.points,
            group_id=self.group_id,
        )


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order that was placed."""

    order_id: str
    """Its id, time-sortable."""
    total: Money
    """What is to be paid."""
    expire_time: datetime
    """Unless paid before, the order expires then."""
    ack_level: AckLevel
    """How durable it was when this was sent."""
    lines: tuple[PlacedLine, ...] = ()
    """Prices per line, in the order of the request."""
    replayed: bool = False
    """True: this is the answer to an earlier request with the same id."""

    @classmethod
    def from_message(cls, message: order_pb2.PlacedOrder) -> PlacedOrder:
        return cls(
            order_id=message.order_id,
            total=Money.from_message(message.total),
            lines=tuple(PlacedLine.from_message(item) for item in message.lines),
            expire_time=time_from_message(message.expire_time),
            ack_level=AckLevel(message.ack_level),
            replayed=message.replayed,
        )


@dataclass(frozen=True, slots=True)
class PlacedLine:
    """The frozen price of one line, in minor units of the order's currency. GetOrder tells it per unit."""

    list_unit_minor: int = 0
    """List price of one unit."""
    total_minor: int = 0
    """What the whole line costs."""

    @classmethod
    def from_message(cls, message: order_pb2.PlacedLine) -> PlacedLine:
        return cls(
            list_unit_minor=message.list_unit_minor,
            total_minor=message.total_minor,
        )


@dataclass(frozen=True, slots=True)
class Refusal:
    """A business answer: why it cannot be."""

    kind: RefusalKind
    """For a program."""
    message: str
    """For a person."""
    sku: str = ""
    """The SKU that it is about."""
    available: int = 0
    """Units that would still be possible."""
    limit: str = ""
    """Which limit: "limit_per_buyer", "limit_per_device", "limit_per_address", or a promotion's own."""
    start_time: datetime | None = None
    """When the activity begins."""
    similar_skus: tuple[str, ...] = ()
    """SKUs of the same category that are in stock, best first; at most 8."""
    current_total: Money | None = None
    """What the order would cost now."""
    gate: GateRefusal | None = None
    """The gate that refuses it; of several, the first by id."""

    @classmethod
    def from_message(cls, message: order_pb2.Refusal) -> Refusal:
        return cls(
            kind=RefusalKind(message.kind),
            message=message.message,
            sku=message.sku,
            available=message.available,
            limit=message.limit,
            start_time=time_from_message(message.start_time) if message.HasField("start_time") else None,
            similar_skus=tuple(message.similar_skus),
            current_total=Money.from_message(message.current_total) if message.HasField("current_total") else None,
            gate=GateRefusal.from_message(message.gate) if message.HasField("gate") else None,
        )


@dataclass(frozen=True, slots=True)
class GateRefusal:
    """A gate of the published rules that does not let an order through, and why."""

    rule_id: str
    """The gate: "fresh.spring/gate/no-fresh-abroad"."""
    code: str
    """Its reason for programs, as its author named it: "G-101"."""
    message: str
    """What the buyer is told: in the language that was asked for, else in the one that its author wrote first."""
    translations: dict[str, str] = field(default_factory=dict)
    """The same by language: "zh", "en". Empty: it was written once, for everybody."""
    line_indexes: tuple[int, ...] = ()
    """Places of the lines that it is about, from 0; none: the whole order."""
    missing_fact: str = ""
    """The fact for want of which it refuses, such as "buyer.level"; empty: its conditions hold."""

    @classmethod
    def from_message(cls, message: order_pb2.GateRefusal) -> GateRefusal:
        return cls(
            rule_id=message.rule_id,
            code=message.code,
            message=message.message,
            translations=dict(message.translations),
            line_indexes=tuple(message.line_indexes),
            missing_fact=message.missing_fact,
        )


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is kept."""

    order_id: str
    """Its id, time-sortable."""
    request_id: str
    """The idempotency key that it was placed with."""
    state: OrderState
    """Where it is in its life."""
    version: int
    """Rises by one with each change of state."""
    buyer_id: str
    """Pseudonym of the buyer."""
    total: Money
    """What is to be paid, or was."""
    paid: Money
    """What was paid for it."""
    refunded: Money
    """What was given back of it, or is on the way back."""
    lines: tuple[OrderLine, ...]
    """In the order of the request."""
    ruleset_hash: str
    """Names the rules that priced it."""
    place_time: datetime
    """When it was placed."""
    expire_time: datetime
    """When it expires, or expired, unless paid."""
    update_time: datetime
    """When its state changed last."""
    region: str = ""
    """Region code as given."""
    channel: str = ""
    """Sales channel as given."""
    payment_id: str = ""
    """The payment that paid it; empty before."""
    ship_reference: str = ""
    """What the shipper was told at ShipOrder."""

    @classmethod
    def from_message(cls, message: order_pb2.Order) -> Order:
        return cls(
            order_id=message.order_id,
            request_id=message.request_id,
            state=OrderState(message.state),
            version=message.version,
            buyer_id=message.buyer_id,
            region=message.region,
            channel=message.channel,
            total=Money.from_message(message.total),
            paid=Money.from_message(message.paid),
            refunded=Money.from_message(message.refunded),
            lines=tuple(OrderLine.from_message(item) for item in message.lines),
            ruleset_hash=message.ruleset_hash,
            payment_id=message.payment_id,
            ship_reference=message.ship_reference,
            place_time=time_from_message(message.place_time),
            expire_time=time_from_message(message.expire_time),
            update_time=time_from_message(message.update_time),
        )


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One line of an order, in minor units of the order's currency."""

    sku: str
    """SKU code."""
    quantity: int
    """Units."""
    line_index: int = 0
    """Place in the order, from 0."""
    activity_id: str = ""
    """The activity in which it was bought; empty or "retail": ordinary sale."""
    list_unit_minor: int = 0
    """List price of one unit."""
    total_minor: int = 0
    """What the whole line costs."""
    unit_runs: tuple[UnitRun, ...] = ()
    """What each unit costs, in runs; units are numbered from 0 in this order. Refunds read these very numbers."""
    adjustments: tuple[Adjustment, ...] = ()
    """Steps from list price to total, in the order of application; they sum to total less list."""

    @classmethod
    def from_message(cls, message: order_pb2.OrderLine) -> OrderLine:
        return cls(
            line_index=message.line_index,
            sku=message.sku,
            quantity=message.quantity,
            activity_id=message.activity_id,
            list_unit_minor=message.list_unit_minor,
            total_minor=message.total_minor,
            unit_runs=tuple(UnitRun.from_message(item) for item in message.unit_runs),
            adjustments=tuple(Adjustment.from_message(item) for item in message.adjustments),
        )


@dataclass(frozen=True, slots=True)
class UnitRun:
    """Consecutive units of a line that cost the same."""

    count: int
    """How many."""
    unit_minor: int = 0
    """Price of each, in minor units of the order's currency."""

    @classmethod
    def from_message(cls, message: order_pb2.UnitRun) -> UnitRun:
        return cls(
            count=message.count,
            unit_minor=message.unit_minor,
        )


@dataclass(frozen=True, slots=True)
class RefundOrderResponse:
    """The refund that was recorded."""

    refund: Refund
    """REQUESTED, or further when this request id had been used before."""
    order: Order
    """The order as it is now."""

    @classmethod
    def from_message(cls, message: order_pb2.RefundOrderResponse) -> RefundOrderResponse:
        return cls(
            refund=Refund.from_message(message.refund),
            order=Order.from_message(message.order),
        )
