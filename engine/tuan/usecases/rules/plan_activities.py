"""What the blocks of a checked package become with this catalogue at this time: activities and the plugins' price rules."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tuan.domain.activity import Activity, ActivityState
from tuan.domain.errors import InvalidValue
from tuan.plugin import ActivityPlan, Plan, PriceRule, PromotionType, PublishContext
from tuan.ports import Clock, Ruleset, Unit
from tuan.registry import Registry
from tuan.supervisor import Supervisor
from tuan.usecases.snapshot import Snapshot
from tuan_rules import CheckedBlock, CheckedPackage, Diagnostic, Text, problem


@dataclass(frozen=True, slots=True)
class Planned:
    """`problems`: the blocks that cannot be, TR-401; what the others become is there all the same."""

    activities: tuple[Activity, ...]
    price_rules: tuple[PriceRule, ...]
    problems: tuple[Diagnostic, ...]


class ActivityPlanner:
    def __init__(self, registry: Registry, supervisor: Supervisor, clock: Clock) -> None:
        self._registry = registry
        self._supervisor = supervisor
        self._clock = clock

    async def plan(self, package: CheckedPackage, snapshot: Snapshot) -> Planned:
        """All problems at once, so that the author repairs them in one round."""
        activities: list[Activity] = []
        price_rules: list[PriceRule] = []
        problems: list[Diagnostic] = []
        titles = _titles(package)
        for block in package.blocks:
            promotion = self._registry.promotion_of_block(block.kind)
            if promotion is None:
                continue  # the language's own blocks: package, campaign, define, stack, rounding, price, test
            try:
                plan = await self._supervisor.call(
                    promotion, promotion.plan, block, self._context(package, block, snapshot, titles), accept=_is_plan
                )
            except InvalidValue as error:
                problems.append(_problem(block, error))
                continue
            activities += [_activity(item, block, promotion, package) for item in plan.activities]
            price_rules += [
                replace(rule, promotion=promotion.code, ruleset_hash=package.ruleset_hash) for rule in plan.price_rules
            ]
        problems.sort(key=lambda each: (each.span.file, each.span.offset))
        activities.sort(key=lambda activity: (activity.start_time_ms, activity.activity_id))
        return Planned(tuple(activities), tuple(price_rules), tuple(problems))

    def _context(
        self, package: CheckedPackage, block: CheckedBlock, snapshot: Snapshot, titles: Mapping[tuple[str, str], Text]
    ) -> PublishContext:
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
            titles=titles,
        )


def _titles(package: CheckedPackage) -> dict[tuple[str, str], Text]:
    given = ((block, block.values.get("title")) for block in package.blocks)
    return {(block.kind, block.label): title for block, title in given if isinstance(title, Text)}


def store_activities(unit: Unit, ruleset: Ruleset, planned: Sequence[Activity], now_ms: int) -> None:
    """Activities that have begun end under the version that they began with; the others give way to the new plan."""
    wanted = {activity.activity_id for activity in planned}
    running: set[tuple[str, int]] = set()
    for activity in unit.activities.list(_LIVE, count_max=100_000):
        if activity.package != ruleset.package or activity.activity_id in wanted:
            continue
        if activity.start_time_ms <= now_ms:
            running.add((activity.block_id, activity.start_time_ms))
        else:
            unit.activities.set_state(activity.activity_id, ActivityState.CLOSING)
    for activity in planned:
        if (activity.block_id, activity.start_time_ms) not in running:
            unit.activities.put(activity)


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
