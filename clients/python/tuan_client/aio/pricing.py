# Generated from the .proto files by `make protos`. Change those, not this.
"""`PricingService`, asynchronous."""

from __future__ import annotations

from collections.abc import Sequence

from tuan_api.v1 import pricing_pb2
from tuan_client.link import Link, Rpc
from tuan_client.values.fact import Fact
from tuan_client.values.line import CartLine
from tuan_client.values.money import Money
from tuan_client.values.pricing import QuoteResponse

_QUOTE = Rpc("/tuan_api.v1.PricingService/Quote", pricing_pb2.QuoteRequest, pricing_pb2.QuoteResponse, repeatable=True)


class AsyncPricingService:
    """Prices with their explanation."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def quote(
        self,
        currency_code: str,
        lines: Sequence[CartLine],
        buyer_id: str = "",
        region: str = "",
        channel: str = "",
        facts: Sequence[Fact] = (),
        shipping: Money | None = None,
        coupon_ids: Sequence[str] = (),
        points: int = 0,
        *,
        timeout_s: float | None = None,
    ) -> QuoteResponse:
        """Prices a cart. It promises nothing: no stock, no limit and no budget is claimed. Send the total as `expected_total` with
        the order to be refused rather than charged another price.
        """
        request = pricing_pb2.QuoteRequest(
            currency_code=currency_code,
            lines=[item.to_message() for item in lines],
            buyer_id=buyer_id,
            region=region,
            channel=channel,
            facts=[item.to_message() for item in facts],
            shipping=None if shipping is None else shipping.to_message(),
            coupon_ids=coupon_ids,
            points=points,
        )
        response = await self._link.unary(_QUOTE, request, timeout_s)
        return QuoteResponse.from_message(response)
