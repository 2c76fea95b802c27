"""What every order needs to know of the catalogue, the activities and the rules, held in memory and swapped whole.

A snapshot never changes: a request that began with one ends with it. The keeper reads the record's revisions (three numbers)
and builds a new one when they moved, so other processes' changes arrive within `REFRESH_MS`.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

import structlog

from tuan.domain.activity import RETAIL, Activity, ActivityState
from tuan.domain.catalogue import Sku
from tuan.plugin import Attempt, Plugin, PromotionType
from tuan.ports import PriceRule, Record, Ruleset, ShardRow, Unit
from tuan.registry import Registry
from tuan.supervisor import Supervisor
from tuan.usecases.known_goods import Goods, KnownGoods
from tuan.usecases.preparations import Preparations
from tuan.usecases.pricing.held_rules import HeldRules
from tuan.usecases.pricing.price_book import PriceBook, PriceCompiler
from tuan.usecases.pricing.set_hash import set_hash_of

log = structlog.get_logger()

REFRESH_MS = 500
#: What could not be prepared is tried again so often, though nothing has changed.
FAULTS_AGAIN_S = 5.0


@dataclass(frozen=True, slots=True)
class LiveActivity:
    """An activity with its promotion and what that prepared for the hot calls.

    `goods`: filled as orders come, where the promotion's terms are those of the goods; None where each order has to be asked about.
    """

    activity: Activity
    promotion: PromotionType
    prepared: Any
    goods: dict[Goods, KnownGoods | None] = field(default_factory=dict, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LiveRule:
    """A price rule with its promotion and what that prepared."""

    rule: PriceRule
    promotion: PromotionType
    prepared: Any


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`rules_by_sku[""]` are the rules for every SKU, of promotions that propose; `price_rules` all of them, by promotion and id.

    `held_rules`: those of versions not in force whose terms hold, by promotion, id and ruleset hash.

    `redeemers`: promotions that redeem something, by code. `faults`: plugins whose `prepare` failed, by what it was for.
    """

    revision: tuple[int, int, int] = (-1, -1, -1)
    skus: Mapping[str, Sku] = field(default_factory=dict)
    skus_by_category: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    activities: Mapping[str, LiveActivity] = field(default_factory=dict)
    rules_by_sku: Mapping[str, tuple[LiveRule, ...]] = field(default_factory=dict)
    shards: Mapping[str, ShardRow] = field(default_factory=dict)
    retail_ruleset_hash: str = ""
    book: PriceBook = field(default_factory=PriceBook)
    price_rules: Mapping[str, Mapping[str, PriceRule]] = field(default_factory=dict)
    held_rules: Mapping[tuple[str, str, str], PriceRule] = field(default_factory=dict)
    redeemers: Mapping[str, PromotionType] = field(default_factory=dict)
    faults: Mapping[str, Plugin] = field(default_factory=dict)
    forgetful: frozenset[str] = field(init=False)
    """Shards that have dropped ended reservations, which are in SQL only."""

    def __post_init__(self) -> None:
        forgetful = frozenset(shard for shard, row in self.shards.items() if row.forgetful)
        object.__setattr__(self, "forgetful", forgetful)

    def live_shards(self) -> list[ShardRow]:
        """Shards that may have pending reservations: retail's and those of activities that are not closed."""
        names = [RETAIL, *(live.activity.shard for live in self.activities.values())]
        return [self.shards[name] for name in names if name in self.shards]

    def rules_for(self, sku: str) -> tuple[LiveRule, ...]:
        return self.rules_by_sku.get(sku, ()) + self.rules_by_sku.get("", ())

    def price_rule(self, promotion: str, rule_id: str, ruleset_hash: str) -> PriceRule | None:
        """As that ruleset has it, where its terms hold; else as the rules in force have it, if they do."""
        held = self.held_rules.get((promotion, rule_id, ruleset_hash))
        return held or self.price_rules.get(promotion, {}).get(rule_id)

    def involves(self, attempt: Attempt, plugin: Plugin) -> bool:
        """True when pricing this attempt runs code of `plugin`."""
        for line in attempt.lines:
            if line.activity_id != RETAIL:
                if self.activities[line.activity_id].promotion is plugin:
                    return True
            elif any(live.promotion is plugin for live in self.rules_for(line.sku)):
                return True
        return plugin.code in attempt.redeemed and self.redeemers.get(plugin.code) is plugin

    def shards_of(self, attempt: Attempt) -> list[str]:
        """The shards of an attempt's lines, in reserve order; the last one commits the order."""
        return sorted(
            {
                RETAIL if line.activity_id == RETAIL else self.activities[line.activity_id].activity.shard
                for line in attempt.lines
            }
        )

    def touches_forgetful_shard(self, attempt: Attempt) -> bool:
        """True when requests of it may be known to SQL alone."""
        return not self.forgetful.isdisjoint(self.shards_of(attempt))

    def skus_under(self, codes: Sequence[str], categories: Sequence[str]) -> list[Sku]:
        """The SKUs named by code, then those of a category or below it; each once."""
        wanted = {code: self.skus[code] for code in codes if code in self.skus}
        for path, members in self.skus_by_category.items():
            if any(path == category or path.startswith(category + "/") for category in categories):
                wanted |= {code: self.skus[code] for code in members}
        return list(wanted.values())


