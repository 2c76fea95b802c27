"""The measurements of the bench, each with its own check that the work was really done."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path

from tests.bench.load import LoadSettings, percentile, run_processes
from tests.bench.machine import cpu_seconds
from tests.bench.shop import SKU, Shop

#: Messages of 128 orders (an engine takes up to 256), enough of them under way to keep the claims store busy while others are
#: priced. With 64 a message the same engine takes a sixth less: each message costs it some 2 ms, whatever is in it.
BATCH = 128
BATCHES_IN_FLIGHT = 4
LOAD_PROCESSES = 2
UNARY_IN_FLIGHT = 32


async def unary_vs_echo(folder: Path, seconds: float) -> dict[str, float]:
    """Server CPU per unary PlaceOrder, the bare echo's over the engine's; 1.00 would be an engine that costs nothing."""
    echo_us = await _echo_cpu_us(seconds)
    async with Shop(folder / "unary") as shop:
        engine_us, result = await _cpu_us(shop.engine.pid, _load(shop, 1, UNARY_IN_FLIGHT, seconds, "unary"))
        if result.failed or not result.placed:
            raise RuntimeError(f"unary: {result.placed} placed, {result.refused} refused, {result.failed} failed")
    return {
        "unary_vs_echo": echo_us / engine_us,
        "unary_echo_cpu_us": echo_us,
        "unary_engine_cpu_us": engine_us,
        "unary_orders_per_second": result.placed / result.seconds,
        "unary_p99_ms": percentile(result.latencies_ms, 0.99),
    }


async def batch_path(folder: Path, seconds: float, ack: str) -> dict[str, float]:
    """Orders per second through BatchPlaceOrders with everything on disk, the drain running, and the audit clean afterwards."""
    async with Shop(folder / f"batch-{ack}", ack=ack) as shop:
        lags: list[float] = []
        watcher = asyncio.create_task(_watch_lag(shop, lags))
        settings = [
            _load(shop, BATCH, BATCHES_IN_FLIGHT, seconds, f"batch{number}")[0] for number in range(LOAD_PROCESSES)
        ]
        cpu_before = cpu_seconds(shop.engine.pid)
        result = await run_processes(settings)
        cpu_us = (cpu_seconds(shop.engine.pid) - cpu_before) * 1e6 / max(1, result.placed)
        watcher.cancel()
        async with shop.client() as client:
            audit = await client.admin.audit(timeout_s=120)
            stock = (await client.flash_sales.get_sale(shop.activity_id, "auditor", "auditor")).items[0]
        sold = stock.capacity - stock.available
    if result.failed or result.refused or sold != result.placed:
        raise RuntimeError(
            f"batch: {result.placed} acknowledged, {sold} taken, {result.refused} refused, {result.failed} failed"
        )
    figures = (audit.oversold, audit.stranded, audit.lost, audit.duplicated, audit.unbalanced)
    if any(figures):
        raise RuntimeError(f"batch: the audit is not clean: {figures}")
    prefix = "batch" if ack == "aof" else f"batch_{ack}"
    return {
        f"{prefix}_orders_per_second": result.placed / result.seconds,
        f"{prefix}_p50_ms": percentile(result.latencies_ms, 0.50),
        f"{prefix}_p99_ms": percentile(result.latencies_ms, 0.99),
        f"{prefix}_engine_cpu_us_per_order": cpu_us,
        "drain_lag_s_max" if ack == "aof" else f"{prefix}_drain_lag_s_max": max(lags, default=0.0),
    }


def _load(shop: Shop, batch: int, in_flight: int, seconds: float, name: str) -> tuple[LoadSettings, ...]:
    run = f"{name}-{os.urandom(3).hex()}"
    return (LoadSettings(shop.engine.address, shop.engine.key, shop.activity_id, SKU, batch, in_flight, seconds, run),)


async def _watch_lag(shop: Shop, lags: list[float]) -> None:
    """What the engine itself says of its drain, once a second."""
    async with shop.client() as client:
        while True:
            status = await client.admin.get_status()
            lags.append(max((shard.lag.total_seconds() if shard.lag else 0.0 for shard in status.shards), default=0.0))
            await asyncio.sleep(1)


async def _cpu_us(pid: int, settings: tuple[LoadSettings, ...]):  # type: ignore[no-untyped-def]
    before = cpu_seconds(pid)
    result = await run_processes(list(settings))
    return (cpu_seconds(pid) - before) * 1e6 / max(1, result.messages), result


async def _echo_cpu_us(seconds: float) -> float:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.bench.echo", stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        address = (await process.stdout.readline()).decode().rpartition(" ")[2].strip()
        settings = LoadSettings(address, "none", "echo", SKU, 1, UNARY_IN_FLIGHT, seconds, f"echo-{time.time_ns()}")
        used_us, _ = await _cpu_us(process.pid, (settings,))
        return used_us
    finally:
        process.terminate()
        await process.wait()
