"""RuleService."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.ports import RuleFile, Ruleset
from tuan.server.convert.fields import page_size, required_id
from tuan.server.convert.paging import Pages, after, page
from tuan.server.convert.rules import diagnostics, rule_files, ruleset
from tuan.server.interceptors.call import current_call
from tuan.server.servicers.bench import Bench
from tuan_api.v1 import rules_pb2 as api
from tuan_api.v1 import rules_pb2_grpc
from tuan_rules import CheckResult

PACKAGE_BYTES_MAX = 128
#: Sorts the newest first where positions rise.
_FAR_MS = 10**15


class RuleServicer(rules_pb2_grpc.RuleServiceServicer):
    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._publisher = bench.engine.publisher
        # A check is up to a second of CPU: side by side they would only starve the orders.
        self._turn = asyncio.Lock()

    async def CheckRules(self, request: api.CheckRulesRequest, context: Any) -> api.CheckRulesResponse:
        files = rule_files(request.files)
        async with self._turn:
            result = await self._publisher.check_for_publication(files)
        return api.CheckRulesResponse(
            diagnostics=diagnostics(result.diagnostics), publishable=result.package is not None
        )

    async def PublishRules(self, request: api.PublishRulesRequest, context: Any) -> api.PublishRulesResponse:
        required_id("request_id", request.request_id)
        files = rule_files(request.files)
        result = await self._check(files)
        published = await self._bench.shielded(
            self._publisher.publish(current_call.get().caller, request.request_id, files, result)
        )
        return api.PublishRulesResponse(
            ruleset=ruleset(published.ruleset),
            activity_ids=published.activity_ids,
            diagnostics=diagnostics(published.diagnostics),
        )

    async def GetRuleset(self, request: api.GetRulesetRequest, context: Any) -> api.GetRulesetResponse:
        ruleset_hash = required_id("ruleset_hash", request.ruleset_hash)
        found = await self._bench.engine.record.read(lambda unit: unit.rulesets.get(ruleset_hash))
        if found is None:
            raise TuanError(Reason.RULESET_NOT_FOUND, f"no ruleset {ruleset_hash}", ruleset_hash=ruleset_hash)
        return api.GetRulesetResponse(ruleset=ruleset(found, with_files=True))

    async def ListRulesets(self, request: api.ListRulesetsRequest, context: Any) -> api.ListRulesetsResponse:
        size = page_size(request.page_size)
        package = request.package
        if len(package.encode()) > PACKAGE_BYTES_MAX or not package.isprintable():
            raise InvalidValue("package", f"must be at most {PACKAGE_BYTES_MAX} bytes of printable text")
        pages = Pages("rulesets", package)
        found = await self._bench.engine.record.read(lambda unit: unit.rulesets.versions(package or None))
        rest = after(sorted(found, key=_position), _position, pages.position(request.page_token), size)
        rulesets, token = page(rest, size, pages, _position, ruleset)
        return api.ListRulesetsResponse(rulesets=rulesets, next_page_token=token)

    async def _check(self, files: Sequence[RuleFile]) -> CheckResult:
        async with self._turn:
            return await asyncio.to_thread(self._publisher.check, files)


def _position(item: Ruleset) -> str:
    return f"{_FAR_MS - item.publish_time_ms:020d}/{item.ruleset_hash}"
