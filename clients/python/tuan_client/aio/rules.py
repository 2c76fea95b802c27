# Generated from the .proto files by `make protos`. Change those, not this.
"""`RuleService`, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from tuan_api.v1 import rules_pb2
from tuan_client.convert import (
    enum_to_message,
    new_request_id,
    time_to_message,
)
from tuan_client.link import Link, Rpc
from tuan_client.values.order import OrderState
from tuan_client.values.pricing import QuoteRequest
from tuan_client.values.rules import (
    CheckRulesResponse,
    DiffRulesetsResponse,
    ExplainPriceResponse,
    GetShadowReportResponse,
    PromoteRulesetResponse,
    PublishRulesResponse,
    RollbackRulesResponse,
    SimulateRulesResponse,
)
from tuan_client.values.ruleset import RuleFile, Ruleset, RulesetState

_CHECK_RULES = Rpc(
    "/tuan_api.v1.RuleService/CheckRules", rules_pb2.CheckRulesRequest, rules_pb2.CheckRulesResponse, repeatable=True
)
_PUBLISH_RULES = Rpc(
    "/tuan_api.v1.RuleService/PublishRules",
    rules_pb2.PublishRulesRequest,
    rules_pb2.PublishRulesResponse,
    repeatable=True,
)
_PROMOTE_RULESET = Rpc(
    "/tuan_api.v1.RuleService/PromoteRuleset",
    rules_pb2.PromoteRulesetRequest,
    rules_pb2.PromoteRulesetResponse,
    repeatable=True,
)
_ROLLBACK_RULES = Rpc(
    "/tuan_api.v1.RuleService/RollbackRules",
    rules_pb2.RollbackRulesRequest,
    rules_pb2.RollbackRulesResponse,
    repeatable=True,
)
_GET_RULESET = Rpc(
    "/tuan_api.v1.RuleService/GetRuleset", rules_pb2.GetRulesetRequest, rules_pb2.GetRulesetResponse, repeatable=True
)
_LIST_RULESETS = Rpc(
    "/tuan_api.v1.RuleService/ListRulesets",
    rules_pb2.ListRulesetsRequest,
    rules_pb2.ListRulesetsResponse,
    repeatable=True,
)
_DIFF_RULESETS = Rpc(
    "/tuan_api.v1.RuleService/DiffRulesets",
    rules_pb2.DiffRulesetsRequest,
    rules_pb2.DiffRulesetsResponse,
    repeatable=True,
)
_EXPLAIN_PRICE = Rpc(
    "/tuan_api.v1.RuleService/ExplainPrice",
    rules_pb2.ExplainPriceRequest,
    rules_pb2.ExplainPriceResponse,
    repeatable=True,
)
_SIMULATE_RULES = Rpc(
    "/tuan_api.v1.RuleService/SimulateRules",
    rules_pb2.SimulateRulesRequest,
    rules_pb2.SimulateRulesResponse,
    repeatable=True,
)
_GET_SHADOW_REPORT = Rpc(
    "/tuan_api.v1.RuleService/GetShadowReport",
    rules_pb2.GetShadowReportRequest,
    rules_pb2.GetShadowReportResponse,
    repeatable=True,
)


class AsyncRuleService:
    """Rule files: check them, publish them stage by stage, see what they would change, read what is published."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def check_rules(
        self, files: Sequence[RuleFile], language: str = "", *, timeout_s: float | None = None
    ) -> CheckRulesResponse:
        """Checks rule files and lists every mistake with its place and, where there is one, a fix. Stores nothing."""
        request = rules_pb2.CheckRulesRequest(files=[item.to_message() for item in files], language=language)
        response = await self._link.unary(_CHECK_RULES, request, timeout_s)
        return CheckRulesResponse.from_message(response)

    async def publish_rules(
        self,
        files: Sequence[RuleFile],
        stage: RulesetState = RulesetState.UNSPECIFIED,
        canary_percent: int = 0,
        language: str = "",
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> PublishRulesResponse:
        """Publishes a rule package: stores it as a new ruleset in the stage that is asked for. Becoming active is one atomic swap: it
        retires the package's previous version and provisions its activities. Refused with RULES_INVALID when a file has an error,
        a test of it fails, or the catalogue, the clock or another package do not allow it; what was active then stays so.
        The same content again is answered with the ruleset that is there.
        """
        request = rules_pb2.PublishRulesRequest(
            request_id=request_id or new_request_id(),
            files=[item.to_message() for item in files],
            stage=enum_to_message(stage),
            canary_percent=canary_percent,
            language=language,
        )
        response = await self._link.unary(_PUBLISH_RULES, request, timeout_s)
        return PublishRulesResponse.from_message(response)

    async def promote_ruleset(
        self,
        ruleset_hash: str,
        stage: RulesetState,
        canary_percent: int = 0,
        language: str = "",
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> PromoteRulesetResponse:
        """Takes a published ruleset to another stage. What the catalogue, the clock and its tests say is asked again."""
        request = rules_pb2.PromoteRulesetRequest(
            request_id=request_id or new_request_id(),
            ruleset_hash=ruleset_hash,
            stage=enum_to_message(stage),
            canary_percent=canary_percent,
            language=language,
        )
        response = await self._link.unary(_PROMOTE_RULESET, request, timeout_s)
        return PromoteRulesetResponse.from_message(response)

    async def rollback_rules(
        self,
        package: str,
        ruleset_hash: str = "",
        language: str = "",
        *,
        request_id: str | None = None,
        timeout_s: float | None = None,
    ) -> RollbackRulesResponse:
        """Makes a version active again that was so before. Its activities are planned anew; those that cannot be now, because a sale
        is over or goods are gone, are told of as warnings and hold nothing back.
        """
        request = rules_pb2.RollbackRulesRequest(
            request_id=request_id or new_request_id(), package=package, ruleset_hash=ruleset_hash, language=language
        )
        response = await self._link.unary(_ROLLBACK_RULES, request, timeout_s)
        return RollbackRulesResponse.from_message(response)

    async def get_ruleset(self, ruleset_hash: str, *, timeout_s: float | None = None) -> Ruleset:
        """Reads a published ruleset with its files."""
        request = rules_pb2.GetRulesetRequest(ruleset_hash=ruleset_hash)
        response = await self._link.unary(_GET_RULESET, request, timeout_s)
        return Ruleset.from_message(response.ruleset)

    async def list_rulesets(
        self,
        package: str = "",
        page_size: int = 0,
        states: Sequence[RulesetState] = (),
        *,
        timeout_s: float | None = None,
    ) -> AsyncIterator[Ruleset]:
        """Lists published rulesets (the versions of a package) without their files, newest first."""
        request = rules_pb2.ListRulesetsRequest(
            package=package, page_size=page_size, states=[enum_to_message(item) for item in states]
        )
        while True:
            page = await self._link.unary(_LIST_RULESETS, request, timeout_s)
            for item in page.rulesets:
                yield Ruleset.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def diff_rulesets(
        self,
        before_hash: str,
        after_hash: str = "",
        files: Sequence[RuleFile] = (),
        language: str = "",
        *,
        timeout_s: float | None = None,
    ) -> DiffRulesetsResponse:
        """Says what two versions mean differently, block by block; layout, comments and order make no difference."""
        request = rules_pb2.DiffRulesetsRequest(
            before_hash=before_hash,
            after_hash=after_hash,
            files=[item.to_message() for item in files],
            language=language,
        )
        response = await self._link.unary(_DIFF_RULESETS, request, timeout_s)
        return DiffRulesetsResponse.from_message(response)

    async def explain_price(
        self,
        order_id: str = "",
        cart: QuoteRequest | None = None,
        why_not: Sequence[str] = (),
        language: str = "",
        *,
        timeout_s: float | None = None,
    ) -> ExplainPriceResponse:
        """Explains a price step by step: of a cart by the rules of now, or of an order by the rules that it was placed under."""
        request = rules_pb2.ExplainPriceRequest(
            order_id=order_id, cart=None if cart is None else cart.to_message(), why_not=why_not, language=language
        )
        response = await self._link.unary(_EXPLAIN_PRICE, request, timeout_s)
        return ExplainPriceResponse.from_message(response)

    async def simulate_rules(
        self,
        ruleset_hash: str = "",
        files: Sequence[RuleFile] = (),
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        states: Sequence[OrderState] = (),
        orders_max: int = 0,
    ) -> AsyncIterator[SimulateRulesResponse]:
        """Prices recorded orders as a ruleset would have priced them. The stream tells how far it is, and ends with the report."""
        request = rules_pb2.SimulateRulesRequest(
            ruleset_hash=ruleset_hash,
            files=[item.to_message() for item in files],
            start_time=time_to_message(start_time),
            end_time=time_to_message(end_time),
            states=[enum_to_message(item) for item in states],
            orders_max=orders_max,
        )
        async for response in self._link.streamed(_SIMULATE_RULES, request):
            yield SimulateRulesResponse.from_message(response)

    async def get_shadow_report(self, ruleset_hash: str, *, timeout_s: float | None = None) -> GetShadowReportResponse:
        """What a shadow has made of the orders that were placed since it became one."""
        request = rules_pb2.GetShadowReportRequest(ruleset_hash=ruleset_hash)
        response = await self._link.unary(_GET_SHADOW_REPORT, request, timeout_s)
        return GetShadowReportResponse.from_message(response)
