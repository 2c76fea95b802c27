"""A backtest: what recorded orders would have cost by other rules, in money."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass, field

import structlog

from tuan.domain.errors import InvalidValue, TuanError
from tuan.domain.order import Order, OrderState
from tuan.ports import Record, RuleFile, Ruleset, Unit
from tuan.usecases.pricing.pinned_rules import PinnedRules
from tuan.usecases.pricing.price_book import PriceCompiler, Prices
from tuan.usecases.pricing.replay import replay_order
from tuan.usecases.rules.check_rules import RuleChecker, RulesInvalid
from tuan.usecases.rules.promote_ruleset import ruleset_of
from tuan_rules.pricing import Ruleset as Rules
from tuan_rules.pricing.commissions import CommissionProposal
from tuan_rules.pricing.gates import GateRefusal

log = structlog.get_logger()

BATCH = 500
ORDERS_MAX = 100_000
ORDERS_MOST = 1_000_000
SAMPLE = 20
RULES_MAX = 1_000


@dataclass(frozen=True, slots=True)
class OrderWindow:
    """Orders placed in [start_time_ms, end_time_ms), of these states; empty: any."""

    start_time_ms: int = 0
    end_time_ms: int = 2**62
    states: tuple[OrderState, ...] = ()
    orders_max: int = ORDERS_MAX


@dataclass(slots=True)
class RuleTotal:
    """In how many orders a rule counted and what it took off, as they were placed and as they would have been.

    Of a gate: the orders that it would have refused. Of a commission: what it would have proposed, in `simulated_orders`.
    """

    live_orders: int = 0
    live_off_minor: int = 0
    simulated_orders: int = 0
    simulated_off_minor: int = 0
    simulated_refused: int = 0
    simulated_commission_minor: int = 0


@dataclass(slots=True)
class Report:
    """What has come of a simulation so far. `largest`: (difference, order id, live, simulated), the largest difference first.

    `refused`: orders that a gate would have refused; they are in all sums, as if it had not.
    """

    ruleset_hash: str
    currency: str
    orders: int = 0
    cheaper: int = 0
    dearer: int = 0
    failed: int = 0
    refused: int = 0
    truncated: bool = False
    reached_time_ms: int = 0
    live_minor: int = 0
    simulated_minor: int = 0
    rules: dict[str, RuleTotal] = field(default_factory=dict)
    largest: list[tuple[int, str, int, int]] = field(default_factory=list)

    def add(self, order: Order, simulated_minor: int, live: dict[str, int], simulated: dict[str, int]) -> None:
        """`live`, `simulated`: what each rule took off."""
        live_minor = order.placed.total_minor
        self.orders += 1
        self.cheaper += simulated_minor < live_minor
        self.dearer += simulated_minor > live_minor
        self.live_minor += live_minor
        self.simulated_minor += simulated_minor
        for rule_id, off_minor in live.items():
            total = self.rules.setdefault(rule_id, RuleTotal())
            total.live_orders += 1
            total.live_off_minor += off_minor
        for rule_id, off_minor in simulated.items():
            total = self.rules.setdefault(rule_id, RuleTotal())
            total.simulated_orders += 1
            total.simulated_off_minor += off_minor
        if simulated_minor != live_minor:
            entry = (abs(simulated_minor - live_minor), order.placed.order_id, live_minor, simulated_minor)
            if len(self.largest) < SAMPLE:
                heapq.heappush(self.largest, entry)
            else:
                heapq.heappushpop(self.largest, entry)

    def add_beside(self, gates: Sequence[GateRefusal], commissions: Sequence[CommissionProposal]) -> None:
        """What rules that change no price would have said of an order."""
        self.refused += bool(gates)
        for gate in gates:
            self.rules.setdefault(gate.rule_id, RuleTotal()).simulated_refused += 1
        for rule_id in {each.rule_id for each in commissions}:
            self.rules.setdefault(rule_id, RuleTotal()).simulated_orders += 1
        for each in commissions:
            self.rules[each.rule_id].simulated_commission_minor += each.amount_minor

    def by_change(self) -> list[tuple[str, RuleTotal]]:
        """The rules whose sum changes most first."""

        def change(item: tuple[str, RuleTotal]) -> tuple[int, str]:
            total = item[1]
            moved = abs(total.simulated_off_minor - total.live_off_minor) or total.simulated_commission_minor
            return -moved, item[0]

        return sorted(self.rules.items(), key=change)[:RULES_MAX]

    def samples(self) -> list[tuple[int, str, int, int]]:
        """The largest difference first."""
        return sorted(self.largest, reverse=True)


class RuleSimulator:
    def __init__(self, checker: RuleChecker, compiler: PriceCompiler, pinned: PinnedRules, record: Record) -> None:
        self._checker = checker
        self._compiler = compiler
        self._pinned = pinned
        self._record = record
        # Side by side, backtests would only starve the orders: their batches take turns.
        self._turn = asyncio.Lock()

    async def simulate(
        self, window: OrderWindow, ruleset_hash: str = "", files: Sequence[RuleFile] = ()
    ) -> AsyncGenerator[tuple[Report, bool], None]:
        """After each batch of orders the report so far, and whether it is whole; the last one is.

        The ruleset stands in the place of its package's active version. Raises RULESET_NOT_FOUND, RULES_INVALID.
        """
        if bool(ruleset_hash) == bool(files):
            raise InvalidValue("ruleset_hash", "send either it or `files`")
        if not 1 <= window.orders_max <= ORDERS_MOST:
            raise InvalidValue("orders_max", f"{window.orders_max}; send 1 to {ORDERS_MOST}, or 0 for {ORDERS_MAX}")
        if window.start_time_ms >= window.end_time_ms:
            raise InvalidValue("end_time", "is not after start_time")
        candidate, currency = await self._candidate(ruleset_hash, files)
        rules = await self._rules(candidate, currency)
        report = Report(candidate.ruleset_hash, currency)
        left = dict(rules.budgets)
        after: tuple[int, str] | None = None
        while True:
            wanted = min(BATCH, window.orders_max - report.orders - report.failed)
            orders = await self._read(currency, window, after, wanted + 1)
            batch = orders[:wanted]
            pinned = {order.placed.ruleset_hash: await self._prices(order) for order in _first_of_each(batch)}
            async with self._turn:
                await asyncio.to_thread(_price, batch, rules, pinned, left, report)
            report.truncated = len(orders) > len(batch) and report.orders + report.failed >= window.orders_max
            whole = len(orders) <= len(batch) or report.truncated
            yield report, whole
            if whole:
                return
            after = (batch[-1].placed.place_time_ms, batch[-1].placed.order_id)

    async def _candidate(self, ruleset_hash: str, files: Sequence[RuleFile]) -> tuple[Ruleset, str]:
        known = await ruleset_of(self._record, ruleset_hash) if ruleset_hash else None
        package = await self._checker.package(known.files if known is not None else files)
        if known is not None:
            return known, package.currency
        new = Ruleset(package.ruleset_hash, package.name, package.version, tuple(files), "draft", 0)
        return new, package.currency

    async def _rules(self, candidate: Ruleset, currency: str) -> Rules:
        in_force = await self._record.read(lambda unit: unit.rulesets.in_force())
        package = await self._checker.package(candidate.files)
        if conflicts := await self._checker.conflicts(package, candidate.files, in_force):
            raise RulesInvalid(conflicts)
        others = [one for one in in_force if one.state == "active" and one.package != candidate.package]
        by_currency = await asyncio.to_thread(self._compiler.together, [*others, candidate])
        prices = by_currency.get(currency)
        return prices.ruleset if prices is not None else Rules([], self._compiler.vocabulary)

    async def _read(
        self, currency: str, window: OrderWindow, after: tuple[int, str] | None, count_max: int
    ) -> list[Order]:
        def read(unit: Unit) -> list[Order]:
            between = (window.start_time_ms, window.end_time_ms)
            return list(unit.orders.placed_between(currency, *between, window.states, after, count_max))

        return await self._record.read(read)

    async def _prices(self, order: Order) -> Prices | None:
        """None where the rules that priced it cannot be had any more, so nobody knows which of its steps were theirs."""
        try:
            return await self._pinned.prices(order.placed.ruleset_hash, order.placed.currency)
        except TuanError:
            return None


def _first_of_each(orders: Sequence[Order]) -> list[Order]:
    return list({order.placed.ruleset_hash: order for order in orders}.values())


def _price(
    orders: Sequence[Order], rules: Rules, pinned: dict[str, Prices | None], left: dict[str, int], report: Report
) -> None:
    for order in orders:
        report.reached_time_ms = order.placed.place_time_ms
        prices = pinned[order.placed.ruleset_hash]
        if prices is None:
            report.failed += 1
            continue
        try:
            again = replay_order(order.placed, prices.ruleset.rule_ids)
            priced = rules.price(again.cart, left)
        except Exception as error:  # one order that cannot be priced again must not cost the report of a million others
            log.warning("simulation_failed", order=order.placed.order_id, error=repr(error))
            report.failed += 1
            continue
        for budget_id, off_minor in priced.claims.items():
            left[budget_id] -= off_minor
        simulated: dict[str, int] = {}
        for step in priced.steps:
            if step.rule_id in rules.rule_ids:
                simulated[step.rule_id] = simulated.get(step.rule_id, 0) + step.off_minor
        report.add(order, again.total_minor(priced), dict(again.claimed_minor), simulated)
        report.add_beside(rules.gates(again.cart), rules.commissions(again.cart, again.paid(priced)))
