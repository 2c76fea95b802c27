"""Prices an attempt by the compiled rules, and claims what their promotions can run out of: budgets and gifts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tuan.domain.activity import RETAIL, budget_counter, stock_counter
from tuan.domain.order import OrderLine
from tuan.domain.pricing import LineOff
from tuan.plugin import Attempt
from tuan.usecases.claim_basket import ClaimBasket
from tuan.usecases.pricing.carts import Settled, cart_of, frozen_lines
from tuan.usecases.pricing.price_book import Prices
from tuan.usecases.pricing.run_out import RunOut
from tuan.usecases.snapshot import Snapshot


class Pricer:
    """Stateless but for what it has heard to be used up."""

    def __init__(self, run_out: RunOut) -> None:
        self._run_out = run_out

    def lines(
        self,
        attempt: Attempt,
        prices: Prices,
        settled: Settled,
        offs: Mapping[int, Sequence[LineOff]],
        snapshot: Snapshot,
        basket: ClaimBasket,
    ) -> tuple[OrderLine, ...]:
        """The order's frozen lines; its budgets and gifts go to the basket, on retail's shard."""
        ruleset = prices.ruleset
        left = {
            budget_id: amount
            for budget_id in ruleset.budgets
            if (amount := self._run_out.left(budget_counter(budget_id))) is not None
        }
        priced = ruleset.price(cart_of(attempt, settled), left)
        for budget_id, off_minor in priced.claims.items():
            if off_minor > 0:
                basket.add_budget(budget_id, off_minor, ruleset.budgets[budget_id])
        gifts = []
        for rule_id, sku, units in priced.gifts:
            known = snapshot.skus.get(sku)
            there = self._run_out.left(stock_counter(sku))
            if known is not None and known.active and (there is None or there >= units):
                gifts.append((rule_id, sku, units))
                basket.add_stock(RETAIL, sku, units)
        return frozen_lines(attempt, priced, settled, offs, gifts, snapshot.skus)
