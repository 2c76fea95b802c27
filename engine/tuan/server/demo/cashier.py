"""Pays for the orders of the demo through the sandbox gateway, which delivers each callback twice and in reverse order."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta

from tuan_client import AsyncClient, TuanApiError
from tuan_client.values.sandbox import SandboxBehaviour

AT_ONCE = 256
#: Of 100 orders: paid at once, paid together with the next one, paid too late, and the rest never.
AT_ONCE_PERCENT, TOGETHER_PERCENT, TOO_LATE_PERCENT = 78, 8, 4


class Cashier:
    """`hold_s`: how long an unpaid order lives; late payers come after it."""

    def __init__(self, client: AsyncClient, seed: int, hold_s: float) -> None:
        self._client = client
        self._dice = random.Random(seed)  # noqa: S311 - a reproducible demo, not a secret
        self._hold_s = hold_s
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._tasks: set[asyncio.Task[None]] = set()
        self._waiting: str | None = None
        self.counts: Counter[str] = Counter()

    async def prepare(self) -> None:
        behaviour = SandboxBehaviour(callback_delay=timedelta(milliseconds=150), duplicate_count=2, reorder=True)
        await self._client.sandbox.configure_sandbox(behaviour)

    def take(self, order_id: str) -> None:
        """Decide what this order's buyer does, and do it in the background."""
        dice = self._dice.randrange(100)
        if dice < AT_ONCE_PERCENT:
            self._spawn([order_id], 0.0)
        elif dice < AT_ONCE_PERCENT + TOGETHER_PERCENT:
            if self._waiting is None:
                self._waiting = order_id
            else:
                self._spawn([self._waiting, order_id], 0.0)
                self._waiting = None
        elif dice < AT_ONCE_PERCENT + TOGETHER_PERCENT + TOO_LATE_PERCENT:
            self._spawn([order_id], self._hold_s + 1.0)
        else:
            self.counts["unpaid"] += 1

    async def pay(self, order_id: str) -> None:
        """At once."""
        await self._pay([order_id], 0.0)

    async def finish(self) -> None:
        """Until every buyer who pays has paid."""
        if self._waiting is not None:
            self._spawn([self._waiting], 0.0)
            self._waiting = None
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _spawn(self, order_ids: list[str], delay_s: float) -> None:
        task = asyncio.create_task(self._pay(order_ids, delay_s))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _pay(self, order_ids: list[str], delay_s: float) -> None:
        """The payment is made out while the orders live; the money of a late payer moves when they are gone."""
        name = order_ids[0]
        async with self._turns:
            try:
                created = await self._client.payments.create_payment(order_ids, "sandbox", request_id=f"p-{name}")
            except TuanApiError as error:
                self.counts[f"not paid: {error.reason or type(error).__name__}"] += len(order_ids)
                return
        await asyncio.sleep(delay_s)
        async with self._turns:
            await self._client.sandbox.pay_now(created.payment.payment_id, request_id=f"n-{name}")
        self.counts["late" if delay_s else "paid"] += len(order_ids)
        if len(order_ids) > 1:
            self.counts["combined payments"] += 1
