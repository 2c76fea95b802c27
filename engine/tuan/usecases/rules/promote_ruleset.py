"""Take a published ruleset to another stage, or give it up."""

from __future__ import annotations

from dataclasses import replace

from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.fields import check_id
from tuan.domain.ruleset import IN_FORCE, Stage
from tuan.ports import Record, Ruleset
from tuan.usecases.rules.change_stage import Change, Published, StageChanger, check_percent
from tuan.usecases.rules.check_rules import RuleChecker, RulesInvalid
from tuan.usecases.rules.plan_activities import Planned

_NOTHING = Planned((), (), ())


class RulesetPromoter:
    def __init__(self, checker: RuleChecker, changer: StageChanger, record: Record) -> None:
        self._checker = checker
        self._changer = changer
        self._record = record

    async def promote(
        self, caller: str, request_id: str, ruleset_hash: str, stage: Stage, canary_percent: int = 0
    ) -> Published:
        """Asks again what its tests, the catalogue, the clock and other packages say. Raises what `RulePublisher.publish` does,
        and RULESET_NOT_FOUND.
        """
        if stage not in (*IN_FORCE, Stage.RETIRED):
            message = f"{stage.value} cannot be asked for; send shadow, canary or active, or retired to give it up"
            raise InvalidValue("stage", message)
        check_percent(stage, canary_percent)
        known = await ruleset_of(self._record, ruleset_hash)
        fingerprint = f"{ruleset_hash} {stage.value} {canary_percent}"
        repeat = await self._changer.is_repeat(caller, request_id, "PromoteRuleset", fingerprint)
        change = Change(
            caller, request_id, "PromoteRuleset", fingerprint, known, stage, canary_percent, is_repeat=repeat
        )
        if stage is Stage.RETIRED:
            stored, _ = await self._changer.change(change, None, _NOTHING)
            return Published(stored, (), ())
        result = await self._checker.check(known.files)
        if result.package is None:
            raise RulesInvalid(result.errors)
        # The hash is that of its publication: what a newer engine makes of the same text is still what orders name.
        package = replace(result.package, ruleset_hash=known.ruleset_hash)
        planned = await self._checker.plan(package)
        against = [*await self._checker.failing_tests(package, known.files), *planned.problems]
        if against and not repeat:
            raise RulesInvalid(against)
        stored, activity_ids = await self._changer.change(change, package, planned)
        return Published(stored, activity_ids, result.diagnostics)


async def ruleset_of(record: Record, ruleset_hash: str) -> Ruleset:
    """Raises RULESET_NOT_FOUND."""
    check_id("ruleset_hash", ruleset_hash)
    found = await record.read(lambda unit: unit.rulesets.get(ruleset_hash))
    if found is None:
        raise TuanError(Reason.RULESET_NOT_FOUND, f"no ruleset {ruleset_hash}", ruleset_hash=ruleset_hash)
    return found
