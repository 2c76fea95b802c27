"""PricingService."""

from __future__ import annotations

from typing import Any

from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import LineKind
from tuan.plugin import Refusal, RefusalKind
from tuan.server.convert.facts import given_facts
from tuan.server.convert.fields import optional_id
from tuan.server.convert.instant import timestamp
from tuan.server.convert.line import quote_line
from tuan.server.convert.money import check_currency, money
from tuan.server.convert.placing import shipping_minor, wanted_line
from tuan.server.interceptors.call import current_call
from tuan.server.servicers.bench import Bench
from tuan.server.servicers.owner import acting_buyer, check_facts_are_allowed
from tuan.usecases.order_commands import PlaceOrder
from tuan.usecases.pricing.gatekeeper import gate_error
from tuan_api.v1 import pricing_pb2 as api
from tuan_api.v1 import pricing_pb2_grpc

#: A quote is for nobody in particular when it names no buyer; the use case wants an id.
ANYBODY = "anybody"

#: A quote has no business answers: what an order would hear as one is an error here.
_REASONS = {
    RefusalKind.CHALLENGE_REQUIRED: Reason.CHALLENGE_FAILED,
    RefusalKind.TICKET_INVALID: Reason.TICKET_INVALID,
    RefusalKind.RISK_DENIED: Reason.RISK_DENIED,
    RefusalKind.NOT_REDEEMABLE: Reason.NOT_REDEEMABLE,
}


class PricingServicer(pricing_pb2_grpc.PricingServiceServicer):
    def __init__(self, bench: Bench) -> None:
        self._engine = bench.engine

    async def Quote(self, request: api.QuoteRequest, context: Any) -> api.QuoteResponse:
        command, currency = quoted_cart(request), request.currency_code
        check_facts_are_allowed(command)
        priced = await self._engine.placer.quote(command)
        if isinstance(priced, TuanError):
            raise priced
        if isinstance(priced, Refusal):
            if priced.gate is not None:
                raise gate_error(priced.gate)
            raise TuanError(_REASONS.get(priced.kind, Reason.ACTIVITY_STATE_CONFLICT), priced.message)
        by_kind = {kind: [quote_line(line) for line in priced.lines if line.kind is kind] for kind in LineKind}
        paid_for = [line for line in priced.lines if line.kind is not LineKind.GIFT]
        list_minor = sum(line.list_unit_minor * line.quantity for line in paid_for)
        return api.QuoteResponse(
            lines=by_kind[LineKind.GOODS],
            list_total=money(list_minor, currency),
            total=money(priced.total_minor, currency),
            ruleset_hash=priced.ruleset_hash,
            quote_time=timestamp(priced.attempt.now_ms),
            shipping=next(iter(by_kind[LineKind.SHIPPING]), None),
            gifts=by_kind[LineKind.GIFT],
        )


def quoted_cart(request: api.QuoteRequest) -> PlaceOrder:
    """The cart of a quote as an order that is never placed."""
    buyer = acting_buyer("buyer_id", optional_id("buyer_id", request.buyer_id))
    return PlaceOrder(
        caller=current_call.get().caller,
        request_id="quote",
        buyer=buyer or ANYBODY,
        currency=check_currency("currency_code", request.currency_code),
        lines=tuple(wanted_line(line) for line in request.lines),
        region=request.region,
        channel=request.channel,
        facts=given_facts(request.facts),
        shipping_minor=shipping_minor(request) if request.HasField("shipping") else 0,
        coupon_ids=tuple(request.coupon_ids),
        points=request.points,
    )
