"""BatchPlaceOrders: into SQLite acknowledged by Redis or by SQL, and into PostgreSQL acknowledged by SQL."""

from __future__ import annotations

import asyncio

from tests.bench.conditions import Conditions
from tests.bench.found import Found
from tests.bench.shop import Shop
from tests.bench.stations import placing
from tests.support.postgres import PostgresServer


async def aof(conditions: Conditions) -> Found:
    async with Shop(conditions.folder / "batch-aof", ack="aof", **conditions.engine) as shop:
        figures = await placing.measure(shop, "batch", conditions.seconds, "batch")
    # Of all that tells of the drain, this one is what the project is judged by.
    figures |= {name: figures.pop(f"batch_{name}") for name in ("drain_lag_s", "drain_lag_s_max", "drain_catch_up_s")}
    return Found(figures)


async def sql(conditions: Conditions) -> Found:
    async with Shop(conditions.folder / "batch-sql", ack="sql", **conditions.engine) as shop:
        return Found(await placing.measure(shop, "batch", conditions.seconds, "batch_sql", by_schedule=False))


async def postgres(conditions: Conditions) -> Found:
    """PostgreSQL with fsync on, on the same machine; its own CPU is in no figure."""
    with PostgresServer(fsync=True) as server:
        url = server.create_database()
        settings = {"ack": "sql", "database_url": url, **conditions.engine}
        async with Shop(conditions.folder / "batch-postgres", **settings) as shop:
            figures = await placing.measure(shop, "batch", conditions.seconds, "batch_sql_postgres")
        await asyncio.to_thread(server.drop_database, url)
    return Found(figures)
