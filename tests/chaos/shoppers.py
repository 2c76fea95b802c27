"""Buyers who never give up: they ask through the client until they are answered, and write down what they were told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import grpc

from tests.chaos.verdict import Verdict
from tests.chaos.world import HOLD_MS
from tuan_client import AsyncClient, CartLine, PlacedOrder, Refusal, RefusalKind, TuanApiError
from tuan_client.values.catalogue import InitialStock, Product, Sku
from tuan_client.values.money import Money
from tuan_client.values.order import OrderState
from tuan_client.values.refund import RefundUnits
from tuan_client.values.ruleset import RuleFile
from tuan_client.values.sandbox import SandboxBehaviour

T = TypeVar("T")

SHOPPERS = 24
#: SKU -> units. One can never be sold out, one is soon, and one is in a flash sale, which is a shard of its own.
STOCK = {"PLENTY": 1_000_000, "SCARCE": 60, "SALE": 100_000}
LIMIT_PER_BUYER = 3
#: Answers to a request whose order has moved on meanwhile; all others but "ask again" are findings.
REFUSALS = frozenset({"ORDER_STATE_CONFLICT", "UNITS_NOT_REFUNDABLE"})


@dataclass(slots=True)
class Journal:
    """What was acknowledged. `placed`: request id -> (order id, total, lines); `notices`: transaction ids; `refunds`: refund ids;
    `acknowledgements` counts them all, `moved` is set with each."""

    placed: dict[str, tuple[str, int, tuple[tuple[str, int], ...]]] = field(default_factory=dict)
    notices: set[str] = field(default_factory=set)
    refunds: dict[str, int] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    verdict: Verdict = field(default_factory=Verdict)
    acknowledgements: int = 0
    moved: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self) -> None:
        self.acknowledgements += 1
        self.moved.set()

    async def wait_for(self, acknowledgements: int) -> None:
        """Until so many were counted."""
        while self.acknowledgements < acknowledgements:
            self.moved.clear()
            await self.moved.wait()


class Shoppers:
    """`set_up`, then `run` until `stop`; then `finish` waits until each has heard the end of what it began."""

    def __init__(self, client: AsyncClient, seed: str) -> None:
        self._client = client
        self._seed = seed
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.journal = Journal()
        self._activity = ""

    async def set_up(self) -> None:
        products = [Product(f"P-{sku}", sku, "goods", (Sku(sku, Money("CNY", 1_990)),)) for sku in STOCK]
        stock = [InitialStock(sku, "main", units) for sku, units in STOCK.items()]
        answer = await self._client.catalogue.import_products(products, stock, request_id="catalogue")
        assert not answer.rejections, answer.rejections
        start = datetime.now(UTC) - timedelta(minutes=1)
        text = f"""package "chaos" {{ version = "1.0.0"  zone = "UTC"  currency = "CNY" }}
