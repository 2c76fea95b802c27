"""The engine's use cases on the reference inventory and a SQLite file, drained at once, without background work or server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from tests.support.clock import FakeClock
from tests.support.ids import FakeIds
from tests.unit.usecases.plugins import Bank, Deal, Discount, Hanging
from tests.unit.usecases.power import Power, PoweredInventory, PoweredRecord
from tuan.adapters.memory_inventory import MemoryIntentLog, MemoryInventory
from tuan.adapters.sql_record import Drainer, DrainSettings, SqlRecord
from tuan.domain.activity import RETAIL, Activity, ActivityState, StockShare, stock_counter
from tuan.domain.catalogue import Product, Sku
from tuan.domain.claim import CounterState
from tuan.domain.order import Order
from tuan.domain.payment import PaymentNotice, Refund
from tuan.domain.ruleset import Stage
from tuan.plugin import RiskChecker
from tuan.ports import RuleFile
from tuan.registry import Registry
from tuan.supervisor import Supervisor
from tuan.usecases.apply_payment import PaymentApplier
from tuan.usecases.apply_payments import PaymentsApplier
from tuan.usecases.audit import audit
from tuan.usecases.change_order import ChangeOrder, OrderChanger
from tuan.usecases.change_stock import CHANGE_STOCK, StockChange, StockChanger
from tuan.usecases.create_payment import CreatePayment, PaymentCreator
from tuan.usecases.drain_watch import DrainWatch
from tuan.usecases.execute_refund import REFUND, RefundExecutor
from tuan.usecases.job_runner import JobRunner
from tuan.usecases.judge_risk import RiskJudge
from tuan.usecases.keep_activities import ActivityKeeper
from tuan.usecases.order_commands import Placed, PlaceOrder, PlaceResult, WantedLine
from tuan.usecases.place_orders import OrderPlacer
from tuan.usecases.placing_limits import PlacingLimits
from tuan.usecases.pricing.fact_reader import FactReader
from tuan.usecases.pricing.price_book import PriceCompiler
from tuan.usecases.pricing.shadow import ShadowPricer
from tuan.usecases.receive_notice import APPLY_PAYMENT, apply_job
from tuan.usecases.redeem import Redeemer
from tuan.usecases.refund_order import OrderRefunder, RefundOrder, WantedUnits
from tuan.usecases.release_voided import RELEASE_VOIDED, VoidedReleaser
from tuan.usecases.rules.desk import RuleDesk
from tuan.usecases.similar_goods import SimilarGoods
from tuan.usecases.snapshot import SnapshotKeeper
from tuan.usecases.sold_out import SoldOut
from tuan.usecases.watched_inventory import WatchedInventory
from tuan.usecases.writer import Writer
from tuan_rules.vocabulary import Item

CALLER = "app"
HOLD_MS = 60_000
HOUR_MS = 3_600_000
TEA, CUP = "tea", "cup"
PRICES = {TEA: 10_00, CUP: 30_00}


def rule_files(blocks: str, package: str = "shop.rules") -> list[RuleFile]:
    """Rule blocks as a package in CNY."""
    text = f'package "{package}" {{ version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }}\n{blocks}'
    return [RuleFile("rules.tuan", text)]


class Shop:
    """Every use case, wired as the engine wires them. `restart` is what a crash leaves: the stores, and all else anew."""

    def __init__(
        self,
        record: SqlRecord,
        clock: FakeClock,
        checkers: Sequence[RiskChecker] = (),
        words: Sequence[Item] = (),
    ) -> None:
        self.clock = clock
        self.power = Power()
        self.sql = record
        self.memory = MemoryInventory(clock)
        self.store = PoweredInventory(self.memory, self.power, self.drain)
        self.sold_out = SoldOut(clock)
        self.inventory: Any = WatchedInventory(cast(Any, self.store), self.sold_out)
        self.record: Any = PoweredRecord(record, self.power)
        self.ids = FakeIds()
        self.deal, self.hanging, self.discount, self.bank = Deal(), Hanging(), Discount(), Bank()
        self.registry = Registry([self.deal, self.hanging, self.discount, self.bank, *checkers], words)
        self.draining = True
        self.limits = PlacingLimits(HOLD_MS, ack_sql=False, undrained_max=1_000, plugins_deadline_ms=5_000)
        #: Where compiled rules are kept from one process to the next.
        self.rules_dir: Path | None = None
        self.restart()

    def restart(self) -> None:
        """A new process on the same stores."""
        self.power.restore()
        self.supervisor = Supervisor(self.clock)
        self.compiler = PriceCompiler(self.registry.vocabulary(), self.rules_dir)
        self.keeper = SnapshotKeeper(self.record, self.registry, self.supervisor, self.compiler)
        self.writer = Writer(self.record, self.keeper)
        self.watch = DrainWatch(self.record)
        self.drainer = Drainer(
            self.sql.store,
            MemoryIntentLog(self.memory),
            "drain",
            self.clock,
            DrainSettings(refresh_ms=0),
            on_commit=self.watch.committed,
            on_alarm=lambda *alarm: None,
        )
        self.drainer.take_over()
        stores = (self.inventory, self.record, self.keeper, self.watch, self.clock)
        self.activities = ActivityKeeper(*stores)
        self.applier = PaymentApplier(*stores)
        self.batch_applier = PaymentsApplier(self.applier, *stores[:4])
        self.stock = StockChanger(self.inventory, self.writer, self.keeper, self.watch, self.clock)
        self.changer = OrderChanger(self.inventory, self.writer, self.keeper, self.watch, self.clock)
        self.refunder = OrderRefunder(self.writer, self.watch, self.clock, self.ids, lambda: None)
        self.executor = RefundExecutor(
            self.inventory, self.record, self.registry, self.supervisor, self.keeper, self.watch, self.clock
        )
        self.payments = PaymentCreator(self.record, self.registry, self.supervisor, self.watch, self.clock, self.ids)
        voided = VoidedReleaser(self.inventory, self.record, self.keeper, self.watch)
        handlers = {
            APPLY_PAYMENT: self.applier.handle,
            REFUND: self.executor.handle,
            CHANGE_STOCK: self.stock.handle,
            RELEASE_VOIDED: voided.handle,
        }
        self.jobs = JobRunner(self.record, self.clock, handlers, 5, 60_000, {APPLY_PAYMENT: self.batch_applier.handle})
        self.similar = SimilarGoods(self.inventory, self.keeper)
        self.placer = self.new_placer(self.limits)
        self.rules = RuleDesk(
            self.registry,
            self.supervisor,
            self.compiler,
            self.record,
            self.writer,
            self.keeper,
            self.placer,
            self.clock,
            self.activities.advance_all,
        )
        self.shadow = self.placer.shadow = ShadowPricer(self.record, self.clock)

    def new_placer(self, limits: PlacingLimits) -> OrderPlacer:
        return OrderPlacer(
            self.inventory,
            self.record,
            self.keeper,
            self.supervisor,
            RiskJudge(self.registry, self.supervisor),
            self.watch,
            self.similar,
            self.clock,
            self.ids,
            limits,
            FactReader(self.compiler.vocabulary.facts, self.registry.known_facts()),
            Redeemer(self.record, self.registry, self.supervisor),
            self.sold_out,
        )

    def drain(self) -> None:
        if self.draining:
            while self.drainer.drain_once():
                pass

    async def open(self, units: int = 100) -> None:
        """A catalogue of tea and cups, `units` of each on the shelf of ordinary sale."""
        skus = [Sku(code, f"p-{code}", code, "food", "CNY", price) for code, price in PRICES.items()]
        products = [Product(f"p-{code}", code, "food") for code in PRICES]
        await self.sql.write(lambda unit: (unit.catalogue.put_products(products), unit.catalogue.put_skus(skus)))
        await self.keeper.refresh()
        await self.activities.ensure_retail()
        if units:
            changes = [StockChange(code, "east", units) for code in PRICES]
            await self.stock.change(CALLER, "first-stock", changes)

    async def stock_up(self, units: int = 100) -> None:
        """So many more of everything for ordinary sale."""
        changes = [StockChange(code, "east", units) for code in PRICES]
        await self.stock.change(CALLER, f"more-{self.ids.new()}", changes)

    def activity(self, activity_id: str = "sale", quantity: int | None = 10, **changes: Any) -> Activity:
        """Of tea, for an hour from now on."""
        share = StockShare(TEA, quantity, changes.pop("sale_numerator", 1), changes.pop("sale_denominator", 1))
        now_ms = self.clock.now_ms()
        given: dict[str, Any] = {
            "promotion": "deal",
            "block_id": "deal/x",
            "title": "Deal",
            "ruleset_hash": "rules",
            "start_time_ms": now_ms,
            "end_time_ms": now_ms + HOUR_MS,
            "config": {"unit_minor": 9_00},
            "stock": (share,),
        }
        return Activity(activity_id, **{**given, **changes})

    async def publish(
        self,
        blocks: str,
        package: str = "shop.rules",
        request_id: str = "p1",
        stage: Stage = Stage.ACTIVE,
        canary_percent: int = 0,
    ) -> str:
        """Publish rule blocks as a package in CNY; the ruleset's hash."""
        files = rule_files(blocks, package)
        published = await self.rules.publisher.publish(CALLER, request_id, files, stage, canary_percent)
        return published.ruleset.ruleset_hash

    async def stage(self, ruleset_hash: str) -> str:
        found = await self.sql.read(lambda unit: unit.rulesets.get(ruleset_hash))
        assert found is not None
        return found.state

    async def begin(self, activity: Activity) -> None:
        """Put it into the record, and bring it as far as it goes."""
        await self.sql.write(lambda unit: unit.activities.put(activity))
        await self.keeper.refresh()
        await self.activities.advance_all()

    def command(self, request_id: str = "r1", *lines: tuple[str, int, str], **changes: Any) -> PlaceOrder:
        """Lines are (sku, quantity, activity id); one tea at its list price if there is none."""
        wanted = tuple(WantedLine(*line) for line in lines or ((TEA, 1, ""),))
        return PlaceOrder(
            **{"caller": CALLER, "request_id": request_id, "buyer": "b1", "currency": "CNY", "lines": wanted, **changes}
        )

    async def place(self, request_id: str = "r1", *lines: tuple[str, int, str], **changes: Any) -> PlaceResult:
        [result] = await self.placer.place([self.command(request_id, *lines, **changes)])
        return result

    async def placed(self, request_id: str = "r1", *lines: tuple[str, int, str], **changes: Any) -> Placed:
        result = await self.place(request_id, *lines, **changes)
        assert isinstance(result, Placed), result
        return result

    async def payment(self, *order_ids: str, request_id: str = "pay") -> str:
        made, _ = await self.payments.create(CreatePayment(CALLER, request_id, order_ids, "bank"))
        return made.payment_id

    async def notice(
        self, payment_id: str, amount_minor: int, transaction: str = "t1", **changes: Any
    ) -> PaymentNotice:
        """Written into the inbox with its job, as the receiver does."""
        given = {"gateway": "bank", "succeeded": True, "currency": "CNY", "gateway_time_ms": self.clock.now_ms()}
        notice = PaymentNotice(
            **{
                **given,
                "transaction_id": transaction,
                "payment_id": payment_id,
                "amount_minor": amount_minor,
                **changes,
            }
        )

        def store(unit: Any) -> None:
            if unit.payments.put_notices([notice]) == [True]:
                unit.jobs.add_all([apply_job(notice, self.clock.now_ms())])

        await self.sql.write(store)
        return notice

    async def pay(self, *orders: Placed, request_id: str = "pay", transaction: str = "t1") -> str:
        """Created, noticed and applied."""
        payment_id = await self.payment(*(order.order_id for order in orders), request_id=request_id)
        await self.notice(payment_id, sum(order.total_minor for order in orders), transaction)
        await self.work()
        return payment_id

    async def work(self, rounds: int = 20) -> None:
        """Jobs, as long as some are due."""
        for _ in range(rounds):
            if not await self.jobs.run_due():
                return

    async def expire(self) -> None:
        """Every hold that nobody paid is over."""
        self.clock.advance(HOLD_MS + 1)
        for shard, at in self.memory.shards.items():
            await self.inventory.expire(shard, at.epoch, 256)

    async def refund(self, order_id: str, *units: WantedUnits, request_id: str = "refund") -> Refund:
        recorded, _ = await self.refunder.refund(RefundOrder(CALLER, request_id, order_id, units))
        return recorded

    async def cancel(self, order_id: str, request_id: str = "cancel") -> Order:
        return await self.changer.cancel(ChangeOrder(CALLER, request_id, order_id))

    async def order(self, order_id: str) -> Order:
        found = await self.sql.read(lambda unit: unit.orders.get(order_id))
        assert found is not None
        return found

    async def refunds(self, order_id: str = "") -> list[Refund]:
        return await self.sql.read(lambda unit: unit.refunds.of_order(order_id))

    async def state(self, activity_id: str = "sale") -> ActivityState:
        found = await self.sql.read(lambda unit: unit.activities.get(activity_id))
        assert found is not None
        return found.state

    async def counter(self, shard: str = RETAIL, sku: str = TEA) -> CounterState:
        name = stock_counter(sku)
        return (await self.memory.counters(shard, [name])).get(name, CounterState(0, 0, 0))

    async def available(self, shard: str = RETAIL, sku: str = TEA) -> int:
        state = await self.counter(shard, sku)
        return (state.capacity or 0) - state.used

    async def units(self, sku: str = TEA) -> int:
        """Of all shards together, sold ones too, and those on their way."""
        states = [await self.counter(shard, sku) for shard in self.memory.shards]
        moving = await self.sql.read(lambda unit: unit.activities.open_transfers())
        on_the_way = sum(transfer.taken for transfer in moving if transfer.state == "taken" and transfer.sku == sku)
        return sum(state.capacity or 0 for state in states) + on_the_way

    async def kinds(self) -> list[str]:
        return [event.kind for event in await self.sql.read(lambda unit: unit.outbox.after(0, 1_000))]

    async def assert_clean(self) -> None:
        """The engine's own audit finds nothing."""
        report = await audit(self.memory, self.sql, self.clock)
        assert not report.differences, report.differences

    async def settle(self) -> None:
        """Let the loop's own tasks end."""
        while others := [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]:
            await asyncio.wait(others, timeout=5)
