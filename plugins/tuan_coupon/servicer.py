"""CouponService over gRPC: collecting, giving and listing coupons."""

from __future__ import annotations

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tuan.plugin import Host, InvalidValue, Reason, Refusal, RefusalKind, Servicer, TuanError, check_id, page_size
from tuan_api.v1 import coupon_pb2 as pb
from tuan_api.v1 import coupon_pb2_grpc as pb_grpc
from tuan_api.v1 import order_pb2
from tuan_coupon.desk import Desk, Held
from tuan_coupon.template import Template, template_of

TEMPLATE_ID_BYTES_MAX = 256
PAGE_PREFIX = "tpl/"

_KINDS = {kind: order_pb2.RefusalKind.Value(f"REFUSAL_KIND_{kind.name}") for kind in RefusalKind}


def servicer_entry(servicer: CouponServicer) -> Servicer:
    return Servicer("tuan_api.v1.CouponService", pb_grpc.add_CouponServiceServicer_to_server, servicer)


class CouponServicer(pb_grpc.CouponServiceServicer):
    def __init__(self, host: Host, promotion: str) -> None:
        self._host = host
        self._promotion = promotion
        self._desk = Desk(host, promotion)

    async def ListCouponTemplates(
        self, request: pb.ListCouponTemplatesRequest, context: Any
    ) -> pb.ListCouponTemplatesResponse:
        size = page_size(request.page_size)
        after = _read_template_token(request.page_token)
        templates = [template_of(rule) for rule in self._host.price_rules(self._promotion)]
        rest = [each for each in templates if each.template_id > after]
        page = rest[:size]
        # Codes are for those who were told them.
        return pb.ListCouponTemplatesResponse(
            templates=[_template(each) for each in page if not self._host.buyer(context) or not each.code],
            next_page_token=f"{PAGE_PREFIX}{page[-1].template_id}" if len(rest) > size else "",
        )

    async def CollectCoupon(self, request: pb.CollectCouponRequest, context: Any) -> pb.CollectCouponResponse:
        result = await self._take(request, context, given=False)
        if isinstance(result, Refusal):
            return pb.CollectCouponResponse(refusal=_refusal(result))
        return pb.CollectCouponResponse(coupon=_coupon(result))

    async def GrantCoupon(self, request: pb.GrantCouponRequest, context: Any) -> pb.GrantCouponResponse:
        result = await self._take(request, context, given=True)
        if isinstance(result, Refusal):
            return pb.GrantCouponResponse(refusal=_refusal(result))
        return pb.GrantCouponResponse(coupon=_coupon(result))

    async def ListCoupons(self, request: pb.ListCouponsRequest, context: Any) -> pb.ListCouponsResponse:
        caller, size = self._host.caller(context), page_size(request.page_size)
        buyer = _buyer(request.buyer_id)
        held = await self._desk.of_buyer(caller, buyer, _read_token(request.page_token), size + 1)
        last = held[size - 1].coupon if len(held) > size else None
        return pb.ListCouponsResponse(
            coupons=[_coupon(each) for each in held[:size]],
            next_page_token=f"{last.collect_time_ms}.{last.coupon_id}" if last else "",
        )

    async def _take(
        self, request: pb.CollectCouponRequest | pb.GrantCouponRequest, context: Any, given: bool
    ) -> Held | Refusal:
        check_id("request_id", request.request_id)
        buyer = _buyer(request.buyer_id)
        _check_template_id(request.template_id)
        return await self._desk.take(self._host.caller(context), buyer, request.request_id, request.template_id, given)


def _template(template: Template) -> pb.CouponTemplate:
    return pb.CouponTemplate(
        template_id=template.template_id,
        title=template.title,
        issue=template.issue,
        limit_per_buyer=template.per_buyer,
        newcomer=template.newcomer,
        code=template.code,
        personal=template.personal,
    )


def _coupon(held: Held) -> pb.Coupon:
    coupon = held.coupon
    return pb.Coupon(
        coupon_id=coupon.coupon_id,
        template_id=coupon.template_id,
        title=held.title,
        state=pb.CouponState.Value(f"COUPON_STATE_{held.state.name}"),
        collect_time=_timestamp(coupon.collect_time_ms),
        expire_time=_timestamp(coupon.expire_time_ms) if coupon.expire_time_ms else None,
        ruleset_hash=coupon.ruleset_hash,
    )


def _refusal(refusal: Refusal) -> order_pb2.Refusal:
    written = order_pb2.Refusal(
        kind=_KINDS[refusal.kind], message=refusal.message, available=refusal.available, limit=refusal.limit
    )
    if refusal.open_time_ms:
        written.start_time.CopyFrom(_timestamp(refusal.open_time_ms))
    return written


def _buyer(buyer_id: str) -> str:
    """The gate has seen to it that the credentials may act for this one."""
    check_id("buyer_id", buyer_id)
    return buyer_id


def _timestamp(time_ms: int) -> Timestamp:
    return Timestamp(seconds=time_ms // 1_000, nanos=time_ms % 1_000 * 1_000_000)


def _read_token(token: str) -> tuple[int, str] | None:
    if not token:
        return None
    time_ms, dot, coupon_id = token.partition(".")
    is_time = time_ms.isascii() and time_ms.isdigit() and len(time_ms) <= 15
    if not dot or not is_time or len(token) > 64 or not coupon_id.startswith("cp-"):
        raise _bad_token()
    return int(time_ms), coupon_id


def _read_template_token(token: str) -> str:
    """`tpl/` and the id of the last one of the page before."""
    if token and (not token.startswith(PAGE_PREFIX) or len(token) > 4 * TEMPLATE_ID_BYTES_MAX):
        raise _bad_token()
    return token.removeprefix(PAGE_PREFIX)


def _bad_token() -> TuanError:
    message = "page_token: send what the page before answered, or nothing"
    return TuanError(Reason.PAGE_TOKEN_INVALID, message, field="page_token")


def _check_template_id(value: str) -> None:
    """Labels of rules, which the id ends with, may have blanks."""
    if not value:
        raise InvalidValue("template_id", "is missing")
    if len(value.encode()) > TEMPLATE_ID_BYTES_MAX:
        raise InvalidValue("template_id", f"longer than {TEMPLATE_ID_BYTES_MAX} bytes")
    if not value.isprintable():
        raise InvalidValue("template_id", "has control characters; send an id that ListCouponTemplates tells")
