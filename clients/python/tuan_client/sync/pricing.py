# Generated from the .proto files by `make protos`. Change those, not this.
"""`PricingService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Sequence

from tuan_client.aio.pricing import AsyncPricingService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.fact import Fact
from tuan_client.values.line import CartLine
from tuan_client.values.money import Money
from tuan_client.values.pricing import QuoteResponse


class PricingService:
    """Prices with their explanation."""

    def __init__(self, service: AsyncPricingService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def quote(
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
        return self._loop.run(
            self._service.quote(
                currency_code,
                lines,
                buyer_id,
                region,
                channel,
                facts,
                shipping,
                coupon_ids,
                points,
                timeout_s=timeout_s,
            )
        )
