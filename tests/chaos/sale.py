"""One flash sale, played to its end by a seeded crowd: repeats, forged repeats, split lines, two sales in one order, payments early,
late and never, cancellations, refunds; and counted after each act by somebody who does not trust the engine.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from tests.chaos.books import SOLD, Acknowledged, Books, units_out
from tests.chaos.verdict import Verdict
from tests.scenario.sales.shop import AUDIT_FIGURES, HOLD_MS, Shop
from tuan.domain.errors import Reason, TuanError
from tuan.domain.order import Order, OrderState
from tuan.domain.payment import Refund
from tuan.plugin import Refusal, RefusalKind
from tuan.usecases.order_commands import Placed, PlaceOrder, PlaceResult, WantedLine
from tuan.usecases.refund_order import WantedUnits

ATTEMPTS_PER_UNIT = 50
AT_ONCE = 96
LIMITS = ({}, {"buyer": 1}, {"buyer": 2, "device": 3}, {"buyer": 2, "device": 3, "address": 4})
RETAIL_UNITS = 40
SIDE_UNITS = 3


@dataclass(slots=True)
class _Facts:
    """The record at one moment."""

    orders: list[Order]
    refunds: dict[str, list[Refund]]


class Sale:
    """`play`, then `compare`; `verdict` says what was found.

    Everything that is decided here comes from the seed; what happens at the same time does not.
    """

    def __init__(self, shop: Shop, number: int, seed: int) -> None:
        self._shop = shop
        self._dice = random.Random(f"{seed}/{number}")
        self._name = f"s{seed}-{number}"
        self.units = self._dice.randint(4, 14)
        self._limits: dict[str, int] = self._dice.choice(LIMITS)
        self._percent = self._dice.choice((100, 80))
        self._hero, self._side, self._plain = (f"{kind}-{self._name}" for kind in ("hero", "side", "plain"))
        self._books = Books()
        self._asked: list[PlaceOrder] = []
        self._refused: set[str] = set()
        self._late: list[tuple[str, Acknowledged]] = []
        self._activity = self._side_activity = ""
        self.attempts = 0

    @property
    def verdict(self) -> Verdict:
        """What was found so far, also when `play` could not go on."""
        return self._books.verdict

    async def play(self) -> None:
        await self._set_up()
        for act in range(4):
            await self._rush(self.units * 14)
            await self._count(f"rush {act}")
            await self._decide()
            await self._count(f"decisions {act}")
            await self._shop.pass_time(HOLD_MS + 1)
            await self._ask_for_what_came_back()
            if act == 1:
                await self._shop.engine.activities.release_buffer(self._activity, self._hero)
            await self._pay_late()
            await self._count(f"expiry {act}")
        await self._sell_the_rest()
        await self._finish()

    async def _set_up(self) -> None:
        shop = self._shop
        await shop.stock(self._hero, self.units)
        await shop.stock(self._side, SIDE_UNITS)
        await shop.stock(self._plain, RETAIL_UNITS)
        self._activity = await shop.flash_sale(
            self._name, [self._hero], limit=self._limits, stock_percent=self._percent
        )
        self._side_activity = await shop.flash_sale(f"side-{self._name}", [self._side])

    # The crowd.

    async def _rush(self, attempts: int) -> None:
        for start in range(0, attempts, AT_ONCE):
            commands = [self._command() for _ in range(min(AT_ONCE, attempts - start))]
            self._asked += commands
            self.attempts += len(commands)
            results = await self._shop.place_all(commands)
            for command, result in zip(commands, results, strict=True):
                self._hear(command, result)

    def _command(self) -> PlaceOrder:
        dice = self._dice.random()
        if self._asked and dice < 0.15:
            return self._dice.choice(self._asked)
        if self._books.placed and dice < 0.18:
            victim = self._dice.choice(list(self._books.placed.values())).command
            return replace(victim, lines=(*victim.lines, WantedLine(self._plain, 1)))
        buyer = self._dice.randrange(self.units * 3)
        return self._shop.command(
            f"b{buyer}-{self._name}",
            self._lines(),
            device=f"d{buyer // 2}-{self._name}",
            address=f"a{buyer // 3}-{self._name}",
        )

    def _lines(self) -> list[tuple[str, int, str]]:
        hero = (self._hero, 1, self._activity)
        form = self._dice.random()
        if form < 0.60:
            return [hero]
        if form < 0.72:
            return [hero, hero]
        if form < 0.86:
            return [hero, (self._plain, self._dice.randint(1, 2), "")]
        return [hero, (self._side, 1, self._side_activity)]

    def _hear(self, command: PlaceOrder, result: PlaceResult | BaseException) -> None:
        verdict = self._books.verdict
        match result:
            case Placed():
                self._books.acknowledge(command, result.order_id, result.total_minor)
            case Refusal():
                self._refused.add(command.request_id)
                if command.request_id in self._books.placed:
                    verdict.add(
                        "wrong", 1, f"request {command.request_id} was granted, and its repeat refused: {result}"
                    )
            case TuanError(reason=Reason.REQUEST_ID_REUSED):
                first = self._books.placed.get(command.request_id)
                if first is not None and first.command.lines == command.lines:
                    verdict.add("wrong", 1, f"the repeat of {command.request_id} was taken for another request")
            case TuanError(reason=Reason.ORDER_STATE_CONFLICT) if command.request_id in self._refused:
                pass  # an order over two sales was refused under this id before: it wants a new one
            case _:
                verdict.add("wrong", 1, f"request {command.request_id}: {result!r}")

    # What becomes of the orders.

    async def _decide(self) -> None:
        """Each order that waits: paid, cancelled, both at once, asked for payment only (late money), or forgotten."""
        waiting = [order for order in await self._orders() if order.state is OrderState.PENDING_PAYMENT]
        work = []
        for order in waiting:
            dice = self._dice.random()
            if dice < 0.30:
                work.append(self._pay(order, repeats=self._dice.randint(1, 3)))
            elif dice < 0.45:
                work.append(self._cancel(order))
            elif dice < 0.60:
                work += [self._pay(order, repeats=1), self._cancel(order)]
            elif dice < 0.75:
                work.append(self._only_ask(order))
        await asyncio.gather(*work)
        await self._shop.work()
        await self._refund_some()

    async def _pay(self, order: Order, repeats: int) -> None:
        try:
            payment_id = await self._shop.ask_payment(order.placed.order_id)
        except TuanError as error:
            if error.reason is not Reason.ORDER_STATE_CONFLICT:  # cancelled a moment before
                raise
            return
        body = self._shop.till.callback(payment_id, f"t-{payment_id}")
        await asyncio.gather(*(self._shop.deliver(body) for _ in range(repeats)))
        await self._shop.engine.jobs.run_due()

    async def _cancel(self, order: Order) -> None:
        try:
            await self._shop.cancel(order.placed.order_id)
        except TuanError as error:
            if error.reason is not Reason.ORDER_STATE_CONFLICT:  # paid a moment before
                raise

    async def _only_ask(self, order: Order) -> None:
        payment_id = await self._shop.ask_payment(order.placed.order_id)
        self._late.append((payment_id, self._books.placed[order.placed.request_id]))

    async def _pay_late(self) -> None:
        late, self._late = self._late, []
        for payment_id, _ in late:
            body = self._shop.till.callback(payment_id, f"t-{payment_id}")
            await asyncio.gather(*(self._shop.deliver(body) for _ in range(2)))
        await self._shop.work()

    async def _refund_some(self) -> None:
        for order in await self._orders():
            if order.state is not OrderState.READY_TO_SHIP:
                continue
            dice = self._dice.random()
            if dice < 0.15:
                await self._refund(order)
            elif dice < 0.25:
                await self._shop.ship(order.placed.order_id)
        await self._shop.work()

    async def _refund(self, order: Order) -> None:
        try:
            await self._shop.refund(order.placed.order_id, WantedUnits(0, 1))
        except TuanError as error:
            if error.reason is not Reason.UNITS_NOT_REFUNDABLE:  # the unit of this line was refunded in an earlier act
                raise

    async def _ask_for_what_came_back(self) -> None:
        """A buyer who has nothing, on a device and at an address that have nothing, may buy when units are there."""
        facts = await self._facts()
        holders = self._holders(facts)
        for order in facts.orders:
            placed = order.placed
            subjects = (("buyer", placed.buyer), ("device", placed.device), ("address", placed.address))
            if not self._limits or any(holders[subject] for subject in subjects):
                continue
            command = self._shop.command(
                placed.buyer, [(self._hero, 1, self._activity)], device=placed.device, address=placed.address
            )
            result = await self._shop.engine.batcher.place(command)
            self._hear(command, result)
            if isinstance(result, Refusal) and result.kind is RefusalKind.OVER_LIMIT:
                self._books.verdict.add("stranded", 1, f"{placed.buyer} has nothing, and is over a limit")
            return

    async def _sell_the_rest(self) -> None:
        """New buyers, one unit each, until nothing is left; all pay. Whoever still held something has paid or lost it by then."""
        while self.attempts < self.units * ATTEMPTS_PER_UNIT:
            await self._rush(AT_ONCE)
        await self._shop.settle()
        for number in range(self.units + 10):
            stranger = f"{self._name}-x{number}"
            command = self._shop.command(stranger, [(self._hero, 1, self._activity)])
            result = await self._shop.engine.batcher.place(command)
            self._hear(command, result)
            if not isinstance(result, Placed):
                break
            await self._shop.pay(result.order_id)

    # Counting.

    async def _finish(self) -> None:
        await self._shop.settle()
        await self._count("all are paid")
        facts = await self._facts()
        sold = sum(
            (units_out(order, facts.refunds.get(order.placed.order_id, [])) for order in facts.orders), Counter()
        )
        verdict = self._books.verdict
        count = sold[self._activity, self._hero]
        verdict.add("oversold", count - self.units, f"{count} units of {self._hero} were sold, {self.units} were there")
        verdict.add("stranded", self.units - count, f"{count} units of {self._hero} were sold, {self.units} were there")
        await self._close(sold)

    async def compare(self) -> None:
        """What was acknowledged against the record."""
        self._books.compare(await self._orders())

    async def _close(self, sold: Counter[tuple[str, str]]) -> None:
        """What the side sale did not sell is back in ordinary sale."""
        for activity in (self._activity, self._side_activity):
            await self._shop.end_sale(activity)
        left = await self._shop.available(self._side)
        expected = SIDE_UNITS - sold[self._side_activity, self._side]
        self._books.verdict.add("stranded", expected - left, f"{left} units of {self._side} came back, not {expected}")
        self._books.verdict.add("oversold", left - expected, f"{left} units of {self._side} came back, not {expected}")

    async def _count(self, when: str) -> None:
        """Units that orders have and units that can be had are all that there are; no subject has more than it may."""
        facts = await self._facts()
        out = sum((units_out(order, facts.refunds.get(order.placed.order_id, [])) for order in facts.orders), Counter())
        for activity, sku, units in await self._on_sale():
            free = await self._shop.available(sku, activity or "retail")
            held = out[activity or "retail", sku]
            self._books.verdict.add(
                "stranded", units - held - free, f"{when}: {sku}: {held} held, {free} free of {units}"
            )
            self._books.verdict.add(
                "oversold", held + free - units, f"{when}: {sku}: {held} held, {free} free of {units}"
            )
        for (subject, name), count in self._holders(facts).items():
            if subject in self._limits:
                self._books.verdict.add(
                    "over_limit", count - self._limits[subject], f"{when}: {subject} {name}: {count}"
                )

    async def _on_sale(self) -> Sequence[tuple[str, str, int]]:
        activity = await self._shop.engine.record.read(lambda unit: unit.activities.get(self._activity))
        assert activity is not None
        [share] = activity.stock
        held_back = 0 if self._hero in activity.released_buffer else share.buffer_of(self.units)
        return (
            (self._activity, self._hero, self.units - held_back),
            (self._side_activity, self._side, SIDE_UNITS),
            ("", self._plain, RETAIL_UNITS),
        )

    def _holders(self, facts: _Facts) -> Counter[tuple[str, str]]:
        holders: Counter[tuple[str, str]] = Counter()
        for order in facts.orders:
            count = units_out(order, facts.refunds.get(order.placed.order_id, []))[self._activity, self._hero]
            for subject in ("buyer", "device", "address"):
                holders[subject, getattr(order.placed, subject)] += count
        return holders

    async def _orders(self) -> list[Order]:
        return (await self._facts()).orders

    async def _facts(self) -> _Facts:
        """This sale's orders, once everything that was acknowledged is drained, and their refunds."""
        await self._shop.barrier()
        mine = {self._hero, self._side, self._plain}

        def read(unit):  # type: ignore[no-untyped-def]
            orders = [
                order
                for order in unit.orders.list("", "", (), "", 1_000_000)
                if any(line.sku in mine for line in order.placed.lines)
            ]
            refunds = {
                order.placed.order_id: unit.refunds.of_order(order.placed.order_id)
                for order in orders
                if order.state in SOLD
            }
            return _Facts(orders, refunds)

        return await self._shop.engine.record.read(read)


async def close_the_books(shop: Shop) -> Verdict:
    """After all sales: the engine's own audit, and its ledger against the channel's books."""
    verdict = Verdict()
    for figure, count in (await shop.audit()).items():
        assert figure in AUDIT_FIGURES
        verdict.add(
            figure, count, f"says the audit: {[each for each in shop.differences if each.startswith(figure)][:3]}"
        )
    held, suspense = await shop.balance("channel:"), await shop.balance("suspense:")
    verdict.add(
        "unbalanced",
        abs(held - shop.till.balance_minor),
        f"{held} in the ledger, {shop.till.balance_minor} at the till",
    )
    verdict.add("unbalanced", abs(suspense), f"{suspense} belongs to nobody")
    return verdict
