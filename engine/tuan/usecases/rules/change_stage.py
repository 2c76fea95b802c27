"""One change of stages: judged against the rulesets in force, and stored with its activities in one transaction."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.fields import check_id
from tuan.domain.ruleset import IN_FORCE, Stage, check_stage, stage_conflict
from tuan.ports import Clock, Record, Ruleset, Unit
from tuan.usecases.pricing.price_book import PriceCompiler, RulesUnusable
from tuan.usecases.rules.check_rules import RuleChecker, RulesInvalid
from tuan.usecases.rules.plan_activities import Planned, store_activities
from tuan.usecases.writer import Writer
from tuan_rules import CheckedPackage, Diagnostic

#: Others publish, too: how often the judgement is made anew before the caller is asked to come back.
ATTEMPTS_MAX = 5
PERCENT_MAX = 99


@dataclass(frozen=True, slots=True)
class Published:
    """`activity_ids`: those that an active ruleset stands for now, by start time."""

    ruleset: Ruleset
    activity_ids: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A ruleset that is to come into `stage`. `fingerprint`: of the request, by which its repetition is recognised.

    `may_stay`: a ruleset that is past a draft already is left as it is.
    """

    caller: str
    request_id: str
    method: str
    fingerprint: str
    ruleset: Ruleset
    stage: Stage
    canary_percent: int = 0
    may_stay: bool = False
    is_repeat: bool = False


class StageChanger:
    """`provision`: advances the activities, so that a sale which begins now does not wait for the next round."""

    def __init__(
        self,
        checker: RuleChecker,
        compiler: PriceCompiler,
        record: Record,
        writer: Writer,
        clock: Clock,
        provision: Callable[[], Awaitable[None]],
    ) -> None:
        self._checker = checker
        self._compiler = compiler
        self._record = record
        self._writer = writer
        self._clock = clock
        self._provision = provision

    async def is_repeat(self, caller: str, request_id: str, method: str, fingerprint: str) -> bool:
        """Whether the very request was carried out before; raises REQUEST_ID_REUSED for another one with its id."""
        check_id("request_id", request_id)
        return await self._record.read(lambda unit: unit.requests.made(caller, request_id, method, fingerprint))

    async def change(
        self, change: Change, package: CheckedPackage | None, planned: Planned
    ) -> tuple[Ruleset, tuple[str, ...]]:
        """The ruleset as it is now, and the ids of its activities. A repetition changes nothing.

        Raises RULES_INVALID where another package is in the way, RULESET_STATE_CONFLICT where the stage is.
        """
        for _ in range(ATTEMPTS_MAX):
            revision, in_force = await self._record.read(_in_force)
            if package is not None and change.stage in IN_FORCE and not change.is_repeat:
                if problems := await self._checker.conflicts(package, change.ruleset.files, in_force):
                    raise RulesInvalid(problems)
                self._check_place(change, package, in_force)
            try:
                stored = await self._writer.write_and_refresh(
                    lambda unit, revision=revision: self._store(unit, revision, change, planned)  # type: ignore[misc]
                )
            except _Moved:
                continue
            if stored.state != Stage.ACTIVE:
                return stored, ()
            await self._provision()
            return stored, tuple(activity.activity_id for activity in planned.activities)
        message = "others change rulesets all the time; repeat the request"
        raise TuanError(Reason.STORE_UNAVAILABLE, message, retry_after_ms=1_000)

    def _store(self, unit: Unit, revision: int, change: Change, planned: Planned) -> Ruleset:
        wanted, now_ms = change.ruleset, self._clock.now_ms()
        if not unit.requests.claim(change.caller, change.request_id, change.method, change.fingerprint):
            return unit.rulesets.get(wanted.ruleset_hash) or wanted
        if not unit.rulesets.begin_change(revision):
            raise _Moved
        known = unit.rulesets.add(wanted)
        same = (known.state, known.canary_percent) == (change.stage.value, change.canary_percent)
        if change.may_stay and (same or known.state != Stage.DRAFT.value):
            return known
        if same and change.stage is not Stage.ACTIVE:
            return known
        # What is active may be published again: the catalogue may have what it had not, so its activities are planned anew.
        stored = known if same else unit.rulesets.move(wanted.ruleset_hash, change.stage, now_ms, change.canary_percent)
        if change.stage is Stage.ACTIVE:
            unit.rulesets.put_price_rules(wanted.ruleset_hash, planned.price_rules)
            store_activities(unit, stored, planned.activities, now_ms)
            unit.outbox.add("ruleset.published", wanted.ruleset_hash, "", now_ms, {"package": wanted.package})
        else:
            data = {"package": wanted.package, "state": stored.state, "canary_percent": stored.canary_percent}
            unit.outbox.add("ruleset.staged", wanted.ruleset_hash, "", now_ms, data)
        return stored

    def _check_place(self, change: Change, package: CheckedPackage, in_force: Sequence[Ruleset]) -> None:
        """Shadows and canaries have a say in what orders cost, and a currency has one canary at most."""
        ruleset_hash, stage = change.ruleset.ruleset_hash, change.stage
        known = next((one for one in in_force if one.ruleset_hash == ruleset_hash), None)
        if known is not None and (known.state, known.canary_percent) != (stage.value, change.canary_percent):
            check_stage(ruleset_hash, Stage(known.state), stage)
        if stage is Stage.ACTIVE:
            return
        if self._compiler.package(change.ruleset) is None:
            message = f"{stage.value} is for price rules, gates and commissions, of which {package.name} has none; publish it as active"
            raise InvalidValue("stage", message)
        for other in in_force:
            if stage is Stage.CANARY and other.state == Stage.CANARY and other.ruleset_hash != ruleset_hash:
                try:
                    plan = self._compiler.package(other)
                except RulesUnusable:
                    continue
                if plan is not None and plan.currency == package.currency:
                    why = (
                        f"cannot become canary: {other.ruleset_hash[:12]} of {other.package} is that of {plan.currency}; "
                        "promote it to active or retire it first"
                    )
                    raise stage_conflict(
                        ruleset_hash, Stage.CHECKED if known is None else Stage(known.state), stage, why
                    )


def check_percent(stage: Stage, percent: int) -> None:
    """Raises InvalidValue: a canary has a percent, nothing else has one."""
    if stage is Stage.CANARY and not 1 <= percent <= PERCENT_MAX:
        raise InvalidValue("canary_percent", f"{percent}; send 1 to {PERCENT_MAX}, or promote the ruleset to active")
    if stage is not Stage.CANARY and percent:
        raise InvalidValue("canary_percent", f"{percent}, but the stage is {stage.value}; leave it out, or send canary")


def _in_force(unit: Unit) -> tuple[int, list[Ruleset]]:
    return unit.rulesets.revision(), unit.rulesets.in_force()


class _Moved(Exception):
    """Somebody else changed the rulesets since they were read; nothing was stored."""
