"""Money confirms a hold that is over, though its units may be somebody else's by then (CoreShop 2529)."""

from __future__ import annotations

from tests.chaos.mutations.lua import replace_line
from tuan.domain.order import Order
from tuan.usecases.apply_payment import Money, PaymentApplier

FIGURES = {"lost"}
CAMPAIGN = "sale"


def plant() -> None:
    replace_line(
        "lib/reservations.lua",
        r"elseif (record\S+) ~= State.PENDING then",
        r"elseif \1 ~= State.PENDING and not (\1 == State.EXPIRED and state == State.CONFIRMED) then",
    )

    async def confirm_instead(self: PaymentApplier, order: Order, money: Money) -> None:
        await self._confirm(order, money)

    PaymentApplier._reinstate = confirm_instead  # type: ignore[method-assign]
