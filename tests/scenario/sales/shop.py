"""An engine in this process whose every step a test takes by hand: time, expiry, jobs and activities move when told to.

Redis, SQL, drain, rules, promotion and money are the shipped ones; only the clock and the payment channel are the test's own. So a
sale with its payment windows passes in milliseconds, and what happens before what is the test's decision.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

from tests.scenario.sales.shifted_clock import ShiftedClock
from tests.scenario.sales.till import CODE, Till
from tuan.adapters.redis_inventory import RedisInventory, connect
from tuan.adapters.sql_record import SqlRecord
from tuan.domain.activity import RETAIL, Activity, ActivityState, StockShare, stock_counter
from tuan.domain.catalogue import Product, Sku
from tuan.domain.errors import TuanError
from tuan.domain.order import Order, OrderState
from tuan.domain.payment import Refund
from tuan.plugin import Plugin, PriceAction, Refusal, RuleMoney, SubjectLimit
from tuan.ports import RuleFile
from tuan.registry import Registry
from tuan.server.engine import Engine
from tuan.server.stores import Stores
from tuan.settings import Settings
from tuan.usecases.audit import audit
from tuan.usecases.change_order import ChangeOrder
from tuan.usecases.change_stock import StockChange
from tuan.usecases.create_payment import CreatePayment
from tuan.usecases.import_catalogue import ImportedProduct
from tuan.usecases.order_commands import Placed, PlaceOrder, PlaceResult, WantedLine
from tuan.usecases.refund_order import RefundOrder, WantedUnits
from tuan_flash_sale.promotion import FlashSale
from tuan_flash_sale.sale import Sale

CALLER = "shop"
HOLD_MS = 60_000
#: Rounds of `settle`; a job that fails again and again would keep it busy for ever.
ROUNDS_MAX = 200
#: Nothing moves while a test audits; what is not drained by then never will be.
AUDIT_WAIT_MS = 1_500


class _PatientSale(FlashSale):
    """On a machine that runs other tests beside these, a thread may wait for its turn longer than a plugin may."""

    deadline_ms = 10_000


class Shop:
    """`async with Shop(folder, redis_url) as shop:`; `shop.engine` for whatever has no short form here."""

    engine: Engine

    def __init__(
        self,
        folder: Path,
        redis_url: str,
        database_url: str = "",
        clock: ShiftedClock | None = None,
        plugins: Sequence[Plugin] = (),
        **settings: Any,
    ) -> None:
        self.clock = clock or ShiftedClock()
        self.till = Till()
        #: What the last audit found, a sentence each.
        self.differences: list[str] = []
        self.redis_url = redis_url
        self._plugins = plugins
        self._settings = Settings(
            data_dir=folder,
            database_url=database_url,
            redis_url=redis_url,
            payment_hold_ms=HOLD_MS,
            payment_window_ms=HOLD_MS,
            plugin_deadline_ms=_PatientSale.deadline_ms,
            **settings,
        )
        self._numbers = itertools.count(1)

    async def open(self) -> None:
        registry = Registry([_PatientSale(), self.till, *self._plugins])
        with patch.multiple("tuan.server.engine", SystemClock=lambda: self.clock, open_stores=self._open_stores):
            self.engine = await Engine.start(self._settings, registry, background=False)
        await self.engine.activities.ensure_retail()
        await self.engine.keeper.refresh()

    async def _open_stores(self, settings: Settings, migrations: dict[str, Path]) -> Stores:
        client = connect(self.redis_url)
        record = SqlRecord(settings.database_url)
        await asyncio.to_thread(record.migrate, migrations)
        inventory = RedisInventory(client, self.clock)
        return Stores(inventory, record, self.redis_url, client, None, None, exclusive=True)

    async def close(self) -> None:
        await self.engine.stop()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def number(self, prefix: str = "r") -> str:
        """A new request id."""
        return f"{prefix}-{next(self._numbers)}"

    # Goods and sales.

    async def stock(self, sku: str, quantity: int, list_minor: int = 5_990, category: str = "goods") -> None:
        """A new SKU of a product of its own, with stock; for ordinary sale until a sale takes it."""
        product = ImportedProduct(
            Product(f"P-{sku}", f"Product {sku}", category), (Sku(sku, f"P-{sku}", sku, category, "CNY", list_minor),)
        )
        changes = [StockChange(sku, "main", quantity)] if quantity else []
        result = await self.engine.catalogue.import_products(CALLER, self.number(), [product], changes)
        assert not result.rejections, result.rejections

    async def flash_sale(
        self,
        label: str,
        skus: Sequence[str],
        price_minor: int = 2_990,
        limit: Mapping[str, int] | None = None,
        stock_percent: int = 100,
        minutes: int = 600,
    ) -> str:
        """A sale that is on from now; its activity id. `limit`: units by subject (buyer, device, address).

        It is stored as publishing a rule file would store it: building the rule parser takes longer than the whole sale.
        """
        now_ms = self.clock.now_ms()
        sale = Sale(
            skus=tuple(skus),
            price=PriceAction("set", RuleMoney(price_minor, "CNY"), None),
            limits=tuple(SubjectLimit(subject, quantity) for subject, quantity in (limit or {}).items()),
            warm_up_ms=0,
            challenge="none",
            ticket=False,
            hold_ms=None,
        )
        activity = Activity(
            activity_id=label,
            promotion=FlashSale.code,
            block_id=f"flash_sale/{label}",
            title=label,
            ruleset_hash=f"rules-of-{label}",
            start_time_ms=now_ms,
            end_time_ms=now_ms + minutes * 60_000,
            config=sale.to_config(),
            stock=tuple(StockShare(sku, None, stock_percent, 100) for sku in skus),
            package=f"package-of-{label}",
        )
        await self.engine.writer.write_and_refresh(lambda unit: unit.activities.put(activity))
        await self.engine.activities.advance_all()
        await self.engine.keeper.refresh()
        return label

    async def publish(self, blocks: str, package: str = "shop.rules") -> str:
        """Publish rule blocks as a package in CNY; the ruleset's hash."""
        text = f'package "{package}" {{ version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }}\n{blocks}'
        files = [RuleFile("rules.tuan", text)]
        published = await self.engine.rules.publisher.publish(CALLER, self.number(), files)
        return published.ruleset.ruleset_hash

    async def end_sale(self, activity_id: str) -> None:
        """Close it, and let everything flow back."""
        await self.engine.activities.close_now(activity_id)
        await self.settle()
        await self.engine.activities.advance_all()

    async def available(self, sku: str, shard: str = RETAIL) -> int:
        """Units that can be had now."""
        name = stock_counter(sku)
        state = (await self.engine.inventory.counters(shard, [name])).get(name)
        return (state.capacity or 0) - state.used if state is not None else 0

    # Orders.

    def command(
        self,
        buyer: str,
        lines: Iterable[tuple[str, int] | tuple[str, int, str]],
        request_id: str | None = None,
        device: str = "",
        address: str = "",
        **more: Any,
    ) -> PlaceOrder:
        """`lines`: (sku, quantity) for ordinary sale, (sku, quantity, activity id) for a sale."""
        return PlaceOrder(
            caller=CALLER,
            request_id=request_id or self.number(),
            buyer=buyer,
            currency="CNY",
            lines=tuple(WantedLine(*line) for line in lines),
            device=device or f"device-of-{buyer}",
            address=address or f"address-of-{buyer}",
            **more,
        )

    async def place_all(self, commands: Sequence[PlaceOrder]) -> list[PlaceResult | BaseException]:
        """Each as a call of its own, all at the same time, through the engine's batcher as gRPC calls go."""
        return await asyncio.gather(
            *(self.engine.batcher.place(command) for command in commands), return_exceptions=True
        )

    async def place(self, *arguments: Any, **named: Any) -> Placed | Refusal:
        """One order; errors are raised."""
        result = await self.engine.batcher.place(self.command(*arguments, **named))
        if isinstance(result, TuanError):
            raise result
        return result

    async def placed(self, *arguments: Any, **named: Any) -> Placed:
        """One order that must be granted."""
        result = await self.place(*arguments, **named)
        assert isinstance(result, Placed), result
        return result

    async def order(self, order_id: str) -> Order:
        order = await self.engine.watch.read(lambda unit: unit.orders.get(order_id))
        assert order is not None, order_id
        return order

    async def state(self, order_id: str) -> OrderState:
        return (await self.order(order_id)).state

    async def cancel(self, order_id: str, request_id: str | None = None) -> Order:
        return await self.engine.changer.cancel(ChangeOrder(CALLER, request_id or self.number(), order_id))

    async def ship(self, order_id: str) -> Order:
        return await self.engine.changer.ship(ChangeOrder(CALLER, self.number(), order_id, "SF-1"))

    async def complete(self, order_id: str) -> Order:
        return await self.engine.changer.complete(ChangeOrder(CALLER, self.number(), order_id))

    # Money.

    async def ask_payment(self, *order_ids: str) -> str:
        """A payment over these orders that waits for the buyer; its id."""
        payment, _ = await self.engine.payment_creator.create(CreatePayment(CALLER, self.number(), order_ids, CODE))
        return payment.payment_id

    async def deliver(self, body: bytes, **headers: str) -> bool:
        """A callback comes in; whether it was new. What it means is worked out by `work`."""
        _, new = await self.engine.notice_receiver.receive(CODE, headers, body)
        return new

    async def pay(self, *order_ids: str) -> str:
        """Paid in full, called back and worked out; the payment's id."""
        payment_id = await self.ask_payment(*order_ids)
        await self.deliver(self.till.callback(payment_id, f"t-{payment_id}"))
        await self.work()
        return payment_id

    async def refund(self, order_id: str, *units: WantedUnits, request_id: str | None = None) -> Refund:
        """Recorded; `work` carries it out."""
        command = RefundOrder(CALLER, request_id or self.number(), order_id, units)
        refund, _ = await self.engine.refunder.refund(command)
        return refund

    async def refunds(self, order_id: str) -> list[Refund]:
        return await self.engine.record.read(lambda unit: unit.refunds.of_order(order_id))

    async def balance(self, prefix: str) -> int:
        """Sum of the ledger accounts that begin so."""
        balances = await self.engine.record.read(lambda unit: unit.ledger.balances(prefix))
        return sum(balances.values())

    # Time and work.

    async def work(self) -> None:
        """Jobs that are due now, until none is."""
        while await self.engine.jobs.run_due():
            pass

    async def pass_time(self, ms: int) -> None:
        """Let time pass, and end what was not paid in it."""
        self.clock.advance(ms)
        await self.engine.expirer.expire_all()
        await self.barrier()

    async def settle(self) -> None:
        """Until nothing is left to do: time passes, holds end, jobs run, activities advance, events are delivered."""
        for _ in range(ROUNDS_MAX):
            await self.engine.expirer.expire_all()
            await self.work()
            await self.engine.activities.advance_all()
            await self.engine.deliverer.deliver_all()
            await self.barrier()
            if not await self._something_is_open():
                return
            self.clock.advance(5_000)
        raise AssertionError(f"not settled after {ROUNDS_MAX} rounds")

    async def barrier(self) -> None:
        """Until the drain has written every intent that Redis has."""
        for row in await self.engine.record.read(lambda unit: unit.shards.all()):
            state = await self.engine.inventory.shard_state(row.shard)
            if state is not None:
                await self.engine.watch.wait(row.shard, state.sequence)

    async def audit(self) -> dict[str, int]:
        """The five figures; all 0 when all is well. A shard that never stands still, since nothing moves here any more, is lost."""
        report = await audit(
            self.engine.inventory, self.engine.record, self.clock, wait_ms=AUDIT_WAIT_MS, plugins=self.engine.registry
        )
        figures = {name: int(getattr(report, name)) for name in AUDIT_FIGURES}
        figures["lost"] += len(report.busy)
        self.differences = [str(difference) for difference in report.differences]
        return figures

    async def _something_is_open(self) -> bool:
        now_ms = self.clock.now_ms()
        waiting = (OrderState.PENDING_PAYMENT, OrderState.REFUNDING)

        def look(unit: Any) -> bool:
            closing = unit.activities.list([ActivityState.CLOSING], count_max=1)
            orders = unit.orders.list("", "", waiting, "", 1)
            return bool(orders or closing or unit.jobs.due(now_ms + 10**9, 1) or unit.activities.open_transfers())

        return await self.engine.record.read(look)


AUDIT_FIGURES = ("oversold", "stranded", "lost", "duplicated", "unbalanced")
CLEAN = dict.fromkeys(AUDIT_FIGURES, 0)
