"""The composition root: the one place that knows which adapter stands behind which port, and what runs beside the calls."""

from __future__ import annotations

import asyncio
import uuid
from functools import partial

import structlog

from tuan.adapters.clock import SystemClock
from tuan.adapters.ids import Uuid7Ids
from tuan.breaker import Breaker
from tuan.domain.errors import TuanError
from tuan.plugin import PromotionType
from tuan.plugin.errands import GRANT_REWARD, NOTIFY, REBATE_ORDER, REFUND_ORDER
from tuan.registry import Registry, discover
from tuan.server.batcher import OrderBatcher
from tuan.server.drain_thread import DrainThread
from tuan.server.duty_tasks import DutyTasks, Work
from tuan.server.event_hub import EventHub
from tuan.server.host import PluginHost
from tuan.server.stores import Stores, open_stores
from tuan.server.tasks import end_tasks, kept_alive
from tuan.settings import Settings
from tuan.supervisor import Supervisor, channel_away
from tuan.usecases.activity_counters import ActivityCounters
from tuan.usecases.apply_payment import PaymentApplier
from tuan.usecases.apply_payments import PaymentsApplier
from tuan.usecases.audit import AuditReport, audit
from tuan.usecases.change_order import OrderChanger
from tuan.usecases.change_stock import CHANGE_STOCK, StockChanger
from tuan.usecases.create_payment import PaymentCreator
from tuan.usecases.deliver_events import EventDeliverer
from tuan.usecases.drain_lag import DrainLag
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.execute_refund import REFUND, RefundExecutor
from tuan.usecases.expire_due import Expirer
from tuan.usecases.import_catalogue import CatalogueKeeper
from tuan.usecases.job_runner import JobRunner
from tuan.usecases.judge_risk import RiskJudge
from tuan.usecases.keep_activities import ActivityKeeper
from tuan.usecases.keep_duty import Duty
from tuan.usecases.keep_shards import ShardKeeper
from tuan.usecases.newest_intents import NewestIntents
from tuan.usecases.place_orders import OrderPlacer
from tuan.usecases.placing_limits import PlacingLimits
from tuan.usecases.pricing.fact_reader import FactReader
from tuan.usecases.pricing.price_book import PriceCompiler
from tuan.usecases.pricing.shadow import ShadowPricer
from tuan.usecases.rebuild import RebuildReport, rebuild
from tuan.usecases.receive_notice import APPLY_PAYMENT, NoticeReceiver
from tuan.usecases.redeem import Redeemer
from tuan.usecases.refund_order import OrderRefunder
from tuan.usecases.release_voided import RELEASE_VOIDED, VoidedReleaser
from tuan.usecases.rules.desk import RuleDesk
from tuan.usecases.run_errands import ErrandRunner
from tuan.usecases.send_notices import NOTIFY_BY, NoticeSender
from tuan.usecases.similar_goods import SimilarGoods
from tuan.usecases.snapshot import SnapshotKeeper
from tuan.usecases.sold_out import SoldOut
from tuan.usecases.take_for_good import Taker
from tuan.usecases.watched_inventory import WatchedInventory
from tuan.usecases.writer import Writer

log = structlog.get_logger()


