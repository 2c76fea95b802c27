"""django-oscar placing orders: baskets, prices and OrderCreator as its checkout calls them, on the PostgreSQL of this machine."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import sys
from contextlib import AsyncExitStack
from typing import Any, cast

import psycopg
from sqlalchemy.engine import make_url

from tests.bench.books import Wrong
from tests.bench.conditions import Conditions
from tests.bench.found import Found
from tests.bench.load.histogram import Latencies
from tests.bench.peers.missing import NotHere
from tests.support.postgres import PostgresServer

WORKERS = 4
STOCK = 1_000_000
#: Of its sale, at its pace: 1,000 units would take it half a minute.
HOT_UNITS, HOT_ATTEMPTS = 100, 200
HOT_UNITS_LONG, HOT_ATTEMPTS_LONG = 1_000, 2_000


async def oscar(conditions: Conditions) -> Found:
    """Figures
        oscar_orders_per_second, oscar_p99_ms    four workers, enough stock, no web server before them
        oscar_hot_units, oscar_hot_sold, oscar_hot_oversold    a sale with twice as many attempts as units

    Its own overselling is a figure, not a failure of this run; orders that it counts wrongly are.
    """
    if importlib.util.find_spec("oscar") is None:
        raise NotHere("django-oscar is not installed; pip install 'tuan[bench]'")
    units, attempts = (HOT_UNITS_LONG, HOT_ATTEMPTS_LONG) if conditions.long else (HOT_UNITS, HOT_ATTEMPTS)
    with PostgresServer(fsync=True) as server:
        url = make_url(server.create_database())
        where = {"host": str(url.query["host"]), "database": str(url.database)}
        ids = await _prepare({**where, "units": STOCK, "hot_units": units})
        results = await _sell({**where, "product_id": ids["many"], "seconds": conditions.seconds, "attempts": 10**9})
        sold = _check(where, ids["many"], results)
        hot = await _sell({**where, "product_id": ids["hot"], "seconds": 600, "attempts": attempts // WORKERS})
        hot_sold = _check(where, ids["hot"], hot)
    latencies = Latencies()
    for result in results:
        for latency_s in result["latencies_s"]:
            latencies.record_s(latency_s)
    return Found(
        {
            "oscar_orders_per_second": sold / max(result["seconds"] for result in results),
            "oscar_p99_ms": latencies.percentile_ms(0.99),
            "oscar_hot_units": units,
            "oscar_hot_sold": hot_sold,
            "oscar_hot_oversold": max(0, hot_sold - units),
        }
    )


async def _prepare(settings: dict[str, Any]) -> dict[str, int]:
    worker = await _start("prepare", settings)
    return cast(dict[str, int], await _heard(worker))


async def _sell(settings: dict[str, Any]) -> list[dict[str, Any]]:
    """What all workers, begun together, have done."""
    async with AsyncExitStack() as stack:
        workers = []
        for _ in range(WORKERS):
            worker = await _start("sell", settings)
            stack.push_async_callback(worker.wait)
            workers.append(worker)
        for worker in workers:
            assert worker.stdout is not None
            await worker.stdout.readline()
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write(b"go\n")
        return await asyncio.gather(*(_heard(worker) for worker in workers))


async def _start(mode: str, settings: dict[str, Any]) -> asyncio.subprocess.Process:
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.peers.oscar_worker", mode,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 28,
    )  # fmt: skip
    assert worker.stdin is not None
    worker.stdin.write(json.dumps(settings).encode() + b"\n")
    return worker


async def _heard(worker: asyncio.subprocess.Process) -> Any:
    assert worker.stdout is not None
    line = await worker.stdout.readline()
    if not line:
        raise RuntimeError(f"a worker of django-oscar ended with status {await worker.wait()}")
    return json.loads(line)


def _check(where: dict[str, str], product_id: int, results: list[dict[str, Any]]) -> int:
    """Its orders, its allocations and what it told its buyers are the same number. Raises Wrong."""
    told = sum(result["placed"] for result in results)
    with psycopg.connect(host=where["host"], user="postgres", dbname=where["database"]) as connection:
        orders, allocated = (
            connection.execute(query.encode(), (product_id,)).fetchone()[0]  # type: ignore[index]
            for query in (
                "SELECT coalesce(sum(quantity), 0) FROM order_line WHERE product_id = %s",
                "SELECT coalesce(num_allocated, 0) FROM partner_stockrecord WHERE product_id = %s",
            )
        )
    if not told == orders == allocated:
        raise Wrong(f"django-oscar: {told} told, {orders} ordered, {allocated} allocated")
    return told
