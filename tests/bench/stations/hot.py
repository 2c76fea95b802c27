"""A flash sale that is over before it has begun: 50,000 attempts for 1,000 units at once, at an engine that has not served anybody."""

from __future__ import annotations

from tests.bench import books
from tests.bench.books import Wrong
from tests.bench.conditions import LOAD_PROCESSES, Conditions
from tests.bench.found import Found
from tests.bench.load.processes import run_processes
from tests.bench.shop import Shop

UNITS, ATTEMPTS, BATCH = 1_000, 50_000, 125


async def hot(conditions: Conditions) -> Found:
    """Exactly all units sold and everybody answered, or Wrong. Latencies are of messages, from the moment of the burst."""
    messages = ATTEMPTS // BATCH // LOAD_PROCESSES
    async with Shop(conditions.folder / "hot", stock=UNITS, **conditions.engine) as shop:
        result = await run_processes(
            [
                shop.load(f"hot{n}", pattern="burst", batch=BATCH, messages=messages, in_flight=messages)
                for n in range(LOAD_PROCESSES)
            ]
        )
        told = result.outcomes
        if told.placed != UNITS or told.late or told.failed or told.all != ATTEMPTS:
            raise Wrong(f"hot: of {ATTEMPTS} attempts for {UNITS} units: {told}")
        await books.drained(shop, "hot")
        await books.check(shop, "hot", told.placed)
    return Found(
        {
            "hot_sold": told.placed,
            "hot_answered": told.all,
            "hot_shed": told.shed,
            "hot_p50_ms": result.latencies.percentile_ms(0.50),
            "hot_p99_ms": result.latencies.percentile_ms(0.99),
            "hot_attempts_per_second": told.all / result.seconds,
        }
    )
