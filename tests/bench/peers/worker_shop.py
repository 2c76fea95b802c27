"""A peer that is a library of its language: worker processes place orders by it on one PostgreSQL, as its web servers would.

A worker reads its settings as a line of JSON. `prepare` prints {"many": id, "hot": id} of two products; `sell` prints `ready`, waits
for a line, and prints {"placed", "seconds", "latencies_s"}.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy.engine import make_url

from tests.bench.books import Wrong
from tests.bench.conditions import Conditions
from tests.bench.load.histogram import Latencies
from tests.support.postgres import PostgresServer

STOCK = 1_000_000
#: Of its sale, at its pace: 1,000 units would take it half a minute or two.
HOT_UNITS, HOT_ATTEMPTS = 100, 200
HOT_UNITS_LONG, HOT_ATTEMPTS_LONG = 1_000, 2_000


@dataclass(frozen=True, slots=True)
class WorkerShop:
    """`ordered`, `taken`: queries for the units of a product that its orders have, and that its stock misses."""

    name: str
    command: tuple[str, ...]
    ordered: str
    taken: str
    workers: int = 4
    environment: Mapping[str, str] = field(default_factory=dict)

    async def measure(self, conditions: Conditions) -> dict[str, float]:
        """Figures, each with its name
            orders_per_second, p99_ms           enough stock, no web server before it
            hot_units, hot_sold, hot_oversold   a sale with twice as many attempts as units; units that orders have and never were
            stock_off, hot_stock_off            units by which its stock differs from its orders afterwards; ours must be 0

        That it sells too much is a figure, not a failure of this run. That we cannot count what it sold is: Wrong.
        """
        units, attempts = (HOT_UNITS_LONG, HOT_ATTEMPTS_LONG) if conditions.long else (HOT_UNITS, HOT_ATTEMPTS)
        with PostgresServer(fsync=True) as server:
            url = make_url(server.create_database())
            where = {"host": str(url.query["host"]), "database": str(url.database)}
            ids = await self._heard(await self._start("prepare", {**where, "units": STOCK, "hot_units": units}))
            results = await self._sell(
                {**where, "product_id": ids["many"], "seconds": conditions.seconds, "attempts": 10**9}
            )
            sold, off = self._count(where, ids["many"], results)
            hot = await self._sell(
                {**where, "product_id": ids["hot"], "seconds": 600, "attempts": attempts // self.workers}
            )
            hot_sold, hot_off = self._count(where, ids["hot"], hot)
        latencies = Latencies()
        for result in results:
            for latency_s in result["latencies_s"]:
                latencies.record_s(latency_s)
        figures = {
            "orders_per_second": sold / max(result["seconds"] for result in results),
            "p99_ms": latencies.percentile_ms(0.99),
            "hot_units": units,
            "hot_sold": hot_sold,
            "hot_oversold": max(0, hot_sold - units),
            "stock_off": abs(off),
            "hot_stock_off": abs(hot_off),
        }
        return {f"{self.name}_{name}": value for name, value in figures.items()}

    async def _sell(self, settings: dict[str, Any]) -> list[dict[str, Any]]:
        """What all workers, begun together, have done."""
        async with AsyncExitStack() as stack:
            workers = []
            for _ in range(self.workers):
                workers.append(await self._start("sell", settings))
                stack.push_async_callback(_ended, workers[-1])
            for worker in workers:
                assert worker.stdout is not None
                if await worker.stdout.readline() != b"ready\n":
                    raise RuntimeError(f"a worker of {self.name} ended with status {await worker.wait()}")
            for worker in workers:
                assert worker.stdin is not None
                worker.stdin.write(b"go\n")
            return list(await asyncio.gather(*(self._heard(worker) for worker in workers)))

    async def _start(self, mode: str, settings: dict[str, Any]) -> asyncio.subprocess.Process:
        worker = await asyncio.create_subprocess_exec(
            *self.command, mode, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 28,
            env={**os.environ, **self.environment},
        )  # fmt: skip
        assert worker.stdin is not None
        worker.stdin.write(json.dumps(settings).encode() + b"\n")
        return worker

    async def _heard(self, worker: asyncio.subprocess.Process) -> Any:
        assert worker.stdout is not None
        line = await worker.stdout.readline()
        if not line:
            raise RuntimeError(f"a worker of {self.name} ended with status {await worker.wait()}")
        return json.loads(line)

    def _count(self, where: dict[str, str], product_id: int, results: list[dict[str, Any]]) -> tuple[int, int]:
        """Units that its orders have, which is what it told its buyers, or Wrong; and how many more its stock misses."""
        told = sum(result["placed"] for result in results)
        with psycopg.connect(host=where["host"], user="postgres", dbname=where["database"]) as connection:
            ordered, taken = (
                int(connection.execute(query.encode(), (product_id,)).fetchone()[0])  # type: ignore[index]
                for query in (self.ordered, self.taken)
            )
        if told != ordered:
            raise Wrong(f"{self.name}: {told} told, {ordered} ordered")
        return told, taken - told


async def _ended(worker: asyncio.subprocess.Process) -> None:
    """It ends by itself when it has told its result; where that was not reached, it is ended."""
    try:
        await asyncio.wait_for(worker.wait(), 10)
    except TimeoutError:
        worker.kill()
        await worker.wait()
