"""What the claims core costs: `RedisInventory.reserve` beside redis-py that drives the same script with ready-made batches."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from typing import Any

from tests.support.redis import RedisServer
from tuan.adapters.redis_inventory import RedisInventory, connect, shard_keys
from tuan.adapters.redis_inventory.scripts import script
from tuan.adapters.redis_inventory.wire import reserve_batch
from tuan.domain.claim import Claim, CounterSpec, ReserveRequest

SHARD = "bench"
#: Calls in flight: while Redis works on one, Python prepares the next. The committer of a busy shard does the same.
IN_FLIGHT = 2
#: An order of one line as the engine sends it.
BODY = b"x" * 300

Batch = list[ReserveRequest]


def measure(batch_size: int = 64, seconds: float = 5.0) -> dict[str, float]:
    """Reservations with three claims each (stock, buyer, device within 24 h), all granted, `appendfsync always` on a disk,
    unix socket.

    Returns
        reservations_per_second        through RedisInventory, requests made beforehand
        raw_reservations_per_second    redis-py with the bytes of its EVALSHA made beforehand, its reply not decoded
        adapter_vs_raw                 the first by the second: what the adapter's own Python leaves of the script's speed
        redis_us_per_reservation       CPU of the Redis process, user and system, its AOF included
        bytes_per_reservation          of Redis memory per open reservation, its intent trimmed
    """
    figures: dict[str, float] = {}
    # Memory on a server of its own: what the rates leave behind sets off a rewrite of the AOF, whose buffer counts as memory.
    for part in (_rates, _memory):
        with RedisServer(fsync=True) as server:
            try:
                figures |= asyncio.run(part(server.url, batch_size, seconds))
            finally:
                server.stop()  # the folder's removal would kill it, which the log takes for a misfortune
    return figures


async def _rates(url: str, batch_size: int, seconds: float) -> dict[str, float]:
    client = connect(url)
    inventory = RedisInventory(client)
    await inventory.define(SHARD, 1, "d", [CounterSpec("stock/evening-1", 2**40)])
    made = _batches(batch_size)

    async def adapter(batch: Batch) -> None:
        answers = await inventory.reserve(SHARD, 1, batch)
        assert not answers[0].code

    async def raw(arguments: tuple[Any, ...]) -> None:
        await client.execute_command("EVALSHA", *arguments)

    sha, keys = script("reserve").sha, shard_keys(SHARD)

    def ready(batch: Batch) -> tuple[Any, ...]:
        return (sha, len(keys), *keys, 1, "", reserve_batch(batch))

    await adapter(next(made))
    raw_rates, rates = [], []
    cpu_before, shard_before = await _cpu_s(client), await inventory.shard_state(SHARD)
    # In turns, so that both meet the same disk and the same neighbours.
    for _ in range(4):
        raw_rates.append(await _rate(raw, ready, made, batch_size, seconds / 8))
        rates.append(await _rate(adapter, lambda batch: batch, made, batch_size, seconds / 8))
    cpu_s, shard_after = await _cpu_s(client) - cpu_before, await inventory.shard_state(SHARD)
    assert shard_before and shard_after
    granted = shard_after.sequence - shard_before.sequence
    await client.aclose()
    rate, raw_rate = sum(rates) / len(rates), sum(raw_rates) / len(raw_rates)
    return {
        "batch_size": batch_size,
        "reservations_per_second": round(rate),
        "raw_reservations_per_second": round(raw_rate),
        "adapter_vs_raw": round(rate / raw_rate, 3),
        "redis_us_per_reservation": round(cpu_s / granted * 1e6, 2),
    }


async def _rate(
    call: Callable[[Any], Awaitable[None]],
    prepare: Callable[[Batch], Any],
    made: Iterator[Batch],
    batch_size: int,
    seconds: float,
) -> float:
    """Reservations per second of calls over prepared arguments; the preparing is not timed."""
    done, spent = 0, 0.0
    while spent < seconds:
        prepared = iter([prepare(next(made)) for _ in range(100)])

        async def worker(arguments: Iterator[Any] = prepared) -> None:
            for one in arguments:
                await call(one)

        begun = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(IN_FLIGHT)))
        spent += time.perf_counter() - begun
        done += 100 * batch_size
    return done / spent


async def _cpu_s(client: Any) -> float:
    spent = await client.info("cpu")
    return float(spent["used_cpu_user"] + spent["used_cpu_sys"])


def _batches(batch_size: int) -> Iterator[Batch]:
    """Every order has a buyer, a device and a key of its own, named as long as UUIDs are."""
    numbers = count()
    while True:
        yield [_request(next(numbers)) for _ in range(batch_size)]


def _request(number: int) -> ReserveRequest:
    claims = (
        Claim("stock/evening-1", 1),
        Claim(f"limit/buyer/{number:032x}", 1, limit=2),
        Claim(f"limit/device/{number:032x}", 1, limit=2, window_ms=86_400_000),
    )
    return ReserveRequest(f"{number:036x}", f"{number:032x}", claims, 900_000, BODY, label=f"{number:036x}")


async def _memory(url: str, *_: float) -> dict[str, float]:
    """Growth of used_memory over 100,000 reservations, intents trimmed as the drainer trims them."""
    client = connect(url)
    inventory = RedisInventory(client)
    total, size = 100_000, 200
    await inventory.define(SHARD, 1, "d", [CounterSpec("stock/evening-1", 2**40)])
    before = (await client.info("memory"))["used_memory"]
    made = _batches(size)
    for _ in range(total // size):
        await inventory.reserve(SHARD, 1, next(made))
        await client.execute_command("XTRIM", shard_keys(SHARD).intents, "MAXLEN", 0)
    after = (await client.info("memory"))["used_memory"]
    await client.aclose()
    return {"bytes_per_reservation": round((after - before) / total)}


if __name__ == "__main__":
    sizes = [int(argument) for argument in sys.argv[1:]] or [1, 16, 64, 128]
    for size in sizes:
        print(json.dumps(measure(size)))
