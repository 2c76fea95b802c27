"""The claims core through its adapter beside redis-py that drives the same script with ready-made batches."""

from __future__ import annotations

import asyncio

from tests.bench import script_bench
from tests.bench.conditions import BATCH, Conditions
from tests.bench.found import Found


async def raw(conditions: Conditions) -> Found:
    figures = await asyncio.to_thread(script_bench.measure, BATCH, conditions.seconds / 2)
    figures["redis_bytes_per_reservation"] = figures.pop("bytes_per_reservation")
    return Found(figures)
