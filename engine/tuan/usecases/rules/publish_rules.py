"""Publish a rule package. A bad file never replaces a good one: nothing is stored before everything is planned."""

from __future__ import annotations

from collections.abc import Sequence

from tuan.domain.errors import InvalidValue
from tuan.domain.ruleset import Stage
from tuan.ports import Clock, RuleFile, Ruleset
from tuan.usecases.rules.change_stage import Change, Published, StageChanger, check_percent
from tuan.usecases.rules.check_rules import RuleChecker, RulesInvalid
from tuan_rules import Diagnostic

STAGES = (Stage.DRAFT, Stage.SHADOW, Stage.CANARY, Stage.ACTIVE)


class RulePublisher:
    def __init__(self, checker: RuleChecker, changer: StageChanger, clock: Clock) -> None:
        self._checker = checker
        self._changer = changer
        self._clock = clock

    async def publish(
        self,
        caller: str,
        request_id: str,
        files: Sequence[RuleFile],
        stage: Stage = Stage.ACTIVE,
        canary_percent: int = 0,
    ) -> Published:
        """Store the package in a stage; a draft is stored as checked where nothing is against it.

        Raises RULES_INVALID with the first error, RULESET_STATE_CONFLICT where the ruleset or another one is in the way.
        """
        if stage not in STAGES:
            raise InvalidValue("stage", f"{stage.value} cannot be asked for; send draft, shadow, canary or active")
        check_percent(stage, canary_percent)
        result = await self._checker.check(files)
        package = result.package
        if package is None:
            raise RulesInvalid(result.errors)
        fingerprint = package.ruleset_hash
        if stage is not Stage.ACTIVE:
            fingerprint += f" {stage.value} {canary_percent}"
        repeat = await self._changer.is_repeat(caller, request_id, "PublishRules", fingerprint)
        planned = await self._checker.plan(package)
        against: list[Diagnostic] = [*await self._checker.failing_tests(package, files), *planned.problems]
        reached = stage
        if stage is Stage.DRAFT:
            reached = Stage.DRAFT if against else Stage.CHECKED
        elif against and not repeat:
            raise RulesInvalid(against)
        new = Ruleset(
            package.ruleset_hash,
            package.name,
            package.version,
            tuple(files),
            (reached if stage is Stage.DRAFT else Stage.DRAFT).value,
            self._clock.now_ms(),
        )
        may_stay = stage is Stage.DRAFT
        change = Change(caller, request_id, "PublishRules", fingerprint, new, reached, canary_percent, may_stay, repeat)
        stored, activity_ids = await self._changer.change(change, package, planned)
        return Published(stored, activity_ids, (*result.diagnostics, *against))
