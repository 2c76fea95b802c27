"""RuleService, the part that changes nothing: what differs, why a price is what it is, what other rules would have made of orders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.server.convert.explained import block_change, explained_price, shadow_total, simulation_step
from tuan.server.convert.fields import check_count, optional_id, required_id, states
from tuan.server.convert.order import STATES as ORDER_STATES
from tuan.server.convert.rules import language, rule_files, ruleset
from tuan.server.interceptors.auth import ADMIN_CALLER
from tuan.server.interceptors.call import current_call
from tuan.server.servicers.bench import Bench
from tuan.server.servicers.owner import check_facts_are_allowed, check_seen
from tuan.server.servicers.pricing import quoted_cart
from tuan.usecases.rules.explain_price import PriceExplained, why_not
from tuan.usecases.rules.promote_ruleset import ruleset_of
from tuan.usecases.rules.simulate_rules import ORDERS_MAX, OrderWindow
from tuan_api.v1 import rules_pb2 as api
from tuan_rules.difference.render import render_difference

WHY_NOT_MAX = 64
RULE_ID_BYTES_MAX = 512
_FOR_EVER_MS = 2**62


class RuleReviews:
    """Mixed into the servicer."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._rules = bench.engine.rules

    async def DiffRulesets(self, request: api.DiffRulesetsRequest, context: Any) -> api.DiffRulesetsResponse:
        lang = language(request.language)
        before = required_id("before_hash", request.before_hash)
        after = optional_id("after_hash", request.after_hash)
        changes = await self._rules.differ.diff(before, after, rule_files(request.files))
        return api.DiffRulesetsResponse(
            changes=[block_change(change) for change in changes], text=render_difference(changes, lang)
        )

    async def ExplainPrice(self, request: api.ExplainPriceRequest, context: Any) -> api.ExplainPriceResponse:
        lang = language(request.language)
        order_id = optional_id("order_id", request.order_id)
        check_count("why_not", len(request.why_not), WHY_NOT_MAX, 0)
        for index, rule_id in enumerate(request.why_not):
            if not rule_id or len(rule_id.encode()) > RULE_ID_BYTES_MAX or not rule_id.isprintable():
                raise InvalidValue(f"why_not[{index}]", "is no rule id; send for example fresh.spring/price/member-98")
        if bool(order_id) == request.HasField("cart"):
            raise InvalidValue("order_id", "send either it or `cart`")
        explained = await (self._of_order(order_id) if order_id else self._of_cart(request))
        return explained_price(explained, why_not(explained, request.why_not), lang)

    async def _of_cart(self, request: api.ExplainPriceRequest) -> PriceExplained:
        command = quoted_cart(request.cart)
        check_facts_are_allowed(command)
        return await self._rules.explainer.of_cart(command)

    async def _of_order(self, order_id: str) -> PriceExplained:
        order = await self._bench.engine.watch.read(lambda unit: unit.orders.get(order_id))
        if order is None or current_call.get().caller not in (order.placed.caller, ADMIN_CALLER):
            raise TuanError(Reason.ORDER_NOT_FOUND, f"no order {order_id}", order_id=order_id)
        return await self._rules.explainer.of_order(check_seen(order).placed)

    async def SimulateRules(
        self, request: api.SimulateRulesRequest, context: Any
    ) -> AsyncIterator[api.SimulateRulesResponse]:
        ruleset_hash = optional_id("ruleset_hash", request.ruleset_hash)
        window = OrderWindow(
            _bound(request.start_time) if request.HasField("start_time") else 0,
            _bound(request.end_time) if request.HasField("end_time") else _FOR_EVER_MS,
            states("states", request.states, ORDER_STATES),
            request.orders_max or ORDERS_MAX,
        )
        # What was acknowledged before is among what it looks at.
        await self._bench.engine.watch.barrier()
        steps = self._rules.simulator.simulate(window, ruleset_hash, rule_files(request.files))
        async with aclosing(steps):
            async for report, whole in steps:
                yield simulation_step(report, whole)

    async def GetShadowReport(self, request: api.GetShadowReportRequest, context: Any) -> api.GetShadowReportResponse:
        ruleset_hash = required_id("ruleset_hash", request.ruleset_hash)
        record = self._bench.engine.record
        found = await ruleset_of(record, ruleset_hash)
        totals = await record.read(lambda unit: unit.rulesets.shadow_totals(ruleset_hash))
        return api.GetShadowReportResponse(ruleset=ruleset(found), totals=[shadow_total(each) for each in totals])


def _bound(time: Timestamp) -> int:
    """Milliseconds that SQL can compare; beyond them nothing was ever placed."""
    return max(0, min(time.seconds * 1_000 + time.nanos // 1_000_000, _FOR_EVER_MS))
