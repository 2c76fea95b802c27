# Generated from the .proto files by `make protos`. Change those, not this.
"""`CouponService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Iterator

from tuan_client.aio.coupon import AsyncCouponService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.coupon import CollectCouponResponse, Coupon, CouponTemplate, GrantCouponResponse


class CouponService:
    """Coupons. Rule files say what there is (`coupon` blocks); buyers collect them, and orders name those that they use."""

    def __init__(self, service: AsyncCouponService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def list_coupon_templates(self, page_size: int = 0, *, timeout_s: float | None = None) -> Iterator[CouponTemplate]:
        """Lists the coupons that rules in force have, by id."""
        return self._loop.iterate(self._service.list_coupon_templates(page_size, timeout_s=timeout_s))

    def collect_coupon(
        self, buyer_id: str, template_id: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> CollectCouponResponse:
        """A buyer takes a coupon. How many there are in all and per buyer is kept exactly, however many ask at once."""
        return self._loop.run(
            self._service.collect_coupon(buyer_id, template_id, request_id=request_id, timeout_s=timeout_s)
        )

    def grant_coupon(
        self, buyer_id: str, template_id: str, *, request_id: str | None = None, timeout_s: float | None = None
    ) -> GrantCouponResponse:
        """Gives a buyer a coupon, also one that buyers cannot collect themselves (`personal`); the same limits hold."""
        return self._loop.run(
            self._service.grant_coupon(buyer_id, template_id, request_id=request_id, timeout_s=timeout_s)
        )

    def list_coupons(self, buyer_id: str, page_size: int = 0, *, timeout_s: float | None = None) -> Iterator[Coupon]:
        """Lists a buyer's coupons, newest first."""
        return self._loop.iterate(self._service.list_coupons(buyer_id, page_size, timeout_s=timeout_s))
