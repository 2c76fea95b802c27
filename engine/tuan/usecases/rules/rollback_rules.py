"""Go back to an earlier version of a package."""

from __future__ import annotations

from dataclasses import replace

from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.fields import check_id
from tuan.domain.ruleset import Stage, stage_conflict
from tuan.ports import Record, Ruleset, Unit
from tuan.usecases.rules.change_stage import Change, Published, StageChanger
from tuan.usecases.rules.check_rules import RuleChecker, RulesInvalid
from tuan_rules import Severity

PACKAGE_BYTES_MAX = 128


class RuleRoller:
    def __init__(self, checker: RuleChecker, changer: StageChanger, record: Record) -> None:
        self._checker = checker
        self._changer = changer
        self._record = record

    async def roll_back(self, caller: str, request_id: str, package: str, ruleset_hash: str = "") -> Published:
        """Make a version active that was so before: `ruleset_hash`, or the one before the present one.

        What of it the catalogue or the clock do not allow any more is told as warnings and holds nothing back: who goes back is in
        a hurry. Raises RULESET_NOT_FOUND, RULESET_STATE_CONFLICT for one that never was active or is, RULES_INVALID where
        this engine cannot read it any more or another package is in the way.
        """
        check_package(package)
        check_id("ruleset_hash", ruleset_hash, optional=True)
        fingerprint = f"{package} {ruleset_hash}"

        repeat = await self._changer.is_repeat(caller, request_id, "RollbackRules", fingerprint)

        def choose(unit: Unit) -> Ruleset | None:
            versions = unit.rulesets.versions(package)
            if repeat and not ruleset_hash:  # what was before is in force now, and "the one before" would be another
                return next((one for one in versions if one.state == Stage.ACTIVE), None)
            return _target(versions, ruleset_hash)

        target = await self._record.read(choose)
        if target is None:
            named = f"version {ruleset_hash}" if ruleset_hash else "earlier version that was active"
            raise TuanError(
                Reason.RULESET_NOT_FOUND,
                f"{package} has no {named}; ListRulesets shows its versions",
                ruleset_hash=ruleset_hash,
            )
        change = Change(caller, request_id, "RollbackRules", fingerprint, target, Stage.ACTIVE, is_repeat=repeat)
        result = await self._checker.check(target.files)
        if result.package is None:
            raise RulesInvalid(result.errors)
        checked = replace(result.package, ruleset_hash=target.ruleset_hash)
        planned = await self._checker.plan(checked)
        stored, activity_ids = await self._changer.change(change, checked, planned)
        warnings = [replace(each, severity=Severity.WARNING) for each in planned.problems]
        return Published(stored, activity_ids, (*result.diagnostics, *warnings))


def check_package(package: str) -> None:
    """Raises InvalidValue unless it can be the name of a package."""
    if not package or len(package.encode()) > PACKAGE_BYTES_MAX or not package.isprintable():
        raise InvalidValue("package", f"must be 1 to {PACKAGE_BYTES_MAX} bytes of printable text, such as fresh.spring")


def _target(versions: list[Ruleset], ruleset_hash: str) -> Ruleset | None:
    if ruleset_hash:
        found = next((one for one in versions if one.ruleset_hash == ruleset_hash), None)
        if found is not None and not found.activate_time_ms:
            why = "never was active, so there is nothing to go back to; promote it instead"
            raise stage_conflict(ruleset_hash, Stage(found.state), Stage.ACTIVE, why)
        return found
    before = [one for one in versions if one.activate_time_ms and one.state == Stage.RETIRED]
    return max(before, key=lambda one: (one.activate_time_ms, one.publish_time_ms), default=None)
