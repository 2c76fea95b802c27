"""Groups: joins on the batch path, quick joins one by one, and how soon the members of a complete group have their goods."""

from __future__ import annotations

import math
import time

from tests.bench import books
from tests.bench.books import Wrong
from tests.bench.conditions import OPEN_IN_FLIGHT_MAX, OPEN_LOAD, UNARY_IN_FLIGHT, Conditions
from tests.bench.found import Curve, Found, Point
from tests.bench.group_shop import SEATS, GroupShop, pay, ready_to_ship, taken
from tests.bench.load.processes import run_processes
from tests.bench.load.settings import LoadResult
from tests.bench.stations import placing

#: Joins a second for which there are seats: more than an engine of two cores has ever placed.
_JOINS_PER_SECOND_MAX = 20_000
OPEN_GROUPS, OPEN_GROUPS_LONG = 1_000, 100_000
MARKS, MARKS_LONG = (100, 1_000), (1_000, 10_000, 100_000)
#: Groups whose completion is timed, one after the other; the worst of them counts.
_COMPLETED = 3


async def joins(conditions: Conditions) -> Found:
    """BatchPlaceOrders into groups that are open, in turn, at the peak.

    `group_joins_per_second`, `group_joins_p99_ms`, `group_joins_..._cpu_us_per_order` and the like: see placing.measure
    """
    seats = conditions.seconds * _JOINS_PER_SECOND_MAX
    async with GroupShop(conditions.folder / "group-joins", **conditions.engine) as shop:
        await shop.open_groups(math.ceil(seats / (SEATS - 1)))
        await books.drained(shop, "group_joins")
        figures = await placing.measure(
            shop, "batch", conditions.seconds, "group_joins", by_schedule=False, before=shop.placed
        )
        await _check_sizes(shop)
    return Found({"group_joins_per_second": figures.pop("group_joins_orders_per_second"), **figures})


async def quick_join(conditions: Conditions) -> Found:
    """QuickJoinGroup among many open groups: the peak, then by schedule at OPEN_LOAD of it, which `quick_join_p99_ms` is of."""
    async with GroupShop(conditions.folder / "quick-join", **conditions.engine) as shop:
        await shop.open_groups(OPEN_GROUPS_LONG if conditions.long else OPEN_GROUPS)
        await books.drained(shop, "quick_join")
        before = shop.usage()
        fast = await _quick_joins(shop, conditions.seconds)
        cpu_us = shop.usage().since(before).engine_cpu_s * 1e6 / fast.messages
        rate = OPEN_LOAD * fast.placed_per_second
        calm = await run_processes(
            [
                shop.load(
                    "calm",
                    form="quick_join",
                    pattern="poisson",
                    rate=rate,
                    seconds=conditions.seconds,
                    in_flight=OPEN_IN_FLIGHT_MAX,
                )
            ]
        )
        await books.drained(shop, "quick_join")
        books.all_placed("quick_join", fast.outcomes)
        books.all_placed("quick_join, open loop", calm.outcomes)
        await books.check(shop, "quick_join", shop.placed + fast.outcomes.placed + calm.outcomes.placed)
        await _check_sizes(shop)
    return Found(
        {
            "quick_joins_per_second": fast.placed_per_second,
            "quick_join_engine_cpu_us": cpu_us,
            "quick_join_peak_p99_ms": fast.latencies.percentile_ms(0.99),
            "quick_join_p50_ms": calm.latencies.percentile_ms(0.50),
            "quick_join_p99_ms": calm.latencies.percentile_ms(0.99),
        }
    )


async def completion(conditions: Conditions) -> Found:
    """From the moment at which the last member's payment is taken until every member's order is READY_TO_SHIP; the worst of a few."""
    times_s = []
    async with GroupShop(conditions.folder / "group-completion", **conditions.engine) as shop:
        await shop.open_groups(_COMPLETED)
        async with shop.client() as client:
            for group_id in shop.group_ids:
                members = await shop.place(client, [group_id] * (SEATS - 1))
                await pay(client, members[:-1])
                await books.drained(shop, "group_completion")
                created = await client.payments.create_payment(members[-1:], "sandbox")
                await client.sandbox.pay_now(created.payment.payment_id)
                await taken(client, created.payment.payment_id)
                begun_s = time.monotonic()
                await ready_to_ship(client, [group_id, *members])
                times_s.append(time.monotonic() - begun_s)
                group = (await client.group_buys.get_group(group_id)).group
                if group.paid != SEATS or len(group.members) != SEATS:
                    raise Wrong(f"group_completion: {group.paid} paid of {SEATS}")
        await books.drained(shop, "group_completion")
        await books.check(shop, "group_completion", shop.placed)
    return Found({"group_completion_s": max(times_s), "group_completion_s_min": min(times_s)})


async def by_open_groups(conditions: Conditions) -> Found:
    """CPU of a quick join, by the groups that are open."""
    marks = MARKS_LONG if conditions.long else MARKS
    cpu: dict[str, list[Point]] = {"engine and drain": [], "Redis": []}
    async with GroupShop(conditions.folder / "curve-groups", **conditions.engine) as shop:
        placed = 0
        for mark in marks:
            await shop.open_groups(mark - len(shop.group_ids))
            await books.drained(shop, "curve_groups")
            before = shop.usage()
            found = await _quick_joins(shop, conditions.seconds)
            await books.drained(shop, "curve_groups")
            used = shop.usage().since(before)
            books.all_placed("curve_groups", found.outcomes)
            placed += found.outcomes.placed
            cpu["engine and drain"].append((mark, used.engine_cpu_s * 1e6 / found.messages))
            cpu["Redis"].append((mark, used.redis_cpu_s * 1e6 / found.messages))
        await books.check(shop, "curve_groups", shop.placed + placed)
        await _check_sizes(shop)
    first, last = (sum(points[at][1] for points in cpu.values()) for at in (0, -1))
    curve = Curve("cost_vs_groups", "CPU of a quick join", "groups that are open", "µs", cpu)
    return Found({f"groups_cost_growth_{marks[0]}_to_{marks[-1]}": last / first}, [curve])


async def _quick_joins(shop: GroupShop, seconds: float) -> LoadResult:
    return await run_processes([shop.load("quick", form="quick_join", in_flight=UNARY_IN_FLIGHT, seconds=seconds)])


async def _check_sizes(shop: GroupShop) -> None:
    """No group has more members than seats. Of seats that are held, not paid, the audit knows. Raises Wrong."""
    async with shop.client() as client:
        groups = await shop.groups(client)
    if any(group.seats != SEATS or group.paid > SEATS for group in groups):
        raise Wrong("groups: one is above its size")
