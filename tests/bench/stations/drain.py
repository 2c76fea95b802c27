"""The drain alone: intents of orders that wait in Redis, brought into SQL by one drainer, as fast as it can."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from uuid import UUID

from tests.bench.books import Wrong
from tests.bench.conditions import Conditions
from tests.bench.found import Found
from tests.support.postgres import PostgresServer
from tests.support.redis import RedisServer
from tuan.adapters.clock import SystemClock
from tuan.adapters.redis_inventory import RedisIntentLog, RedisInventory, connect
from tuan.adapters.sql_record import Drainer, SqlRecord
from tuan.codec import encode
from tuan.domain.activity import stock_counter
from tuan.domain.claim import Claim, CounterSpec, ReserveRequest
from tuan.domain.order import Adjustment, OrderLine, OrderPlaced
from tuan.server.drain_thread import drain_settings
from tuan.settings import Settings

SHARD, SKU, BATCH, ORDERS, ORDERS_LONG = "sale", "BENCH", 128, 32_000, 256_000


async def drain(conditions: Conditions) -> Found:
    """Orders a second and CPU of the drain's process per order, into SQLite and into PostgreSQL (whose own CPU is not in it)."""
    orders = ORDERS_LONG if conditions.long else ORDERS
    url = f"sqlite:///{conditions.folder / 'drain.db'}"
    figures = await asyncio.to_thread(_measure, url, orders, "drain")
    with PostgresServer(fsync=True) as server:
        url = server.create_database()
        figures |= await asyncio.to_thread(_measure, url, orders, "drain_postgres")
    return Found(figures)


def _measure(url: str, orders: int, prefix: str) -> dict[str, float]:
    record = SqlRecord(url)
    try:
        record.migrate()
        asyncio.run(record.write(lambda unit: unit.shards.register(SHARD)))
        with RedisServer(fsync=True) as server:
            asyncio.run(_fill(server.url, orders))
            drainer = Drainer(
                record.store, RedisIntentLog(server.url), "bench", SystemClock(), drain_settings(Settings())
            )
            begun_s, cpu_s = time.perf_counter(), time.process_time()
            while drainer.cursors().get(SHARD, 0) < orders:
                drainer.drain_once(100)
            seconds, cpu_s = time.perf_counter() - begun_s, time.process_time() - cpu_s
            server.stop()
        known = asyncio.run(
            record.read(lambda unit: sum(1 for number in _some(orders) if unit.orders.get(_id(number))))
        )
    finally:
        record.close()
    if known != len(_some(orders)):
        raise Wrong(f"{prefix}: SQL knows {known} of {len(_some(orders))} orders that were drained")
    return {f"{prefix}_rows_per_second": orders / seconds, f"{prefix}_cpu_us_per_row": cpu_s / orders * 1e6}


async def _fill(url: str, orders: int) -> None:
    client = connect(url)
    inventory = RedisInventory(client)
    await inventory.define(SHARD, 1, "open", [CounterSpec(stock_counter(SKU), 2**40)])
    for start in range(0, orders, BATCH):
        await inventory.reserve(SHARD, 1, list(_requests(range(start, min(start + BATCH, orders)))))
    await client.aclose()


def _requests(numbers: range) -> Iterator[ReserveRequest]:
    line = OrderLine(0, SKU, 1, SHARD, 5_990, ((1, 2_990),), (Adjustment("flash_sale/bench", -3_000, "merchant"),))
    for number in numbers:
        who = f"{number:032x}"
        placed = OrderPlaced(
            order_id=_id(number), caller="bench", request_id=who, buyer=who, device=who, address=who, currency="CNY",
            total_minor=2_990, lines=(line,), shards=(SHARD,), ruleset_hash="bench", place_time_ms=1,
        )  # fmt: skip
        claims = (
            Claim(stock_counter(SKU), 1),
            Claim(f"limit/buyer/{who}", 1, limit=2),
            Claim(f"limit/device/{who}", 1, limit=2),
        )
        yield ReserveRequest(f"bench:{who}", who, claims, 900_000, encode(placed), label=placed.order_id)


def _id(number: int) -> str:
    """As scattered as real ids are within a moment, and as ordered over time."""
    return str(UUID(int=(number << 64) | (number * 0x9E3779B97F4A7C15 & (1 << 62) - 1)))


def _some(orders: int) -> range:
    return range(0, orders, max(1, orders // 500))
