# Generated from the .proto files by `make protos`. Change those, not this.
"""Values of `coupon.proto`: what a caller gives and gets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tuan_api.v1 import coupon_pb2
from tuan_client.convert import (
    WireEnum,
    time_from_message,
)
from tuan_client.values.order import Refusal


class CouponState(WireEnum):
    """Where a coupon is in its life."""

    UNSPECIFIED = 0
    """Never sent."""
    AVAILABLE = 1
    """Can be used."""
    LOCKED = 2
    """An order that is not paid yet holds it."""
    USED = 3
    """A paid order used it; a full refund of that order makes it available again."""
    EXPIRED = 4
    """Its time is over, it was taken back, or no rule in force knows it."""


@dataclass(frozen=True, slots=True)
class CouponTemplate:
    """A coupon that rules offer."""

    template_id: str
    """Package, "coupon" and label: "fresh.spring/coupon/new-10"."""
    title: str
    """Name for buyers; the label where the rules give none."""
    limit_per_buyer: int
    """How many a buyer may have."""
    issue: int = 0
    """How many there are in all; 0: any number."""
    newcomer: bool = False
    """Only for buyers who have never paid for an order."""
    code: str = ""
    """Set: nobody collects it, orders name this code."""
    personal: bool = False
    """True: only GrantCoupon gives it."""

    @classmethod
    def from_message(cls, message: coupon_pb2.CouponTemplate) -> CouponTemplate:
        return cls(
            template_id=message.template_id,
            title=message.title,
            issue=message.issue,
            limit_per_buyer=message.limit_per_buyer,
            newcomer=message.newcomer,
            code=message.code,
            personal=message.personal,
        )


@dataclass(frozen=True, slots=True)
class Coupon:
    """A buyer's coupon."""

    coupon_id: str
    """To be named by orders."""
    template_id: str
    """What it is."""
    title: str
    """Name for buyers."""
    state: CouponState
    """Where it is in its life."""
    collect_time: datetime
    """When it was collected."""
    ruleset_hash: str
    """Names the rules by which it was collected."""
    expire_time: datetime | None = None
    """It can be used up to, not at, this instant; left out: as long as its rule is active."""

    @classmethod
    def from_message(cls, message: coupon_pb2.Coupon) -> Coupon:
        return cls(
            coupon_id=message.coupon_id,
            template_id=message.template_id,
            title=message.title,
            state=CouponState(message.state),
            collect_time=time_from_message(message.collect_time),
            expire_time=time_from_message(message.expire_time) if message.HasField("expire_time") else None,
            ruleset_hash=message.ruleset_hash,
        )


@dataclass(frozen=True, slots=True)
class CollectCouponResponse:
    """The coupon, or why there is none."""

    coupon: Coupon | None = None
    """The buyer has it."""
    refusal: Refusal | None = None
    """A business answer: SOLD_OUT, OVER_LIMIT, NOT_OPEN_YET, ENDED or NOT_REDEEMABLE."""

    @classmethod
    def from_message(cls, message: coupon_pb2.CollectCouponResponse) -> CollectCouponResponse:
        return cls(
            coupon=Coupon.from_message(message.coupon) if message.HasField("coupon") else None,
            refusal=Refusal.from_message(message.refusal) if message.HasField("refusal") else None,
        )


@dataclass(frozen=True, slots=True)
class GrantCouponResponse:
    """The coupon, or why there is none."""

    coupon: Coupon | None = None
    """The buyer has it."""
    refusal: Refusal | None = None
    """A business answer: SOLD_OUT, OVER_LIMIT, NOT_OPEN_YET, ENDED or NOT_REDEEMABLE."""

    @classmethod
    def from_message(cls, message: coupon_pb2.GrantCouponResponse) -> GrantCouponResponse:
        return cls(
            coupon=Coupon.from_message(message.coupon) if message.HasField("coupon") else None,
            refusal=Refusal.from_message(message.refusal) if message.HasField("refusal") else None,
        )
