# Generated from the .proto files by `make protos`. Change those, not this.
"""`RuleService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from tuan_client.aio.rules import AsyncRuleService
from tuan_client.loop_thread import LoopThread
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


class RuleService:
    """Rule files: check them, publish them stage by stage, see what they would change, read what is published."""

    def __init__(self, service: AsyncRuleService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def check_rules(
        self, files: Sequence[RuleFile], language: str = "", *, timeout_s: float | None = None
    ) -> CheckRulesResponse:
        """Checks rule files and lists every mistake with its place and, where there is one, a fix. Stores nothing."""
        return self._loop.run(self._service.check_rules(files, language, timeout_s=timeout_s))

    def publish_rules(
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
        return self._loop.run(
            self._service.publish_rules(
                files, stage, canary_percent, language, request_id=request_id, timeout_s=timeout_s
            )
        )

    def promote_ruleset(
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
        return self._loop.run(
            self._service.promote_ruleset(
                ruleset_hash, stage, canary_percent, language, request_id=request_id, timeout_s=timeout_s
            )
        )

    def rollback_rules(
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
        return self._loop.run(
            self._service.rollback_rules(package, ruleset_hash, language, request_id=request_id, timeout_s=timeout_s)
        )

    def get_ruleset(self, ruleset_hash: str, *, timeout_s: float | None = None) -> Ruleset:
        """Reads a published ruleset with its files."""
        return self._loop.run(self._service.get_ruleset(ruleset_hash, timeout_s=timeout_s))

    def list_rulesets(
        self,
        package: str = "",
        page_size: int = 0,
        states: Sequence[RulesetState] = (),
        *,
        timeout_s: float | None = None,
    ) -> Iterator[Ruleset]:
        """Lists published rulesets (the versions of a package) without their files, newest first."""
        return self._loop.iterate(self._service.list_rulesets(package, page_size, states, timeout_s=timeout_s))

    def diff_rulesets(
        self,
        before_hash: str,
        after_hash: str = "",
        files: Sequence[RuleFile] = (),
        language: str = "",
        *,
        timeout_s: float | None = None,
    ) -> DiffRulesetsResponse:
        """Says what two versions mean differently, block by block; layout, comments and order make no difference."""
        return self._loop.run(
            self._service.diff_rulesets(before_hash, after_hash, files, language, timeout_s=timeout_s)
        )

    def explain_price(
        self,
        order_id: str = "",
        cart: QuoteRequest | None = None,
        why_not: Sequence[str] = (),
        language: str = "",
        *,
        timeout_s: float | None = None,
    ) -> ExplainPriceResponse:
        """Explains a price step by step: of a cart by the rules of now, or of an order by the rules that it was placed under."""
        return self._loop.run(self._service.explain_price(order_id, cart, why_not, language, timeout_s=timeout_s))

    def simulate_rules(
        self,
        ruleset_hash: str = "",
        files: Sequence[RuleFile] = (),
        start_time: datetime | None = None,
        end_time: datetime | None = None,
        states: Sequence[OrderState] = (),
        orders_max: int = 0,
    ) -> Iterator[SimulateRulesResponse]:
        """Prices recorded orders as a ruleset would have priced them. The stream tells how far it is, and ends with the report."""
        return self._loop.iterate(
            self._service.simulate_rules(ruleset_hash, files, start_time, end_time, states, orders_max)
        )

    def get_shadow_report(self, ruleset_hash: str, *, timeout_s: float | None = None) -> GetShadowReportResponse:
        """What a shadow has made of the orders that were placed since it became one."""
        return self._loop.run(self._service.get_shadow_report(ruleset_hash, timeout_s=timeout_s))
