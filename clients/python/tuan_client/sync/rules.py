# Generated from the .proto files by `make protos`. Change those, not this.
"""`RuleService`, synchronous: each call runs on the client's background loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tuan_client.aio.rules import AsyncRuleService
from tuan_client.loop_thread import LoopThread
from tuan_client.values.rules import CheckRulesResponse, PublishRulesResponse, RuleFile, Ruleset


class RuleService:
    """Rule files: check them, publish them, read what is published."""

    def __init__(self, service: AsyncRuleService, loop: LoopThread) -> None:
        self._service = service
        self._loop = loop

    def check_rules(self, files: Sequence[RuleFile], *, timeout_s: float | None = None) -> CheckRulesResponse:
        """Checks rule files and lists every mistake with its place and, where there is one, a fix. Stores nothing."""
        return self._loop.run(self._service.check_rules(files, timeout_s=timeout_s))

    def publish_rules(
        self, files: Sequence[RuleFile], *, request_id: str | None = None, timeout_s: float | None = None
    ) -> PublishRulesResponse:
        """Publishes a rule package: stores it as a new ruleset, retires the package's previous one and provisions its activities.
        Refused with RULES_INVALID when a file has an error. The same content again is answered with the ruleset that is there.
        """
        return self._loop.run(self._service.publish_rules(files, request_id=request_id, timeout_s=timeout_s))

    def get_ruleset(self, ruleset_hash: str, *, timeout_s: float | None = None) -> Ruleset:
        """Reads a published ruleset with its files."""
        return self._loop.run(self._service.get_ruleset(ruleset_hash, timeout_s=timeout_s))

    def list_rulesets(
        self, package: str = "", page_size: int = 0, *, timeout_s: float | None = None
    ) -> Iterator[Ruleset]:
        """Lists published rulesets without their files, newest first."""
        return self._loop.iterate(self._service.list_rulesets(package, page_size, timeout_s=timeout_s))
