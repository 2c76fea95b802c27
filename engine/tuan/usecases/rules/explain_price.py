"""Why a price is what it is: of a cart by the rules of now, of an order by those that it was placed under."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import OrderPlaced
from tuan.plugin import Refusal
from tuan.usecases.order_commands import PlaceOrder
from tuan.usecases.place_orders import OrderPlacer
from tuan.usecases.pricing.pinned_rules import PinnedRules
from tuan.usecases.pricing.price_book import Prices
from tuan.usecases.pricing.replay import Replay, replay, replay_order
from tuan_rules.pricing import Explanation, explain
from tuan_rules.pricing.commissions import CommissionProposal
from tuan_rules.pricing.gates import GateRefusal


@dataclass(frozen=True, slots=True)
class PriceExplained:
    """`total_minor`: what is, or was, to be paid. `plugins_off_minor`: the part that plugins took off after the rules.

    `reproduced`: whether the replay comes to that total. `gates`: what would not let it through, though it is priced here;
    `commissions`: what is proposed of what is paid, by rule, line and level.
    """

    ruleset_hash: str
    currency: str
    time_ms: int
    total_minor: int
    list_shipping_minor: int
    explanation: Explanation
    plugins_off_minor: int
    reproduced: bool
    gates: tuple[GateRefusal, ...] = ()
    commissions: tuple[CommissionProposal, ...] = ()


class PriceExplainer:
    def __init__(self, placer: OrderPlacer, pinned: PinnedRules) -> None:
        self._placer = placer
        self._pinned = pinned

    async def of_cart(self, command: PlaceOrder) -> PriceExplained:
        """Raises what a quote raises; ACTIVITY_STATE_CONFLICT for a cart that a promotion refuses. What gates refuse is explained."""
        priced = await self._placer.quote(command, gated=False)
        if isinstance(priced, TuanError):
            raise priced
        if isinstance(priced, Refusal):
            raise TuanError(Reason.ACTIVITY_STATE_CONFLICT, priced.message, activity_id="", state=priced.kind.value)
        attempt, names = priced.attempt, priced.ruleset_hash
        prices = await self._pinned.prices(names, attempt.currency)
        again = replay(attempt, priced.lines, prices.ruleset.rule_ids)
        return await self._explained(again, prices, names, attempt.currency, priced.total_minor)

    async def of_order(self, placed: OrderPlaced) -> PriceExplained:
        """Raises what `PinnedRules.prices` does."""
        prices = await self._pinned.prices(placed.ruleset_hash, placed.currency)
        again = replay_order(placed, prices.ruleset.rule_ids)
        return await self._explained(again, prices, placed.ruleset_hash, placed.currency, placed.total_minor)

    async def _explained(
        self, again: Replay, prices: Prices, names: str, currency: str, total_minor: int
    ) -> PriceExplained:
        explanation, gates, commissions = await asyncio.to_thread(_explain, again, prices, total_minor)
        found_minor = again.total_minor(explanation.priced)
        offs_minor = explanation.priced.payable_minor - found_minor
        return PriceExplained(
            names,
            currency,
            again.cart.time_ms,
            total_minor,
            again.cart.shipping_minor,
            explanation,
            offs_minor,
            found_minor == total_minor,
            gates,
            commissions,
        )


def _explain(
    again: Replay, prices: Prices, total_minor: int
) -> tuple[Explanation, tuple[GateRefusal, ...], tuple[CommissionProposal, ...]]:
    explanation = _steps(again, prices, total_minor)
    proposals = prices.ruleset.commissions(again.cart, again.paid(explanation.priced))
    return explanation, tuple(prices.ruleset.gates(again.cart)), tuple(proposals)


def _steps(again: Replay, prices: Prices, total_minor: int) -> Explanation:
    """As if budgets were whole; where that is not what it cost, with as much of each as the price shows that it had."""
    explanation = explain(prices.ruleset, again.cart)
    if again.total_minor(explanation.priced) == total_minor or not prices.ruleset.budgets:
        return explanation
    left = dict.fromkeys(prices.ruleset.budgets, 0)
    for rule in prices.ruleset.compiled.rules:
        for budget in rule.budgets:
            left[budget.budget_id] += again.claimed_minor.get(rule.rule_id, 0)
    return explain(prices.ruleset, again.cart, left)


def why_not(explained: PriceExplained, rule_ids: Sequence[str]) -> list[tuple[str, object]]:
    """For each rule that was asked for: (id, a `Rejected`, None where it counted, or KeyError where there is no such rule)."""
    found: list[tuple[str, object]] = []
    for rule_id in rule_ids:
        try:
            found.append((rule_id, explained.explanation.why_not(rule_id)))
        except KeyError as unknown:
            found.append((rule_id, unknown))
    return found