class Engine:
    """A running engine without its network side. `Engine.start(settings)` makes one, `stop` ends it.

    `drain` is None where another process drains.
    """

    def __init__(self, settings: Settings, registry: Registry, stores: Stores, drains: bool) -> None:
        self.loop = asyncio.get_running_loop()
        self.settings = settings
        self.registry = registry
        self.stores = stores
        self.clock = SystemClock()
        self.ids = Uuid7Ids()
        self.record = stores.record
        self.sold_out = SoldOut(self.clock)
        self.inventory = WatchedInventory(stores.inventory, self.sold_out)
        self.start_time_ms = self.clock.now_ms()
        self.supervisor = Supervisor(
            self.clock, settings.plugin_faults_max, settings.plugin_quarantine_ms, self._channel_breaker
        )
        self.compiler = PriceCompiler(registry.vocabulary(), settings.rules_dir)
        self.keeper = SnapshotKeeper(self.record, registry, self.supervisor, self.compiler)
        self.writer = Writer(self.record, self.keeper)
        # Where the record can have other writers, there may be other engines, whatever this one was told.
        alone = stores.exclusive
        newest = None if alone else NewestIntents(self.inventory, self.keeper)
        self.watch = DrainWatch(self.record, newest, DrainLag(settings.drain_lag_ms_max / 1_000))
        self.duty = Duty(self.record, self.clock, str(uuid.uuid4()), settings.duty_lease_ms, alone)
        self.judge = RiskJudge(registry, self.supervisor)
        self.similar = SimilarGoods(self.inventory, self.keeper)
        self.events = EventHub(self.record)
        self.host = PluginHost(self, settings)
        self._build_use_cases()
        self.drain = self._drain_thread() if drains else None
        if self.drain is not None:
            self.watch.hurry = self.drain.hurry
        self.duty_tasks = DutyTasks(self.duty, self._set_in_order, self._work_for_all())
        self._tasks: list[asyncio.Task[None]] = []

    @classmethod
    async def start(
        cls, settings: Settings, registry: Registry | None = None, background: bool = True, drains: bool = True
    ) -> Engine:
        """Stores opened and checked, shards in step with SQL, plugins started, background work running.

        `background` False: drain only, and heal nothing; for a look at the stores as they are. `drains` False: another process does.
        """
        registry = registry or discover()
        migrations = {plugin.code: tables.migrations for plugin in registry if (tables := plugin.tables()) is not None}
        stores = await open_stores(settings, migrations)
        try:
            engine = cls(settings, registry, stores, drains)
        except BaseException:
            await stores.close()
            raise
        try:
            await engine._begin(background)
        except BaseException:
            await engine.stop()
            raise
        return engine

    async def stop(self) -> None:
        """In-flight orders finish, background work ends, what was read is drained, stores are closed."""
        await self.batcher.drain()
        await self.duty_tasks.stop()
        await end_tasks(self._tasks)
        await self._note_shadows()
        await self.host.stop()
        if self.drain is not None:
            await self.drain.stop()
        self.supervisor.close()
        await self.stores.close()

    async def audit(self) -> AuditReport:
        """Compare the claims store with the record, and check the ledger. Changes nothing."""
        return await audit(self.inventory, self.record, self.clock, plugins=self.registry)

    async def rebuild(self, shard: str) -> RebuildReport:
        """Build a shard's counters anew from the record."""
        report = await rebuild(shard, self.inventory, self.record)
        await self.keeper.refresh()
        return report

    async def _note_shadows(self) -> None:
        """What the shadows have come to since they were last written down; a store that is away now takes it with it."""
        try:
            await self.shadow.flush()
        except TuanError as error:
            log.warning("shadow_totals_lost", error=error.message)

    def _build_use_cases(self) -> None:
        settings, record, clock = self.settings, self.record, self.clock
        stores = (self.inventory, record, self.keeper, self.watch, clock)
        self.placer = OrderPlacer(
            self.inventory,
            record,
            self.keeper,
            self.supervisor,
            self.judge,
            self.watch,
            self.similar,
            clock,
            self.ids,
            PlacingLimits(
                settings.payment_hold_ms,
                settings.ack == "sql",
                settings.drain_lag_rows_max,
                settings.plugin_deadline_ms,
            ),
            FactReader(self.compiler.vocabulary.facts, self.registry.known_facts()),
            Redeemer(record, self.registry, self.supervisor),
            self.sold_out,
        )
        self.batcher = OrderBatcher(self.placer, settings.batch_window_ms, settings.batch_size_max)
        self.applier = PaymentApplier(*stores)
        payments = PaymentsApplier(self.applier, self.inventory, record, self.keeper, self.watch)
        self.refund_executor = RefundExecutor(
            self.inventory, record, self.registry, self.supervisor, self.keeper, self.watch, clock
        )
        self.stock = StockChanger(self.inventory, self.writer, self.keeper, self.watch, clock)
        notices = NoticeSender(record, self.registry, self.supervisor)
        self.refunder = OrderRefunder(self.writer, self.watch, clock, self.ids, self._wake_refunds)
        errands = ErrandRunner(
            self.refunder, self.registry, self.supervisor, self.writer, self.watch, self._wake_refunds
        )
        voided = VoidedReleaser(self.inventory, record, self.keeper, self.watch)
        self.jobs = JobRunner(
            record,
            clock,
            {
                APPLY_PAYMENT: self.applier.handle,
                REFUND: self.refund_executor.handle,
                CHANGE_STOCK: self.stock.handle,
                NOTIFY: notices.fan_out,
                NOTIFY_BY: notices.send,
                RELEASE_VOIDED: voided.handle,
                REFUND_ORDER: errands.refund,
                REBATE_ORDER: errands.rebate,
                GRANT_REWARD: errands.reward,
                **self.registry.jobs(),
            },
            settings.job_attempts_max,
            settings.job_backoff_ms_max,
            {APPLY_PAYMENT: payments.handle},
            announced=self.stores.exclusive,
        )
        self.payment_creator = PaymentCreator(record, self.registry, self.supervisor, self.watch, clock, self.ids)
        self.notice_receiver = NoticeReceiver(
            record, self.registry, self.supervisor, clock, partial(self.jobs.wake, APPLY_PAYMENT)
        )
        self.changer = OrderChanger(self.inventory, self.writer, self.keeper, self.watch, clock)
        self.catalogue = CatalogueKeeper(self.writer, self.keeper, self.stock)
        self.activities = ActivityKeeper(*stores, on_duty=lambda: self.duty.held)
        self.rules = RuleDesk(
            self.registry,
            self.supervisor,
            self.compiler,
            record,
            self.writer,
            self.keeper,
            self.placer,
            clock,
            self.activities.advance_all,
        )
        self.shadow = self.placer.shadow = ShadowPricer(record, clock)
        self.shards = ShardKeeper(*stores, forget_after_ms=settings.forget_after_ms)
        self.taker = Taker(self.inventory, self.keeper, self.watch)
        self.counters = ActivityCounters(self.inventory, record, self.keeper, self.watch)
        self.expirer = Expirer(self.inventory, self.keeper, self.watch, settings.expire_interval_ms)
        self.deliverer = EventDeliverer(record, self.registry, self.supervisor, clock)

    def _wake_refunds(self) -> None:
        self.jobs.wake(REFUND)

    async def _begin(self, background: bool) -> None:
        self.watch.start()
        for plugin in self.registry:
            plugin.start(self.host)
        await self.keeper.refresh()
        if self.drain is not None:
            self.drain.start()
        if not background:
            return
        await self.duty_tasks.start()
        await self.events.start()
        for name, run in self._work_for_itself().items():
            self._tasks.append(self.loop.create_task(kept_alive(name, run), name=f"tuan-{name}"))

    async def _set_in_order(self) -> None:
        """Before anything is done for all: counters as SQL has them, and what was begun."""
        await self.shards.check_all()
        await self.activities.ensure_retail()
        await self.activities.advance_all()

    def _work_for_all(self) -> dict[str, Work]:
        """Done by the process that has the duty."""
        work: dict[str, Work] = {
            "expire": self.expirer.run,
            "jobs": self.jobs.run,
            "activities": self.activities.run,
            "shards": self.shards.run,
        }
        if any(isinstance(plugin, PromotionType) and plugin.reacts_to for plugin in self.registry):
            work["reactions"] = self.deliverer.run
        return work

    def breakers(self) -> list[Breaker]:
        """Of everything that this engine depends on."""
        return [*self.stores.breakers, *self.supervisor.channels()]

    def _channel_breaker(self, name: str) -> Breaker:
        settings = self.settings
        return Breaker(name, channel_away, settings.breaker_failures_max, settings.breaker_pause_ms_max / 1_000)

    def _work_for_itself(self) -> dict[str, Work]:
        """Done by every process: what it holds in memory."""
        work: dict[str, Work] = {
            "snapshot": self.keeper.run,
            "events": self.events.run,
            "similar": self.similar.run,
            "shadow": self.shadow.run,
        }
        if not self.stores.exclusive:
            work["rebuilt"] = self.shards.follow
        return work

    def _drain_thread(self) -> DrainThread:
        return DrainThread(
            self.record,
            self.stores.intent_log(),
            self.settings,
            self.clock,
            self.stores.exclusive,
            self.watch.committed_from_thread,
            self._on_drain_alarm,
        )

    def _on_drain_alarm(self, kind: str, shard: str, detail: str) -> None:
        log.error("drain_alarm", kind=kind, shard=shard, detail=detail)
