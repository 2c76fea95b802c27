"""Plays invoices against a running engine and compares its sums with those of the file."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import TypeVar

from tests.replay.invoices import CURRENCY, Invoices, Return, Row
from tuan_client import AsyncClient, CartLine, PlacedOrder
from tuan_client.values.catalogue import InitialStock, Product, Sku
from tuan_client.values.money import Money
from tuan_client.values.order import OrderState
from tuan_client.values.refund import RefundState, RefundUnits

T = TypeVar("T")

AT_ONCE = 32
SETTLE_S_MAX = 120.0
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Sums:
    """What the engine says, in pence."""

    order_count: int = 0
    placed_minor: int = 0
    paid_minor: int = 0
    refunded_minor: int = 0
    failures: list[str] = field(default_factory=list)


class Replay:
    def __init__(self, client: AsyncClient, invoices: Invoices, progress: Progress) -> None:
        self._client = client
        self._invoices = invoices
        self._progress = progress
        self._orders: dict[str, str] = {}
        self._failures: list[str] = []

    async def run(self) -> Sums:
        await self._import()
        sales = self._invoices.sales
        await self._each("orders placed", sales.items(), lambda item: self._place(*item))
        await self._each("orders paid", self._orders.items(), lambda item: self._pay(*item))
        await self._until_paid()
        grouped: dict[tuple[str, str], list[Return]] = defaultdict(list)
        for part in self._invoices.returns:
            grouped[part.cancellation, part.invoice].append(part)
        await self._each("cancellations refunded", grouped.items(), lambda item: self._refund(*item[0], item[1]))
        return await self._sums()

    async def _import(self) -> None:
        products: dict[str, dict[str, Row]] = defaultdict(dict)
        units: dict[str, int] = defaultdict(int)
        for rows in self._invoices.sales.values():
            for row in rows:
                products[row.code].setdefault(row.sku, row)
                units[row.sku] += row.quantity
        items = list(products.items())
        for number, part in enumerate(batched_list(items, 300)):
            await self._client.catalogue.import_products(
                [_product(code, list(skus.values())) for code, skus in part],
                [InitialStock(sku, "replay", units[sku]) for _, skus in part for sku in skus],
                request_id=f"replay-import-{number}",
                timeout_s=60,
            )
            self._progress("catalogue", min(len(items), 300 * (number + 1)), len(items))

    async def _place(self, invoice: str, rows: list[Row]) -> None:
        answer = await self._client.place_order(
            rows[0].customer,
            CURRENCY,
            [CartLine(row.sku, row.quantity) for row in rows],
            region=rows[0].country.replace(" ", "-"),
            request_id=f"invoice-{invoice}",
        )
        if isinstance(answer, PlacedOrder):
            self._orders[invoice] = answer.order_id
            wanted = sum(row.amount_minor for row in rows)
            if answer.total is None or answer.total.amount_minor != wanted:
                self._failures.append(f"invoice {invoice} costs {answer.total}, not {wanted}p")
        else:
            self._failures.append(f"invoice {invoice}: {answer.kind.name} {answer.message}")

    async def _pay(self, invoice: str, order_id: str) -> None:
        created = await self._client.payments.create_payment([order_id], "sandbox", request_id=f"pay-{invoice}")
        await self._client.sandbox.pay_now(created.payment.payment_id, request_id=f"now-{invoice}")

    async def _until_paid(self) -> None:
        async def nothing_pending() -> bool:
            async for _ in self._client.orders.list_orders(states=[OrderState.PENDING_PAYMENT], page_size=1):
                return False
            return True

        await _until(nothing_pending, "payments")

    async def _refund(self, cancellation: str, invoice: str, parts: list[Return]) -> None:
        counts: dict[int, int] = defaultdict(int)
        for part in parts:
            counts[part.line_index] += part.count
        units = [RefundUnits(count, line_index) for line_index, count in counts.items()]
        request_id = f"refund-{cancellation}-{invoice}"
        await self._client.orders.refund_order(self._orders[invoice], units, request_id=request_id)

    async def _sums(self) -> Sums:
        async def nothing_refunding() -> bool:
            for invoice in {part.invoice for part in self._invoices.returns}:
                async for refund in self._client.orders.list_refunds(self._orders[invoice]):
                    if refund.state is not RefundState.SUCCEEDED:
                        return False
            return True

        await _until(nothing_refunding, "refunds")
        sums = Sums(failures=self._failures)
        async for order in self._client.orders.list_orders(page_size=500):
            sums.order_count += 1
            sums.placed_minor += order.total.amount_minor
            sums.paid_minor += order.paid.amount_minor
            sums.refunded_minor += order.refunded.amount_minor
        return sums

    async def _each(self, what: str, items: Iterable[T], work: Callable[[T], Awaitable[None]]) -> None:
        todo = list(items)
        turns = asyncio.Semaphore(AT_ONCE)
        done = 0

        async def one(item: T) -> None:
            nonlocal done
            async with turns:
                await work(item)
            done += 1
            if done % 50 == 0 or done == len(todo):
                self._progress(what, done, len(todo))

        await asyncio.gather(*(one(item) for item in todo))


def batched_list(items: list[T], size: int) -> list[list[T]]:
    return [items[start : start + size] for start in range(0, len(items), size)]


def _product(code: str, rows: list[Row]) -> Product:
    skus = tuple(Sku(row.sku, Money(CURRENCY, row.unit_minor), code, row.title) for row in rows)
    return Product(code, rows[0].title, "replay", skus)


async def _until(done: Callable[[], Awaitable[bool]], what: str) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLE_S_MAX
    while not await done():
        if loop.time() > deadline:
            raise RuntimeError(f"{what} did not settle within {SETTLE_S_MAX:.0f} s")
        await asyncio.sleep(0.2)
