# Generated from the .proto files by `make protos`. Change those, not this.
"""`CouponService`, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator

from tuan_api.v1 import coupon_pb2
from tuan_client.convert import (
    new_request_id,
)
from tuan_client.link import Link, Rpc
from tuan_client.values.coupon import CollectCouponResponse, Coupon, CouponTemplate, GrantCouponResponse

_LIST_COUPON_TEMPLATES = Rpc(
    "/tuan_api.v1.CouponService/ListCouponTemplates",
    coupon_pb2.ListCouponTemplatesRequest,
    coupon_pb2.ListCouponTemplatesResponse,
    repeatable=True,
)
_COLLECT_COUPON = Rpc(
    "/tuan_api.v1.CouponService/CollectCoupon",
    coupon_pb2.CollectCouponRequest,
    coupon_pb2.CollectCouponResponse,
    repeatable=True,
)
_GRANT_COUPON = Rpc(
    "/tuan_api.v1.CouponService/GrantCoupon",
    coupon_pb2.GrantCouponRequest,
    coupon_pb2.GrantCouponResponse,
    repeatable=True,
)
_LIST_COUPONS = Rpc(
    "/tuan_api.v1.CouponService/ListCoupons",
    coupon_pb2.ListCouponsRequest,
    coupon_pb2.ListCouponsResponse,
    repeatable=True,
)


class AsyncCouponService:
    """Coupons. Rule files say what there is (`coupon` blocks); buyers collect them, and orders name those that they use."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def list_coupon_templates(
        self, page_size: int = 0, *, timeout_s: float | None = None
    ) -> AsyncIterator[CouponTemplate]:
        """Lists the coupons that rules in force have, by id."""
        request = coupon_pb2.ListCouponTemplatesRequest(page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_COUPON_TEMPLATES, request, timeout_s)
            for item in page.templates:
                yield CouponTemplate.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def collect_coupon(
        self, buyer_id: str, template_id: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> CollectCouponResponse:
        """A buyer takes a coupon. How many there are in all and per buyer is kept exactly, however many ask at once."""
        request = coupon_pb2.CollectCouponRequest(
            request_id=request_id or new_request_id(), buyer_id=buyer_id, template_id=template_id
        )
        response = await self._link.unary(_COLLECT_COUPON, request, timeout_s)
        return CollectCouponResponse.from_message(response)

    async def grant_coupon(
        self, buyer_id: str, template_id: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> GrantCouponResponse:
        """Gives a buyer a coupon, also one that buyers cannot collect themselves (`personal`); the same limits hold."""
        request = coupon_pb2.GrantCouponRequest(
            request_id=request_id or new_request_id(), buyer_id=buyer_id, template_id=template_id
        )
        response = await self._link.unary(_GRANT_COUPON, request, timeout_s)
        return GrantCouponResponse.from_message(response)

    async def list_coupons(
        self, buyer_id: str, page_size: int = 0, *, timeout_s: float | None = None
    ) -> AsyncIterator[Coupon]:
        """Lists a buyer's coupons, newest first."""
        request = coupon_pb2.ListCouponsRequest(buyer_id=buyer_id, page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_COUPONS, request, timeout_s)
            for item in page.coupons:
                yield Coupon.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
