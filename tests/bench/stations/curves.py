"""How cost and latency change with what there is: load, open reservations, SKUs, activities and rules."""

from __future__ import annotations

import gc
from collections.abc import Sequence

from tests.bench import books, rules_bench
from tests.bench.conditions import BATCH, LOAD_PROCESSES, Conditions
from tests.bench.found import Curve, Found, Point
from tests.bench.shop import Shop
from tests.bench.stations import placing
from tuan_rules.pricing.ruleset import Ruleset

#: Of the peak.
LOADS = (0.1, 0.25, 0.5, 0.7, 0.8, 0.9, 1.0, 1.1)
LATENCY_MS_MAX = 65.0
RESERVATIONS = (1_000, 10_000, 50_000)
RESERVATIONS_LONG = (1_000, 10_000, 100_000, 1_000_000)
SKUS, SKUS_LONG = (1_000, 10_000), (1_000, 10_000, 100_000, 1_000_000)
ACTIVITIES, ACTIVITIES_LONG = (1, 10, 100), (1, 100, 1_000, 10_000, 100_000)
RULES, RULES_LONG = (100, 1_000, 10_000), (100, 1_000, 10_000, 100_000)


async def load(conditions: Conditions) -> Found:
    """Latency of batches by the orders a second that are offered, open loop.

    `batch_orders_per_second_within_65_ms`: the most that were placed a second while 99 of 100 messages took no longer.
    """
    seconds = conditions.seconds / 2
    lines: dict[str, list[Point]] = {"p50": [], "p99": [], "p99.9": []}
    within = 0.0
    async with Shop(conditions.folder / "curve-load", **conditions.engine) as shop:
        fast = await placing.peak(shop, "batch", seconds)
        placed = fast.outcomes.placed
        for share in LOADS:
            await books.drained(shop, "load")
            found = await placing.scheduled(shop, "batch", seconds, share * fast.placed_per_second)
            placed += found.outcomes.placed
            offered = found.outcomes.all / seconds
            for name, points in lines.items():
                points.append((offered, found.latencies.percentile_ms(float(name[1:]) / 100)))
            if found.latencies.percentile_ms(0.99) <= LATENCY_MS_MAX:
                within = max(within, found.placed_per_second)
        await books.drained(shop, "load")
        await books.check(shop, "load", placed)
    curve = Curve("latency_vs_load", "Latency of batches, open loop", "orders offered a second", "ms", lines)
    return Found({"batch_orders_per_second_within_65_ms": within}, [curve])


async def reservations(conditions: Conditions) -> Found:
    """CPU of an order, Redis' memory of an order and the engine's memory, by orders that are open."""
    marks = RESERVATIONS_LONG if conditions.long else RESERVATIONS
    cpu: dict[str, list[Point]] = {"engine and drain": [], "Redis": []}
    memory: list[Point] = []
    figures: dict[str, float] = {}
    async with Shop(conditions.folder / "curve-reservations", **conditions.engine) as shop:
        empty_bytes, placed = shop.redis_bytes(), 0
        for mark in marks:
            missing = (mark - placed) // BATCH // LOAD_PROCESSES
            if missing:
                placed += (await placing.peak(shop, "batch", 3_600, missing)).outcomes.placed
            await books.drained(shop, "reservations")
            each_bytes = (shop.redis_bytes() - empty_bytes) / placed
            before = shop.usage()
            found = await placing.peak(shop, "batch", conditions.seconds)
            await books.drained(shop, "reservations")
            used = shop.usage().since(before)
            books.all_placed("reservations", found.outcomes)
            cpu["engine and drain"].append((mark, used.engine_cpu_s * 1e6 / found.outcomes.placed))
            cpu["Redis"].append((mark, used.redis_cpu_s * 1e6 / found.outcomes.placed))
            memory.append((mark, used.engine_rss_bytes / 2**20))
            figures[f"reservations_{mark}_redis_bytes_each"] = each_bytes
            figures[f"reservations_{mark}_engine_rss_mb"] = used.engine_rss_bytes / 2**20
            placed += found.outcomes.placed
        await books.check(shop, "reservations", placed)
    figures |= _growth("reservations", cpu, marks)
    return Found(
        figures,
        [
            Curve("cost_vs_reservations", "CPU of an order", "orders that are open", "µs", cpu),
            Curve(
                "memory_vs_reservations", "Memory of the engine", "orders that are open", "MiB", {"resident": memory}
            ),
        ],
    )


async def skus(conditions: Conditions) -> Found:
    """CPU of an order, by the SKUs in the catalogue; a sale sells a hundred of them."""
    return await _cost_by(
        conditions, "skus", SKUS_LONG if conditions.long else SKUS, "an order", "SKUs in the catalogue"
    )


async def activities(conditions: Conditions) -> Found:
    """CPU of an order of one sale, by the sales that run beside it."""
    marks = ACTIVITIES_LONG if conditions.long else ACTIVITIES
    return await _cost_by(conditions, "activities", marks, "an order of one sale", "sales that run")


async def _cost_by(conditions: Conditions, what: str, marks: Sequence[int], of: str, by: str) -> Found:
    """`what`: the shop's setting that grows."""
    cpu: dict[str, list[Point]] = {"engine and drain": [], "Redis": []}
    for mark in marks:
        await _one(conditions, cpu, mark, **{what: mark})
    curve = Curve(f"cost_vs_{what}", f"CPU of {of}", by, "µs", cpu)
    return Found(_growth(what, cpu, marks), [curve])


async def rules(conditions: Conditions) -> Found:
    """CPU of a price, by the rules that are in force."""
    marks = RULES_LONG if conditions.long else RULES
    lines: dict[str, list[Point]] = {"one line": [], "ten lines": []}
    for mark in marks:
        ruleset = Ruleset.of(rules_bench.packages(mark), rules_bench.VOCABULARY)
        carts = {"one line": rules_bench.cart_of(1), "ten lines": rules_bench.cart_of(10)}
        gc.collect()
        calls = {name: (lambda cart=cart, ruleset=ruleset: ruleset.price(cart)) for name, cart in carts.items()}
        for name, us in rules_bench.best_us(calls).items():
            lines[name].append((mark, us))
    curve = Curve("cost_vs_rules", "CPU of a price", "rules in force", "µs", lines)
    return Found(_growth("rules", lines, marks), [curve])


async def _one(conditions: Conditions, cpu: dict[str, list[Point]], mark: int, **sizes: int) -> None:
    """A shop of this size; where there are several sales, all orders are of the first."""
    async with Shop(conditions.folder / f"curve-{mark}-{'-'.join(sizes)}", **sizes, **conditions.engine) as shop:
        shop.goods = [goods for goods in shop.goods if goods[1] == shop.goods[0][1]]
        before = shop.usage()
        found = await placing.peak(shop, "batch", conditions.seconds)
        await books.drained(shop, "sizes")
        used = shop.usage().since(before)
        books.all_placed("sizes", found.outcomes)
        await books.check(shop, "sizes", found.outcomes.placed)
    cpu["engine and drain"].append((mark, used.engine_cpu_s * 1e6 / found.outcomes.placed))
    cpu["Redis"].append((mark, used.redis_cpu_s * 1e6 / found.outcomes.placed))


def _growth(name: str, lines: dict[str, list[Point]], marks: tuple[int, ...]) -> dict[str, float]:
    """All that is added up, at the largest size over that at the smallest."""
    first, last = (sum(points[at][1] for points in lines.values()) for at in (0, -1))
    return {f"{name}_cost_growth_{marks[0]}_to_{marks[-1]}": last / first}
