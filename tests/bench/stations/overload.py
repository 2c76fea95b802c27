"""Ten times as much as the engine can: what it still places, and when it is itself again."""

from __future__ import annotations

import asyncio
import math
from contextlib import AsyncExitStack
from statistics import median

from tests.bench import books
from tests.bench.books import Wrong
from tests.bench.conditions import BATCH, LOAD_PROCESSES, OPEN_IN_FLIGHT_MAX, Conditions
from tests.bench.found import Found
from tests.bench.load.histogram import Latencies
from tests.bench.load.processes import GeneratorProcess, together
from tests.bench.load.settings import LoadResult, LoadSettings
from tests.bench.shop import Shop
from tests.bench.stations import placing

FACTOR = 10
#: Buyers who have no answer by then have given up.
PATIENCE_S = 2.0
#: A small load of another caller's kind that runs through all of it, by whose latency the engine is judged.
PROBE_SHARE, PROBE_BATCH = 0.05, 8
BEFORE_S, AFTER_S = 4.0, 12.0
WINDOW_S = 0.5


async def overload(conditions: Conditions) -> Found:
    """Figures
    overload_goodput_vs_peak    orders placed a second, answered in time and while it lasts, over the peak of this engine
    overload_recovery_s         from the end until no half second has a median latency above the p99 of before
    overload_offered_orders_per_second    what really was sent: the generator shares the machine
    """
    seconds = conditions.seconds
    async with Shop(conditions.folder / "overload", **conditions.engine) as shop:
        fast = await placing.peak(shop, "batch", seconds)
        books.all_placed("overload, its peak", fast.outcomes)
        await books.drained(shop, "overload")
        peak = fast.placed_per_second
        flood, probe = await _flood(shop, peak, seconds)
        await books.drained(shop, "overload")
        unknown = flood.outcomes.late + probe.outcomes.late
        await books.check(
            shop, "overload", fast.outcomes.placed + flood.outcomes.placed + probe.outcomes.placed, unknown
        )
    if flood.outcomes.failed or probe.outcomes.failed:
        raise Wrong(f"overload: {flood.outcomes.failed + probe.outcomes.failed} orders failed")
    begun_s, ended_s = flood.begun_s, flood.begun_s + seconds
    good = sum(
        placed
        for due_s, latency_ms, placed in flood.timeline + probe.timeline
        if begun_s <= due_s + latency_ms / 1e3 < ended_s
    )
    # Open loops end when their schedule does, or as late as they were.
    sending_s = seconds + flood.behind.max_ms() / 1e3
    before = Latencies()
    for due_s, latency_ms, _ in probe.timeline:
        if due_s < begun_s:
            before.record_s(latency_ms / 1e3)
    return Found(
        {
            "overload_peak_orders_per_second": peak,
            "overload_offered_orders_per_second": flood.outcomes.all / sending_s,
            "overload_goodput_orders_per_second": good / seconds,
            "overload_goodput_vs_peak": good / seconds / peak,
            "overload_shed_share": flood.outcomes.shed / flood.outcomes.all,
            "overload_late_share": flood.outcomes.late / flood.outcomes.all,
            "overload_probe_p99_ms_before": before.percentile_ms(0.99),
            "overload_probe_p99_ms": probe.latencies.percentile_ms(0.99),
            "overload_generator_cores": flood.cpu_s / sending_s,
            "overload_recovery_s": recovery_s(probe.timeline, ended_s, before.percentile_ms(0.99)),
        }
    )


def recovery_s(timeline: list[tuple[float, float, int]], ended_s: float, normal_ms: float) -> float:
    """Seconds from `ended_s` to the end of the last window whose median latency is above `normal_ms`; 0.0: there is none.

    Windows are of when messages were due, so that one which nobody answered for a while is as bad as it was.
    """
    windows: dict[int, list[float]] = {}
    for due_s, latency_ms, _ in timeline:
        if due_s >= ended_s:
            windows.setdefault(math.floor((due_s - ended_s) / WINDOW_S), []).append(latency_ms)
    slow = [number for number, latencies in windows.items() if median(latencies) > normal_ms]
    return (max(slow) + 1) * WINDOW_S if slow else 0.0


async def _flood(shop: Shop, peak: float, seconds: float) -> tuple[LoadResult, LoadResult]:
    """The flood's result and the probe's, which begins before it and ends after it."""
    rate = FACTOR * peak / BATCH / LOAD_PROCESSES
    floods = [
        shop.load(
            f"flood{n}", pattern="poisson", rate=rate, seconds=seconds, deadline_s=PATIENCE_S,
            in_flight=OPEN_IN_FLIGHT_MAX, timeline=True,
        )
        for n in range(LOAD_PROCESSES)
    ]  # fmt: skip
    async with AsyncExitStack() as stack:
        probe = await stack.enter_async_context(GeneratorProcess(_probe(shop, peak, seconds)))
        processes = [await stack.enter_async_context(GeneratorProcess(each)) for each in floods]
        probing = asyncio.create_task(probe.run())
        await asyncio.sleep(BEFORE_S)
        flood = together(await asyncio.gather(*(process.run() for process in processes)))
        return flood, await probing


def _probe(shop: Shop, peak: float, seconds: float) -> LoadSettings:
    rate = PROBE_SHARE * peak / PROBE_BATCH
    return shop.load(
        "probe", pattern="steady", rate=rate, seconds=BEFORE_S + seconds + AFTER_S, batch=PROBE_BATCH,
        in_flight=OPEN_IN_FLIGHT_MAX, timeline=True,
    )  # fmt: skip
