"""The use cases of rulesets put together: one object for the engine, and for tests that want to do as it does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from tuan.ports import Clock, Record
from tuan.registry import Registry
from tuan.supervisor import Supervisor
from tuan.usecases.place_orders import OrderPlacer
from tuan.usecases.pricing.pinned_rules import PinnedRules
from tuan.usecases.pricing.price_book import PriceCompiler
from tuan.usecases.rules.change_stage import StageChanger
from tuan.usecases.rules.check_rules import RuleChecker
from tuan.usecases.rules.diff_rulesets import RulesetDiffer
from tuan.usecases.rules.explain_price import PriceExplainer
from tuan.usecases.rules.plan_activities import ActivityPlanner
from tuan.usecases.rules.promote_ruleset import RulesetPromoter
from tuan.usecases.rules.publish_rules import RulePublisher
from tuan.usecases.rules.rollback_rules import RuleRoller
from tuan.usecases.rules.simulate_rules import RuleSimulator
from tuan.usecases.snapshot import SnapshotKeeper
from tuan.usecases.writer import Writer


class RuleDesk:
    """`provision`: advances the activities."""

    def __init__(
        self,
        registry: Registry,
        supervisor: Supervisor,
        compiler: PriceCompiler,
        record: Record,
        writer: Writer,
        keeper: SnapshotKeeper,
        placer: OrderPlacer,
        clock: Clock,
        provision: Callable[[], Awaitable[None]],
    ) -> None:
        planner = ActivityPlanner(registry, supervisor, clock)
        self.checker = RuleChecker(registry, compiler, planner, record, keeper)
        changer = StageChanger(self.checker, compiler, record, writer, clock, provision)
        self.publisher = RulePublisher(self.checker, changer, clock)
        self.promoter = RulesetPromoter(self.checker, changer, record)
        self.roller = RuleRoller(self.checker, changer, record)
        self.differ = RulesetDiffer(self.checker, record, compiler.vocabulary)
        self.pinned = PinnedRules(record, keeper, compiler)
        self.explainer = PriceExplainer(placer, self.pinned)
        self.simulator = RuleSimulator(self.checker, compiler, self.pinned, record)