flash_sale "chaos" {{
  on = line.sku in ["SALE"]
  price = set(¥9.90)
  active = from {start:%Y-%m-%d %H:%M} until {start + timedelta(hours=20):%Y-%m-%d %H:%M}
  stock = 90% of sku.available
  limit = [{LIMIT_PER_BUYER} per buyer]
  challenge = none
  ticket = false
}}
"""
        published = await self._client.rules.publish_rules([RuleFile("chaos.tuan", text)], request_id="rules")
        [self._activity] = published.activity_ids
        behaviour = SandboxBehaviour(callback_delay=timedelta(milliseconds=40), duplicate_count=2, reorder=True)
        await self._client.sandbox.configure_sandbox(behaviour, request_id="behaviour")

    def run(self) -> None:
        self._tasks = [asyncio.create_task(self._shop(number)) for number in range(SHOPPERS)]

    async def finish(self) -> None:
        self._stopping.set()
        await asyncio.gather(*self._tasks)

    async def _shop(self, number: int) -> None:
        dice = random.Random(f"{self._seed}/{number}")
        turn = 0
        while not self._stopping.is_set():
            turn += 1
            await self._buy(f"{self._seed}-{number}-{turn}", f"b{number}-{turn // 4}", dice)

    async def _buy(self, name: str, buyer: str, dice: random.Random) -> None:
        lines = self._lines(dice)
        copies = 2 if dice.random() < 0.2 else 1
        answers = await asyncio.gather(*(self._place(name, buyer, lines) for _ in range(copies)))
        placed = [answer for answer in answers if isinstance(answer, PlacedOrder)]
        for answer in placed:
            self._acknowledge(name, answer, lines)
        if placed:
            await self._decide(name, placed[0].order_id, dice)

    def _lines(self, dice: random.Random) -> list[CartLine]:
        form = dice.random()
        plenty, sale = CartLine("PLENTY", dice.randint(1, 2)), CartLine("SALE", 1, self._activity)
        if form < 0.45:
            return [plenty]
        if form < 0.60:
            return [sale]
        if form < 0.80:
            return [plenty, sale]
        return [CartLine("SCARCE", 1)]

    async def _place(self, name: str, buyer: str, lines: list[CartLine]) -> PlacedOrder | Refusal | None:
        answer = await self._until_answered(
            lambda: self._client.place_order(buyer, "CNY", lines, device_id=f"d-{buyer}", request_id=name)
        )
        if isinstance(answer, Refusal) and answer.kind not in (RefusalKind.SOLD_OUT, RefusalKind.OVER_LIMIT):
            self.journal.verdict.add("wrong", 1, f"request {name}: {answer}")
        return answer

    def _acknowledge(self, name: str, answer: PlacedOrder, lines: list[CartLine]) -> None:
        told = (answer.order_id, answer.total.amount_minor, tuple((line.sku, line.quantity) for line in lines))
        first = self.journal.placed.setdefault(name, told)
        if first[0] != told[0]:
            self.journal.verdict.add("duplicated", 1, f"request {name} is order {first[0]} and {told[0]}")
        elif first != told:
            self.journal.verdict.add("wrong", 1, f"request {name} was answered with {first} and {told}")
        self.journal.note()

    async def _decide(self, name: str, order_id: str, dice: random.Random) -> None:
        fate = dice.random()
        if fate < 0.55:
            await self._pay(name, order_id, dice)
        elif fate < 0.70:
            order = await self._until_answered(
                lambda: self._client.orders.cancel_order(order_id, request_id=f"c-{name}")
            )
            if order is not None:
                self.journal.cancelled.add(order_id)
                self.journal.note()
        elif fate < 0.78:
            await self._pay_late(name, order_id)
        elif fate < 0.90:
            await self._pay(name, order_id, dice)
            await self._refund(name, order_id)

    async def _pay(self, name: str, order_id: str, dice: random.Random) -> None:
        created = await self._until_answered(
            lambda: self._client.payments.create_payment([order_id], "sandbox", request_id=f"p-{name}")
        )
        if created is not None:
            await self._money_moves(name, created.payment.payment_id, relay=dice.random() < 0.5)

    async def _pay_late(self, name: str, order_id: str) -> None:
        """The payment is made out in time; the money comes when the hold is over."""
        created = await self._until_answered(
            lambda: self._client.payments.create_payment([order_id], "sandbox", request_id=f"p-{name}")
        )
        if created is not None:
            await asyncio.sleep(HOLD_MS / 1_000)
            await self._money_moves(name, created.payment.payment_id, relay=True)

    async def _money_moves(self, name: str, payment_id: str, relay: bool) -> None:
        """The buyer pays. `relay`: somebody brings the callback, and hears that it was taken; else the channel delivers it alone."""
        paid = await self._until_answered(lambda: self._client.sandbox.pay_now(payment_id, request_id=f"n-{name}"))
        if paid is None or not relay:
            return
        callback = paid.callbacks[0]
        noticed = await self._until_answered(
            lambda: self._client.payments.deliver_notice("sandbox", callback.body, callback.headers)
        )
        if noticed is not None:
            self.journal.notices.add(paid.transaction_id)
            self.journal.note()

    async def _refund(self, name: str, order_id: str) -> None:
        """One unit, as soon as the order is paid."""
        for _ in range(50):
            order = await self._until_answered(lambda: self._client.orders.get_order(order_id))
            if order is None or order.state is not OrderState.PENDING_PAYMENT:
                break
            await asyncio.sleep(0.05)
        answer = await self._until_answered(
            lambda: self._client.orders.refund_order(order_id, [RefundUnits(1)], request_id=f"f-{name}")
        )
        if answer is not None:
            self.journal.refunds[answer.refund.refund_id] = answer.refund.amount.amount_minor
            self.journal.note()

    async def _until_answered(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """The answer, however often it has to be asked for; None for a refusal that the course of things explains."""
        while True:
            try:
                return await ask()
            except TuanApiError as error:
                if error.status in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                    continue
                if error.reason not in REFUSALS:
                    self.journal.verdict.add("wrong", 1, f"{error.method} {error.request_id}: {error}")
                return None
