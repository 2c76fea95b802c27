"""Wrong requests to RuleService, beyond checking and publishing."""

from __future__ import annotations

from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from tests.contract.api.cases import NOBODY, Case, ids
from tests.contract.api.world import World
from tuan_api.v1 import rules_pb2 as r
from tuan_api.v1 import ruleset_pb2 as rs
from tuan_api.v1.line_pb2 import CartLine
from tuan_api.v1.pricing_pb2 import QuoteRequest

PUBLISH, PROMOTE, ROLLBACK, DIFF, EXPLAIN, SIMULATE, REPORT, LIST = (
    f"RuleService.{name}"
    for name in (
        "PublishRules",
        "PromoteRuleset",
        "RollbackRules",
        "DiffRulesets",
        "ExplainPrice",
        "SimulateRules",
        "GetShadowReport",
        "ListRulesets",
    )
)
UNKNOWN = "0" * 64
BAD = [rs.RuleFile(name="a.tuan", text="flash_sale {")]


def _publish(world: World, **fields: Any) -> r.PublishRulesRequest:
    return r.PublishRulesRequest(request_id=world.new_id(), files=BAD, **fields)


def _promote(world: World, **fields: Any) -> r.PromoteRulesetRequest:
    defaults = {"request_id": world.new_id(), "ruleset_hash": world.ruleset_hash, "stage": rs.RULESET_STATE_ACTIVE}
    return r.PromoteRulesetRequest(**{**defaults, **fields})


def _rollback(world: World, **fields: Any) -> r.RollbackRulesRequest:
    return r.RollbackRulesRequest(**{"request_id": world.new_id(), "package": "tests.sale", **fields})


def _diff(world: World, **fields: Any) -> r.DiffRulesetsRequest:
    defaults = {"before_hash": world.ruleset_hash, "after_hash": world.ruleset_hash}
    return r.DiffRulesetsRequest(**{**defaults, **fields})


def _cart(**fields: Any) -> QuoteRequest:
    return QuoteRequest(**{"currency_code": "CNY", "lines": [CartLine(sku="S1", quantity=1)], **fields})


def _explain(world: World, **fields: Any) -> r.ExplainPriceRequest:
    return r.ExplainPriceRequest(**fields)


def _simulate(world: World, **fields: Any) -> r.SimulateRulesRequest:
    return r.SimulateRulesRequest(**{"ruleset_hash": world.ruleset_hash, **fields})


