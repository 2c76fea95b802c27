"""Orders by one call until the peak is known, then by schedule at a share of it: what batch and stream have in common."""

from __future__ import annotations

from tests.bench import books
from tests.bench.conditions import (
    BATCH,
    BATCHES_IN_FLIGHT,
    LOAD_PROCESSES,
    OPEN_IN_FLIGHT_MAX,
    OPEN_LOAD,
)
from tests.bench.load.processes import run_processes
from tests.bench.load.settings import Form, LoadResult
from tests.bench.shop import Shop
from tests.bench.stations.lag import LagWatch


async def peak(shop: Shop, form: Form, seconds: float, messages: int = 0) -> LoadResult:
    """Closed loop, as fast as the engine answers; `messages` to each process at most."""
    return await run_processes(
        [
            shop.load(
                f"{form}{n}", form=form, batch=BATCH, in_flight=BATCHES_IN_FLIGHT, seconds=seconds, messages=messages
            )
            for n in range(LOAD_PROCESSES)
        ]
    )


async def scheduled(shop: Shop, form: Form, seconds: float, orders_per_second: float) -> LoadResult:
    """Open loop: random arrivals of batches, so many orders a second on average, whether the engine can or not."""
    rate = orders_per_second / BATCH / LOAD_PROCESSES
    return await run_processes(
        [
            shop.load(
                f"open{n}", form=form, pattern="poisson", rate=rate, seconds=seconds, in_flight=OPEN_IN_FLIGHT_MAX
            )
            for n in range(LOAD_PROCESSES)
        ]
    )


async def measure(
    shop: Shop, form: Form, seconds: float, prefix: str, by_schedule: bool = True, before: int = 0
) -> dict[str, float]:
    """Both, in one engine, and its books afterwards. `before`: orders that it has already.

    Figures, each with `prefix`_
        orders_per_second, p50_ms, p99_ms           at the peak, closed loop
        engine_cpu_us_per_order, redis_..., generator_...   at the peak, the drain included
        drain_lag_s, drain_lag_s_max, drain_catch_up_s      age of the oldest order not yet in SQL, when the peak ends and at its
                                                            worst; and seconds until SQL has all
        open_orders_per_second, open_p50_ms, ...    `by_schedule`: at OPEN_LOAD of the peak, open loop, from the intended time
        open_generator_behind_p99_ms                how late the generator itself was: latencies contain it
    """
    async with LagWatch(shop) as watch:
        begun = shop.usage()
        fast = await peak(shop, form, seconds)
        used = shop.usage().since(begun)
        lag_s = await watch.now_s()
    books.all_placed(prefix, fast.outcomes)
    catch_up_s = await books.drained(shop, prefix)
    placed = fast.outcomes.placed
    each = 1e6 / placed
    figures = {
        "orders_per_second": fast.placed_per_second,
        "p50_ms": fast.latencies.percentile_ms(0.50),
        "p99_ms": fast.latencies.percentile_ms(0.99),
        "engine_cpu_us_per_order": used.engine_cpu_s * each,
        "redis_cpu_us_per_order": used.redis_cpu_s * each,
        "generator_cpu_us_per_order": fast.cpu_s * each,
        "drain_lag_s": lag_s,
        "drain_lag_s_max": watch.max_s,
        "drain_catch_up_s": catch_up_s,
    }
    if by_schedule:
        calm = await scheduled(shop, form, seconds, OPEN_LOAD * fast.placed_per_second)
        books.all_placed(f"{prefix}, open loop", calm.outcomes)
        await books.drained(shop, prefix)
        placed += calm.outcomes.placed
        figures |= {
            "open_orders_per_second": calm.placed_per_second,
            "open_p50_ms": calm.latencies.percentile_ms(0.50),
            "open_p99_ms": calm.latencies.percentile_ms(0.99),
            "open_p999_ms": calm.latencies.percentile_ms(0.999),
            "open_generator_behind_p99_ms": calm.behind.percentile_ms(0.99),
        }
    await books.check(shop, prefix, before + placed)
    return {f"{prefix}_{name}": value for name, value in figures.items()}
