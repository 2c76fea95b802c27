"""PlaceOrder one by one beside the bare echo of the same messages, and Quote: what a call costs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.bench import books
from tests.bench.conditions import OPEN_IN_FLIGHT_MAX, OPEN_LOAD, UNARY_IN_FLIGHT, Conditions
from tests.bench.found import Found
from tests.bench.load.processes import run_processes
from tests.bench.load.settings import LoadSettings
from tests.bench.shop import Shop
from tests.bench.usage import usage_of


async def unary(conditions: Conditions) -> Found:
    """Server CPU per call of PlaceOrder, the bare echo's over the engine's: 1.00 would be an engine that costs nothing."""
    seconds = conditions.seconds
    async with _echo() as (pid, address):
        settings = LoadSettings(
            address, "none", [("ECHO", "echo")], "echo", "unary", in_flight=UNARY_IN_FLIGHT, seconds=seconds
        )
        before = usage_of(pid)
        echoed = await run_processes([settings])
        echo_us = usage_of(pid).since(before).engine_cpu_s * 1e6 / echoed.messages
    async with Shop(conditions.folder / "unary", **conditions.engine) as shop:
        before = shop.usage()
        fast = await run_processes([shop.load("fast", form="unary", in_flight=UNARY_IN_FLIGHT, seconds=seconds)])
        engine_us = shop.usage().since(before).engine_cpu_s * 1e6 / fast.messages
        books.all_placed("unary", fast.outcomes)
        rate = OPEN_LOAD * fast.placed_per_second
        calm = await run_processes(
            [
                shop.load(
                    "calm", form="unary", pattern="poisson", rate=rate, seconds=seconds, in_flight=OPEN_IN_FLIGHT_MAX
                )
            ]
        )
        books.all_placed("unary, open loop", calm.outcomes)
        await books.drained(shop, "unary")
        await books.check(shop, "unary", fast.outcomes.placed + calm.outcomes.placed)
    return Found(
        {
            "unary_vs_echo": echo_us / engine_us,
            "unary_echo_cpu_us": echo_us,
            "unary_engine_cpu_us": engine_us,
            "unary_orders_per_second": fast.placed_per_second,
            "unary_p99_ms": fast.latencies.percentile_ms(0.99),
            "unary_open_orders_per_second": calm.placed_per_second,
            "unary_open_p99_ms": calm.latencies.percentile_ms(0.99),
            "echo_calls_per_second": echoed.messages / echoed.seconds,
            "echo_p99_ms": echoed.latencies.percentile_ms(0.99),
        }
    )


async def quote(conditions: Conditions) -> Found:
    """Quote of one line, one by one."""
    async with Shop(conditions.folder / "quote", **conditions.engine) as shop:
        before = shop.usage()
        result = await run_processes(
            [shop.load("quote", form="quote", in_flight=UNARY_IN_FLIGHT, seconds=conditions.seconds)]
        )
        quote_us = shop.usage().since(before).engine_cpu_s * 1e6 / result.messages
        books.all_placed("quote", result.outcomes)
        await books.check(shop, "quote", 0)
    return Found(
        {
            "quotes_per_second": result.messages / result.seconds,
            "quote_engine_cpu_us": quote_us,
            "quote_p99_ms": result.latencies.percentile_ms(0.99),
        }
    )


@asynccontextmanager
async def _echo() -> AsyncIterator[tuple[int, str]]:
    """Its process id and address."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.echo", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        yield process.pid, (await process.stdout.readline()).decode().rpartition(" ")[2].strip()
    finally:
        process.terminate()
        await process.wait()