CASES = [
    Case(
        "RuleService.CheckRules", "language", lambda w: r.CheckRulesRequest(files=BAD, language="x"), field="language"
    ),
    Case(PUBLISH, "language", lambda w: _publish(w, language="fr"), field="language"),
    Case(PROMOTE, "language", lambda w: _promote(w, language="fr"), field="language"),
    Case(ROLLBACK, "language", lambda w: _rollback(w, language="fr"), field="language"),
    Case(PUBLISH, "stage-none-to-ask-for", lambda w: _publish(w, stage=rs.RULESET_STATE_CHECKED), field="stage"),
    Case(PUBLISH, "stage-unknown", lambda w: _publish(w, stage=77), field="stage"),  # type: ignore[arg-type]
    Case(PUBLISH, "percent-missing", lambda w: _publish(w, stage=rs.RULESET_STATE_CANARY), field="canary_percent"),
    Case(PUBLISH, "percent-of-no-canary", lambda w: _publish(w, canary_percent=5), field="canary_percent"),
    *ids(PROMOTE, "request_id", lambda w, value: _promote(w, request_id=value)),
    *ids(PROMOTE, "ruleset_hash", lambda w, value: _promote(w, ruleset_hash=value)),
    Case(PROMOTE, "unknown", lambda w: _promote(w, ruleset_hash=UNKNOWN), "RULESET_NOT_FOUND"),
    Case(PROMOTE, "stage-missing", lambda w: _promote(w, stage=rs.RULESET_STATE_UNSPECIFIED), field="stage"),
    Case(PROMOTE, "stage-draft", lambda w: _promote(w, stage=rs.RULESET_STATE_DRAFT), field="stage"),
    Case(
        PROMOTE,
        "percent-oversized",
        lambda w: _promote(w, stage=rs.RULESET_STATE_CANARY, canary_percent=100),
        field="canary_percent",
    ),
    Case(PROMOTE, "active", lambda w: _promote(w, stage=rs.RULESET_STATE_RETIRED), "RULESET_STATE_CONFLICT"),
    Case(PROMOTE, "no-price-rules", lambda w: _promote(w, stage=rs.RULESET_STATE_SHADOW), "RULESET_STATE_CONFLICT"),
    *ids(ROLLBACK, "request_id", lambda w, value: _rollback(w, request_id=value)),
    *ids(ROLLBACK, "ruleset_hash", lambda w, value: _rollback(w, ruleset_hash=value), optional=True),
    Case(ROLLBACK, "package-missing", lambda w: _rollback(w, package=""), field="package"),
    Case(ROLLBACK, "package-oversized", lambda w: _rollback(w, package="x" * 129), field="package"),
    Case(ROLLBACK, "package-unknown", lambda w: _rollback(w, package=NOBODY), "RULESET_NOT_FOUND"),
    Case(ROLLBACK, "unknown", lambda w: _rollback(w, ruleset_hash=UNKNOWN), "RULESET_NOT_FOUND"),
    *ids(DIFF, "before_hash", lambda w, value: _diff(w, before_hash=value)),
    *ids(DIFF, "after_hash", lambda w, value: _diff(w, after_hash=value or "two words")),
    Case(DIFF, "unknown", lambda w: _diff(w, before_hash=UNKNOWN), "RULESET_NOT_FOUND"),
    Case(DIFF, "neither", lambda w: _diff(w, after_hash=""), field="after_hash"),
    Case(DIFF, "both", lambda w: _diff(w, files=BAD), field="after_hash"),
    Case(DIFF, "mistakes", lambda w: _diff(w, after_hash="", files=BAD), "RULES_INVALID"),
    Case(DIFF, "language", lambda w: _diff(w, language="fr"), field="language"),
    *ids(EXPLAIN, "order_id", lambda w, value: _explain(w, order_id=value)),
    Case(EXPLAIN, "both", lambda w: _explain(w, order_id=w.paid_order, cart=_cart()), field="order_id"),
    Case(EXPLAIN, "unknown", lambda w: _explain(w, order_id=NOBODY), "ORDER_NOT_FOUND"),
    Case(EXPLAIN, "foreign", lambda w: _explain(w, order_id=w.paid_order), "ORDER_NOT_FOUND", theirs=True),
    Case(EXPLAIN, "language", lambda w: _explain(w, order_id=w.paid_order, language="fr"), field="language"),
    Case(EXPLAIN, "why-too-many", lambda w: _explain(w, cart=_cart(), why_not=["x"] * 65), field="why_not"),
    Case(EXPLAIN, "why-empty", lambda w: _explain(w, cart=_cart(), why_not=[""]), field="why_not[0]"),
    Case(EXPLAIN, "currency", lambda w: _explain(w, cart=_cart(currency_code="yuan")), field="currency_code"),
    Case(EXPLAIN, "lines", lambda w: _explain(w, cart=_cart(lines=[])), field="lines"),
    Case(
        EXPLAIN,
        "sku-unknown",
        lambda w: _explain(w, cart=_cart(lines=[CartLine(sku=NOBODY, quantity=1)])),
        "SKU_NOT_FOUND",
    ),
    *ids(SIMULATE, "ruleset_hash", lambda w, value: _simulate(w, ruleset_hash=value)),
    Case(SIMULATE, "unknown", lambda w: _simulate(w, ruleset_hash=UNKNOWN), "RULESET_NOT_FOUND"),
    Case(SIMULATE, "both", lambda w: _simulate(w, files=BAD), field="ruleset_hash"),
    Case(SIMULATE, "mistakes", lambda w: _simulate(w, ruleset_hash="", files=BAD), "RULES_INVALID"),
    Case(SIMULATE, "state-unknown", lambda w: _simulate(w, states=[99]), field="states[0]"),  # type: ignore[list-item]
    Case(SIMULATE, "too-many", lambda w: _simulate(w, orders_max=1_000_001), field="orders_max"),
    Case(SIMULATE, "negative", lambda w: _simulate(w, orders_max=-1), field="orders_max"),
    Case(SIMULATE, "window", lambda w: _simulate(w, end_time=Timestamp()), field="end_time"),
    *ids(REPORT, "ruleset_hash", lambda w, value: r.GetShadowReportRequest(ruleset_hash=value)),
    Case(REPORT, "unknown", lambda w: r.GetShadowReportRequest(ruleset_hash=UNKNOWN), "RULESET_NOT_FOUND"),
    Case(LIST, "state-unknown", lambda w: r.ListRulesetsRequest(states=[99]), field="states[0]"),  # type: ignore[list-item]
]
