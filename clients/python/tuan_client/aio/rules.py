# Generated from the .proto files by `make protos`. Change those, not this.
"""`RuleService`, asynchronous."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from tuan_api.v1 import rules_pb2
from tuan_client.convert import (
    new_request_id,
)
from tuan_client.link import Link, Rpc
from tuan_client.values.rules import CheckRulesResponse, PublishRulesResponse, RuleFile, Ruleset

_CHECK_RULES = Rpc(
    "/tuan_api.v1.RuleService/CheckRules", rules_pb2.CheckRulesRequest, rules_pb2.CheckRulesResponse, repeatable=True
)
_PUBLISH_RULES = Rpc(
    "/tuan_api.v1.RuleService/PublishRules",
    rules_pb2.PublishRulesRequest,
    rules_pb2.PublishRulesResponse,
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


class AsyncRuleService:
    """Rule files: check them, publish them, read what is published."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def check_rules(self, files: Sequence[RuleFile], *, timeout_s: float | None = None) -> CheckRulesResponse:
        """Checks rule files and lists every mistake with its place and, where there is one, a fix. Stores nothing."""
        request = rules_pb2.CheckRulesRequest(files=[item.to_message() for item in files])
        response = await self._link.unary(_CHECK_RULES, request, timeout_s)
        return CheckRulesResponse.from_message(response)

    async def publish_rules(
        self, files: Sequence[RuleFile], *, request_id: str | None = None, timeout_s: float | None = None
    ) -> PublishRulesResponse:
        """Publishes a rule package: stores it as a new ruleset, retires the package's previous one and provisions its activities.
        Refused with RULES_INVALID when a file has an error. The same content again is answered with the ruleset that is there.
        """
        request = rules_pb2.PublishRulesRequest(
            request_id=request_id or new_request_id(), files=[item.to_message() for item in files]
        )
        response = await self._link.unary(_PUBLISH_RULES, request, timeout_s)
        return PublishRulesResponse.from_message(response)

    async def get_ruleset(self, ruleset_hash: str, *, timeout_s: float | None = None) -> Ruleset:
        """Reads a published ruleset with its files."""
        request = rules_pb2.GetRulesetRequest(ruleset_hash=ruleset_hash)
        response = await self._link.unary(_GET_RULESET, request, timeout_s)
        return Ruleset.from_message(response.ruleset)

    async def list_rulesets(
        self, package: str = "", page_size: int = 0, *, timeout_s: float | None = None
    ) -> AsyncIterator[Ruleset]:
        """Lists published rulesets without their files, newest first."""
        request = rules_pb2.ListRulesetsRequest(package=package, page_size=page_size)
        while True:
            page = await self._link.unary(_LIST_RULESETS, request, timeout_s)
            for item in page.rulesets:
                yield Ruleset.from_message(item)
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
