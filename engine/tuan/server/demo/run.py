"""The course of the demo: open, rush, crash, recover, pay, expire; groups that complete or fail; close, audit."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from tuan.server import example
from tuan.server.demo.cashier import Cashier
from tuan.server.demo.crowd import CrowdSettings, encode
from tuan.server.demo.engine_process import EngineProcess
from tuan.server.demo.lottery import Lottery
from tuan.server.demo.tail import Tail
from tuan.server.demo.waiting import until, until_activity
from tuan_client import AsyncClient, ClientConfig
from tuan_client.values.admin import AuditResponse
from tuan_client.values.campaign import ActivityState
from tuan_client.values.order import Order, OrderState

HOLD_S = 10
#: Orders acknowledged when the engine is killed.
KILL_AFTER = 400
CROWD_PROCESSES = 3
ROUNDS_MAX = 3
SETTLE_S_MAX = 40.0
FIGURES = ("oversold", "stranded", "lost", "duplicated", "unbalanced")


@dataclass(slots=True)
class Tally:
    """What the buyers saw: `orders` are the acknowledged ones, `late` those who found it sold out."""

    counts: dict[int, Counter[str]] = field(default_factory=dict)
    orders: dict[str, int] = field(default_factory=dict)
    late: list[int] = field(default_factory=list)

    def total(self) -> Counter[str]:
        return sum(self.counts.values(), Counter())


class Demo:
    def __init__(self, buyers: int, seed: int, data_dir: Path, console: Console) -> None:
        self._buyers = buyers
        self._seed = seed
        self._console = console
        self._engine = EngineProcess(
            data_dir, payment_hold_ms=str(HOLD_S * 1_000), payment_window_ms=str(HOLD_S * 1_000)
        )
        self._tally = Tally()
        self._killed = asyncio.Event()
        self._streams = 0

    async def run(self) -> dict[str, int]:
        """The five figures of the final audit, what the buyers themselves saw included."""
        started_s = await self._engine.start()
        self._console.print(f"engine up in {started_s:.1f} s on {self._engine.address}, embedded Redis and SQLite")
        config = ClientConfig(self._engine.address, token=self._engine.key, deadline_s=60, attempt_count_max=500)
        try:
            async with AsyncClient(config) as client:
                return await self._play(client)
        finally:
            await self._engine.stop()

    async def _play(self, client: AsyncClient) -> dict[str, int]:
        activity_id = await example.load(client, f"{HOLD_S}s")
        units = await _available(client, activity_id)
        self._console.print(
            f"catalogue imported, rules published: {activity_id} sells {units} units, 100 more in its buffer"
        )
        cashier = Cashier(client, self._seed, HOLD_S)
        await cashier.prepare()
        begun = time.monotonic()
        with self._progress() as progress:
            crash = asyncio.create_task(self._crash())
            await self._rush(activity_id, list(range(self._buyers)), 1, progress, cashier)
            await crash
            rush_s = time.monotonic() - begun
            for released in await client.flash_sales.release_buffer(activity_id):
                self._console.print(f"buffer released: {released.quantity} units of {released.sku}")
            for round_ in range(2, ROUNDS_MAX + 1):
                await self._come_back(client, activity_id, round_, progress, cashier)
            tail, lottery = Tail(client, cashier), Lottery(client, cashier)
            await tail.play(progress)
            await lottery.play(progress)
            await cashier.finish()
            orders = await self._settle(client, activity_id, progress)
            await asyncio.gather(tail.close(), lottery.close())
        report = await client.admin.audit()
        self._print_figures([order for order in orders if _is_of(order, activity_id)], cashier, rush_s)
        for line in (*tail.told(orders), *lottery.told()):
            self._console.print(line)
        found = self._figures(report, orders, activity_id)
        outside = tail.figures(orders) + lottery.figures(orders)
        return {name: count + outside[name] for name, count in found.items()}

    async def _rush(
        self, activity_id: str, numbers: list[int], round_: int, progress: Progress, cashier: Cashier
    ) -> None:
        task = progress.add_task(f"round {round_}: buyers", total=len(numbers))
        sold = progress.add_task(f"round {round_}: orders placed", total=None)
        shares = [numbers[start::CROWD_PROCESSES] for start in range(CROWD_PROCESSES)]
        await asyncio.gather(
            *(
                self._crowd(
                    CrowdSettings(
                        self._engine.address,
                        self._engine.key,
                        activity_id,
                        example.HERO_SKU,
                        tuple(share),
                        round_,
                        self._seed,
                    ),
                    progress,
                    (task, sold),
                    cashier,
                )
                for share in shares
                if share
            )
        )

    async def _come_back(
        self, client: AsyncClient, activity_id: str, round_: int, progress: Progress, cashier: Cashier
    ) -> None:
        """Those who were too late ask again for what was released, or was not paid for in time."""
        deadline = time.monotonic() + HOLD_S + 3
        while not (available := await _available(client, activity_id)):
            if time.monotonic() > deadline:
                return
            await asyncio.sleep(0.25)
        numbers, self._tally.late = self._tally.late[: 2 * available], self._tally.late[2 * available :]
        if numbers:
            await self._rush(activity_id, numbers, round_, progress, cashier)

    async def _crowd(
        self, settings: CrowdSettings, progress: Progress, tasks: tuple[TaskID, TaskID], cashier: Cashier
    ) -> None:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tuan.server.demo.crowd",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=1 << 24,
        )
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(encode(settings).encode() + b"\n")
        await process.stdin.drain()
        self._streams += 1
        stream = self._streams
        async for line in process.stdout:
            told = json.loads(line)
            before = self._tally.counts.get(stream, Counter())
            self._tally.counts[stream] = counts = Counter(told["counts"])
            self._tally.late += told["late"]
            for order_id, number in told["orders"]:
                self._tally.orders[order_id] = number
                cashier.take(order_id)
            progress.advance(tasks[0], counts["buyers"] - before["buyers"])
            progress.advance(tasks[1], counts["placed"] - before["placed"])
            if len(self._tally.orders) >= KILL_AFTER:
                self._killed.set()
        if await process.wait():
            raise RuntimeError(f"a crowd of buyers ended with status {process.returncode}")

    async def _crash(self) -> None:
        """kill -9 in the middle of the rush, and up again on what the disk has."""
        try:
            await asyncio.wait_for(self._killed.wait(), 60)
        except TimeoutError:
            self._console.print("[red]the rush was too slow to be killed in its middle[/red]")
        self._engine.kill()
        self._console.print(f"[bold]kill -9[/bold] after {len(self._tally.orders)} acknowledged orders")
        took_s = await self._engine.start()
        self._console.print(f"engine up again in {took_s:.1f} s")

    async def _settle(self, client: AsyncClient, activity_id: str, progress: Progress) -> list[Order]:
        """Wait until nothing is pending, close the sale, and wait until what was left is back on the ordinary shelf."""
        task = progress.add_task("payments, callbacks and expiry", total=1)
        await until("nothing is pending", partial(self._nothing_pending, client), SETTLE_S_MAX)
        progress.advance(task)
        task = progress.add_task("sale closes, leftovers go back", total=1)
        await client.campaigns.close_activity(activity_id)
        await until_activity(client, activity_id, ActivityState.CLOSED)
        progress.advance(task)
        return [order async for order in client.orders.list_orders(page_size=500)]

    async def _nothing_pending(self, client: AsyncClient) -> bool:
        async for _ in client.orders.list_orders(
            states=[OrderState.PENDING_PAYMENT, OrderState.REFUNDING], page_size=1
        ):
            return False
        return not [job async for job in client.admin.list_jobs()]

    def _print_figures(self, orders: list[Order], cashier: Cashier, rush_s: float) -> None:
        counts = self._tally.total()
        states = Counter(order.state.name.lower() for order in orders)
        sold = sum(line.quantity for order in orders if order.payment_id for line in order.lines)
        paid_minor = sum(order.paid.amount_minor for order in orders)
        refused = {name: count for name, count in counts.items() if name not in ("buyers", "placed", "duplicated")}
        self._console.print(f"buyers served      {counts['buyers']:,} in {rush_s:.1f} s, the crash included")
        self._console.print(f"orders placed      {counts['placed']:,}; acknowledged ids {len(self._tally.orders):,}")
        self._console.print(f"units sold         {sold:,} of 1,000")
        self._console.print(f"orders by state    {_listed(states)}")
        self._console.print(f"refused            {_listed(Counter(refused))}")
        self._console.print(
            f"payments           {_listed(cashier.counts)}; each callback delivered twice, in reverse order"
        )
        self._console.print(f"money kept         {paid_minor / 100:,.2f} CNY")

    def _figures(self, report: AuditResponse, orders: list[Order], activity_id: str) -> dict[str, int]:
        """The engine's audit, and what an outsider can check: every acknowledged order is there, and none of them twice."""
        for difference in report.differences[:20]:
            self._console.print(
                f"[red]{difference.figure}: {difference.shard} {difference.subject}: {difference.message}[/red]"
            )
        figures = {name: int(getattr(report, name)) for name in FIGURES}
        known = {order.order_id for order in orders}
        figures["lost"] += len(set(self._tally.orders) - known)
        figures["duplicated"] += self._tally.total()["duplicated"]
        mine = [order for order in orders if _is_of(order, activity_id)]
        sold = sum(line.quantity for order in mine if order.payment_id for line in order.lines)
        figures["oversold"] += max(0, sold - 1_000)
        return figures

    def _progress(self) -> Progress:
        columns = (TextColumn("{task.description:<34}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        return Progress(*columns, console=self._console, refresh_per_second=4)


async def _available(client: AsyncClient, activity_id: str) -> int:
    page = await client.flash_sales.get_sale(activity_id, "guest", "guest")
    return sum(item.available for item in page.items)


def _is_of(order: Order, activity_id: str) -> bool:
    return any(line.activity_id == activity_id for line in order.lines)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.most_common()) or "none"


def play(buyers: int, seed: int, data_dir: Path | None) -> dict[str, int]:
    """Run the demo in `data_dir`, or in a folder of its own that is removed at the end."""
    console = Console(highlight=False)
    with tempfile.TemporaryDirectory(prefix="tuan-demo-") as folder:
        return asyncio.run(Demo(buyers, seed, data_dir or Path(folder), console).run())
