"""Check and publish rule packages. A bad file never replaces a good one: nothing is stored before everything is planned."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from tuan.domain.activity import Activity, ActivityState
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.plugin import ActivityPlan, Plan, PriceRule, PromotionType, PublishContext
from tuan.ports import Clock, RuleFile, Ruleset, Unit
from tuan.registry import Registry
from tuan.supervisor import Supervisor
from tuan.usecases.order_commands import check_id
from tuan.usecases.snapshot import Snapshot, SnapshotKeeper
from tuan.usecases.writer import Writer
from tuan_rules import (
    CheckedBlock,
    CheckedPackage,
    CheckResult,
    Diagnostic,
    SourceFile,
    check,
    problem,
    standard_vocabulary,
)

FILES_MAX = 64
FILE_NAME_BYTES_MAX = 128


@dataclass(frozen=True, slots=True)
class Published:
    """`activity_ids`: those that the ruleset stands for now, by start time; `diagnostics`: warnings and hints."""

    ruleset: Ruleset
    activity_ids: tuple[str, ...]
    diagnostics: tuple[Diagnostic, ...]


class RulesInvalid(TuanError):
    """Names the first error and where it stands; CheckRules lists them all."""

    def __init__(self, errors: Sequence[Diagnostic]) -> None:
        first = errors[0]
        where = f"{first.span.file}:{first.span.line}:{first.span.column}"
        more = f" (and {len(errors) - 1} more; CheckRules lists them all)" if len(errors) > 1 else ""
        super().__init__(
            Reason.RULES_INVALID,
            f"{where}: {first.code}: {first.message('en')}{more}",
            file=first.span.file,
            line=str(first.span.line),
            column=str(first.span.column),
            code=first.code,
        )


class RulesNotAllowed(RulesInvalid):
    """The files have no mistake of their own, but the catalogue or the clock do not allow what they say."""

    def __init__(self, problems: Sequence[Diagnostic]) -> None:
        super().__init__(problems)
        self.problems = tuple(problems)


class RulePublisher:
    """`provision`: advances the activities, so that a sale which begins now does not wait for the next round."""

    def __init__(
        self,
        registry: Registry,
        supervisor: Supervisor,
        writer: Writer,
        keeper: SnapshotKeeper,
        clock: Clock,
        provision: Callable[[], Awaitable[None]],
    ) -> None:
        self._registry = registry
        self._supervisor = supervisor
        self._writer = writer
        self._keeper = keeper
        self._clock = clock
        self._provision = provision
        self._vocabulary = standard_vocabulary(registry.block_schemas())

    def check(self, files: Sequence[RuleFile]) -> CheckResult:
        """Every mistake in the files of one package. CPU only; up to a second, so call it in a thread."""
        if not 1 <= len(files) <= FILES_MAX:
            raise InvalidValue("files", f"{len(files)} files; a package has 1 to {FILES_MAX}")
        names = [file.name for file in files]
        for index, name in enumerate(names):
            if not name or len(name.encode()) > FILE_NAME_BYTES_MAX or not name.isprintable():
                raise InvalidValue(f"files[{index}].name", "must be 1 to 128 bytes, such as spring.tuan")
            if names.index(name) != index:
                raise InvalidValue(f"files[{index}].name", f"{name} is there twice")
        return check([SourceFile(file.name, file.text) for file in files], self._vocabulary)

    async def check_for_publication(self, files: Sequence[RuleFile]) -> CheckResult:
        """What `check` finds and, where that is nothing, what the catalogue and the clock do not allow."""
        result = await asyncio.to_thread(self.check, files)
        if result.package is None:
            return result
        try:
            await self._plan(result.package, await self._keeper.refresh())
        except RulesNotAllowed as refused:
            return CheckResult(None, (*result.diagnostics, *refused.problems))
        return result

    async def publish(self, caller: str, request_id: str, files: Sequence[RuleFile], result: CheckResult) -> Published:
        """Make a checked package the active version. Raises RULES_INVALID with the first error when it has one."""
        check_id("request_id", request_id)
        package = result.package
        if package is None:
            raise RulesInvalid(result.errors)
        activities, price_rules = await self._plan(package, await self._keeper.refresh())
        now_ms = self._clock.now_ms()
        ruleset = Ruleset(package.ruleset_hash, package.name, package.version, tuple(files), "active", now_ms)

        def store(unit: Unit) -> tuple[Ruleset, tuple[str, ...]]:
            unit.requests.claim(caller, request_id, "PublishRules", package.ruleset_hash)
            return self._store(unit, ruleset, activities, price_rules, now_ms)

        stored, activity_ids = await self._writer.write_and_refresh(store)
        await self._provision()
        return Published(stored, activity_ids, result.diagnostics)

    async def _plan(self, package: CheckedPackage, snapshot: Snapshot) -> tuple[list[Activity], list[PriceRule]]:
        """Raises RulesNotAllowed with every block that cannot be, so that its author repairs all in one round."""
        activities: list[Activity] = []
        price_rules: list[PriceRule] = []
        problems: list[Diagnostic] = []
        for block in package.blocks:
            promotion = self._registry.promotion_of_block(block.kind)
            if promotion is None:
                continue  # the language's own blocks: package, campaign, define, stack, rounding, test
            try:
                plan = await self._supervisor.call(
                    promotion, promotion.plan, block, self._context(package, block, snapshot), accept=_is_plan
                )
            except InvalidValue as error:
                problems.append(_problem(block, error))
                continue
            activities += [_activity(item, block, promotion, package) for item in plan.activities]
            price_rules += [
                replace(rule, promotion=promotion.code, ruleset_hash=package.ruleset_hash) for rule in plan.price_rules
            ]
        if problems:
            raise RulesNotAllowed(sorted(problems, key=lambda each: (each.span.file, each.span.offset)))
        return activities, price_rules

    def _context(self, package: CheckedPackage, block: CheckedBlock, snapshot: Snapshot) -> PublishContext:
        windows = ((block.window.start_ms, block.window.end_ms),) if block.window is not None else ()
        return PublishContext(
            ruleset_hash=package.ruleset_hash,
            package=package.name,
            zone=package.zone,
            currency=package.currency,
            now_ms=self._clock.now_ms(),
            windows=windows,
            campaign_id=_campaign_of(package, block),
            skus=snapshot.skus_under,
        )

    def _store(
        self,
        unit: Unit,
        ruleset: Ruleset,
        planned: Sequence[Activity],
        price_rules: Sequence[PriceRule],
        now_ms: int,
    ) -> tuple[Ruleset, tuple[str, ...]]:
        """Activities that have begun end under the version that they began with; the others give way to the new plan."""
        existing = {activity.activity_id: activity for activity in unit.activities.list(_LIVE, count_max=100_000)}
        known = unit.rulesets.get(ruleset.ruleset_hash)
        stored = ruleset if known is None else replace(known, state="active")
        unit.rulesets.put(stored, price_rules)
        wanted = {activity.activity_id: activity for activity in planned}
        running: set[tuple[str, int]] = set()
        for activity in existing.values():
            if activity.package != ruleset.package or activity.activity_id in wanted:
                continue
            if activity.start_time_ms <= now_ms:
                running.add((activity.block_id, activity.start_time_ms))
            else:
                unit.activities.set_state(activity.activity_id, ActivityState.CLOSING)
        for activity in planned:
            if (activity.block_id, activity.start_time_ms) not in running:
                unit.activities.put(activity)
        ids = sorted(wanted.values(), key=lambda activity: (activity.start_time_ms, activity.activity_id))
        unit.outbox.add("ruleset.published", ruleset.ruleset_hash, "", now_ms, {"package": ruleset.package})
        return stored, tuple(activity.activity_id for activity in ids)


_LIVE = (ActivityState.PROVISIONING, ActivityState.RUNNING)


def _activity(plan: ActivityPlan, block: CheckedBlock, promotion: PromotionType, package: CheckedPackage) -> Activity:
    """The id names the block, the session and the content: republished unchanged, it is the same activity."""
    content = hashlib.sha256(f"{package.name}\0{block.kind}\0{block.label}\0{plan!r}".encode()).hexdigest()[:8]
    return Activity(
        activity_id=f"{_slug(block.label)}-{plan.key}-{content}",
        promotion=promotion.code,
        block_id=f"{block.kind}/{block.label}",
        title=plan.title,
        ruleset_hash=package.ruleset_hash,
        start_time_ms=plan.start_time_ms,
        end_time_ms=plan.end_time_ms,
        config=plan.config,
        stock=plan.stock,
        counters=plan.counters,
        campaign_id=_campaign_of(package, block),
        provision_time_ms=plan.provision_time_ms,
        package=package.name,
    )


def _slug(label: str) -> str:
    """Printable ASCII of a label, at most 32 characters: ids travel in key names, logs and URLs."""
    kept = "".join(char if char.isascii() and char.isalnum() else "-" for char in label.lower())
    return kept.strip("-")[:32] or "activity"


def _campaign_of(package: CheckedPackage, block: CheckedBlock) -> str:
    """The campaign whose plan enables the block, if one does."""
    for campaign in package.blocks_of("campaign"):
        for plan in campaign.children_of("plan"):
            enables = plan.values.get("enables") or ()
            if any((item.kind, item.label) == (block.kind, block.label) for item in enables):  # type: ignore[attr-defined]
                return campaign.label
    return ""


def _is_plan(answer: object) -> bool:
    return isinstance(answer, Plan)


def _problem(block: CheckedBlock, error: InvalidValue) -> Diagnostic:
    named = f'{block.kind} "{block.label}"'
    english = f"{named} cannot be published: {error.message}"
    return problem(block, error.field, "TR-401", english, f"{named} 无法发布：{error.message}")