class SnapshotKeeper:
    """Holds the current snapshot and renews it."""

    def __init__(self, record: Record, registry: Registry, supervisor: Supervisor, compiler: PriceCompiler) -> None:
        self._record = record
        self._held = HeldRules(record, registry, supervisor)
        self._registry = registry
        self._activities_prepared = Preparations(registry, supervisor)
        self._rules_prepared = Preparations(registry, supervisor)
        self._compiler = compiler
        self._lock = asyncio.Lock()
        self._listeners: list[Callable[[Snapshot], None]] = []
        self._written: set[str] = set()
        self._again_s = 0.0
        self.current = Snapshot()

    def on_change(self, listener: Callable[[Snapshot], None]) -> None:
        self._listeners.append(listener)

    def epoch(self, shard: str) -> int:
        """The generation of a shard's counters that this process believes in; 0, which every shard refuses, when unknown."""
        row = self.current.shards.get(shard)
        return row.epoch if row is not None else 0

    async def run(self) -> None:
        """Until cancelled: look for changes of other processes."""
        while True:
            await asyncio.sleep(REFRESH_MS / 1_000)
            try:
                await self.refresh()
            except Exception as error:  # the store may be away for a while; the last snapshot still serves
                log.warning("snapshot_refresh_failed", error=repr(error))

    async def refresh(self) -> Snapshot:
        """Renew now if anything changed (after own writes, so that the writer sees them at once)."""
        async with self._lock:
            revision = await self._record.read(_revision)
            if revision != self.current.revision or self._may_try_again():
                facts = await self._record.read(_read_all)
                if revision[2] != self.current.revision[2]:
                    await self._held.read_past()
                self.current = await self._build(revision, *facts)
                for listener in self._listeners:
                    listener(self.current)
            else:
                shards = await self._record.read(lambda unit: unit.shards.all())
                self.current = replace(self.current, shards={row.shard: row for row in shards})
            return self.current

    def _may_try_again(self) -> bool:
        """What a plugin could not prepare may have been the machine's fault."""
        now_s = monotonic()
        if not self.current.faults or now_s < self._again_s:
            return False
        self._again_s = now_s + FAULTS_AGAIN_S
        return True

    async def _build(
        self,
        revision: tuple[int, int, int],
        skus: list[Sku],
        activities: list[Activity],
        rules: list[PriceRule],
        rulesets: list[Ruleset],
        shards: list[ShardRow],
    ) -> Snapshot:
        activities_prepared = await self._activities_prepared.of(
            (each.activity_id, each.promotion, each.config) for each in activities
        )
        rules_prepared = await self._rules_prepared.of((each.rule_id, each.promotion, each.config) for each in rules)
        live_activities = {
            each.activity_id: LiveActivity(each, *activities_prepared.found[each.activity_id])
            for each in activities
            if each.activity_id in activities_prepared.found
        }
        by_sku: dict[str, list[LiveRule]] = defaultdict(list)
        all_rules: dict[str, dict[str, PriceRule]] = {}
        for rule in sorted(rules, key=lambda rule: rule.rule_id):
            all_rules.setdefault(rule.promotion, {})[rule.rule_id] = rule
        for rule in rules:
            promotion, prepared = rules_prepared.found.get(rule.rule_id, (None, None))
            # Without a `propose` the compiled language says all of it: orders have nothing to ask.
            if promotion is not None and type(promotion).propose is not PromotionType.propose:
                for sku in rule.skus or ("",):
                    by_sku[sku].append(LiveRule(rule, promotion, prepared))
        held = await self._held.among(all_rules, rulesets)
        book = await asyncio.to_thread(self._compiler.book, rulesets, await self._held.with_texts(held, rulesets))
        active = tuple(sorted(each.ruleset_hash for each in rulesets if each.state == "active"))
        retail_hash = set_hash_of(active)
        await self._write_down({**book.sets(), **({retail_hash: active} if len(active) > 1 else {})})
        by_category: dict[str, list[str]] = defaultdict(list)
        for item in skus:
            by_category[item.category].append(item.sku)
        return Snapshot(
            revision=revision,
            skus={item.sku: item for item in skus},
            skus_by_category={path: tuple(members) for path, members in by_category.items()},
            activities=live_activities,
            rules_by_sku={sku: tuple(found) for sku, found in by_sku.items()},
            shards={row.shard: row for row in shards},
            retail_ruleset_hash=retail_hash,
            book=book,
            price_rules=all_rules,
            held_rules={(rule.promotion, rule.rule_id, rule.ruleset_hash): rule for rule in held},
            redeemers={code: each for code, each in self._registry.promotions.items() if each.redeems},
            faults={**rules_prepared.faults, **activities_prepared.faults},
        )

    async def _write_down(self, sets: Mapping[str, tuple[str, ...]]) -> None:
        """What set hashes stand for, before the first order can name one: whoever reads the order later has to know."""
        new = {name: hashes for name, hashes in sets.items() if name not in self._written}
        if new:
            await self._record.write(lambda unit: unit.rulesets.put_sets(new))
            self._written |= new.keys()


def _revision(unit: Unit) -> tuple[int, int, int]:
    return unit.catalogue.revision(), unit.activities.revision(), unit.rulesets.revision()


def _read_all(
    unit: Unit,
) -> tuple[list[Sku], list[Activity], list[PriceRule], list[Ruleset], list[ShardRow]]:
    live = [state for state in ActivityState if state is not ActivityState.CLOSED]
    return (
        unit.catalogue.skus(),
        unit.activities.list(live, count_max=100_000),
        unit.rulesets.active_price_rules(),
        unit.rulesets.in_force(),
        unit.shards.all(),
    )
