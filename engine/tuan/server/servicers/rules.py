"""RuleService: checking, publishing and listing."""

from __future__ import annotations

from typing import Any

from tuan.domain.errors import InvalidValue
from tuan.domain.fields import page_size
from tuan.domain.ruleset import Stage
from tuan.ports import Ruleset
from tuan.server.convert.fields import optional_id, required_id, states
from tuan.server.convert.paging import Pages, after, page
from tuan.server.convert.rules import STATES, diagnostics, language, rule_files, ruleset
from tuan.server.interceptors.call import current_call
from tuan.server.servicers.bench import Bench
from tuan.server.servicers.rules_review import RuleReviews
from tuan.usecases.rules.change_stage import Published
from tuan.usecases.rules.promote_ruleset import ruleset_of
from tuan.usecases.rules.rollback_rules import PACKAGE_BYTES_MAX
from tuan_api.v1 import rules_pb2 as api
from tuan_api.v1 import rules_pb2_grpc

#: Sorts the newest first where positions rise.
_FAR_MS = 10**15


class RuleServicer(RuleReviews, rules_pb2_grpc.RuleServiceServicer):
    def __init__(self, bench: Bench) -> None:
        super().__init__(bench)

    async def CheckRules(self, request: api.CheckRulesRequest, context: Any) -> api.CheckRulesResponse:
        lang = language(request.language)
        result = await self._rules.checker.check_for_publication(rule_files(request.files))
        return api.CheckRulesResponse(
            diagnostics=diagnostics(result.diagnostics, lang), publishable=result.package is not None
        )

    async def PublishRules(self, request: api.PublishRulesRequest, context: Any) -> api.PublishRulesResponse:
        required_id("request_id", request.request_id)
        lang = language(request.language)
        files = rule_files(request.files)
        stage = _stage(request.stage) if request.stage else Stage.ACTIVE
        published = await self._bench.known_to_all(
            self._rules.publisher.publish(
                current_call.get().caller, request.request_id, files, stage, request.canary_percent
            )
        )
        return api.PublishRulesResponse(**_answer(published, lang))

    async def PromoteRuleset(self, request: api.PromoteRulesetRequest, context: Any) -> api.PromoteRulesetResponse:
        required_id("request_id", request.request_id)
        lang = language(request.language)
        ruleset_hash = required_id("ruleset_hash", request.ruleset_hash)
        published = await self._bench.known_to_all(
            self._rules.promoter.promote(
                current_call.get().caller,
                request.request_id,
                ruleset_hash,
                _stage(request.stage),
                request.canary_percent,
            )
        )
        return api.PromoteRulesetResponse(**_answer(published, lang))

    async def RollbackRules(self, request: api.RollbackRulesRequest, context: Any) -> api.RollbackRulesResponse:
        required_id("request_id", request.request_id)
        lang = language(request.language)
        ruleset_hash = optional_id("ruleset_hash", request.ruleset_hash)
        published = await self._bench.known_to_all(
            self._rules.roller.roll_back(current_call.get().caller, request.request_id, request.package, ruleset_hash)
        )
        return api.RollbackRulesResponse(**_answer(published, lang))

    async def GetRuleset(self, request: api.GetRulesetRequest, context: Any) -> api.GetRulesetResponse:
        found = await ruleset_of(self._bench.engine.record, request.ruleset_hash)
        return api.GetRulesetResponse(ruleset=ruleset(found, with_files=True))

    async def ListRulesets(self, request: api.ListRulesetsRequest, context: Any) -> api.ListRulesetsResponse:
        size = page_size(request.page_size)
        wanted = states("states", request.states, STATES)
        package = request.package
        if len(package.encode()) > PACKAGE_BYTES_MAX or not package.isprintable():
            raise InvalidValue("package", f"must be at most {PACKAGE_BYTES_MAX} bytes of printable text")
        pages = Pages("rulesets", package, sorted(wanted))
        found = await self._bench.engine.record.read(lambda unit: unit.rulesets.versions(package or None, wanted))
        rest = after(sorted(found, key=_position), _position, pages.position(request.page_token), size)
        rulesets, token = page(rest, size, pages, _position, ruleset)
        return api.ListRulesetsResponse(rulesets=rulesets, next_page_token=token)


def _answer(published: Published, lang: str) -> dict[str, Any]:
    """The fields of the answer to each change of a stage."""
    return {
        "ruleset": ruleset(published.ruleset),
        "activity_ids": published.activity_ids,
        "diagnostics": diagnostics(published.diagnostics, lang),
    }


def _stage(number: int) -> Stage:
    if number not in STATES:
        raise InvalidValue("stage", f"{number} is no stage to ask for; send one that the enum lists")
    return STATES[number]


def _position(item: Ruleset) -> str:
    return f"{_FAR_MS - item.publish_time_ms:020d}/{item.ruleset_hash}"
