"""Backtests over thousands of orders. Goal: totals right to the cent, progress while they come, and an end at any time.

Method: six orders placed for real, copied in SQL over an hour; the same prices worked out by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection, text

from tests.scenario.sales.shop import Shop
from tuan.adapters.sql_record.tables import orders
from tuan_client import AsyncClient, CartLine, Money
from tuan_client.values import RuleFile, SimulateRulesResponse, SimulationReport

COPIES = 500
STEP_MS = 1_000
HEAD = 'package "shop.rules" { version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }\n'
STACKS = (
    'stack "line" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }\n'
    'stack "order" { phase = order_discount  scope = order  pick = all  base = running }\n'
)
LIVE = STACKS + 'price "tenth" { give = off(10%)  stack = stack "line" }\n'
CANDIDATE = (
    STACKS
    + 'price "seventh" { on = line.sku in ["S1"]  give = off(7%)  stack = stack "line" }\n'
    + 'price "over" { when = cart.subtotal >= ¥100.00  give = off(¥15.00)  stack = stack "order" }\n'
)
#: Units of S1 at 33.33 and of S2 at 9.99, and shipping, of each order.
CARTS = [(1, 1, 0), (3, 0, 600), (0, 11, 0), (4, 1, 0), (2, 2, 100), (7, 3, 599)]


def half_up(numerator: int, denominator: int) -> int:
    return (2 * numerator + denominator) // (2 * denominator)


def live(first: int, second: int, shipping: int) -> int:
    return sum(goods - half_up(goods * 10, 100) for goods in (first * 33_33, second * 9_99)) + shipping


def simulated(first: int, second: int, shipping: int) -> tuple[int, int, int]:
    """The total, and what both rules take off."""
    goods = first * 33_33
    seventh = half_up(goods * 7, 100)
    over = 15_00 if goods + second * 9_99 >= 100_00 else 0
    return goods - seventh + second * 9_99 - over + shipping, seventh, over


@pytest.fixture
async def start(shop: Shop, client: AsyncClient) -> datetime:
    """3,006 orders: six, and a copy of them in turn every second; the time of the first copy."""
    await shop.stock("S1", 1_000, 33_33)
    await shop.stock("S2", 1_000, 9_99)
    await shop.publish(LIVE)
    base_ms = shop.clock.now_ms() + 10_000
    for number, (first, second, shipping) in enumerate(CARTS):
        cart = [CartLine(sku, units) for sku, units in (("S1", first), ("S2", second)) if units]
        money = Money("CNY", shipping) if shipping else None
        placed = await client.place_order(f"b{number}", "CNY", cart, shipping=money, request_id=f"o{number}")
        assert placed.total.amount_minor == live(first, second, shipping)  # type: ignore[union-attr]
    await shop.barrier()

    def copy(connection: Connection) -> None:
        kept = ", ".join(c.name for c in orders.c if c.name not in ("order_id", "request_id", "place_time_ms"))
        connection.execute(
            text(
                f"WITH RECURSIVE many(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM many WHERE n < {COPIES - 1}) "
                # Ids fall while the time rises: the order is that of the time.
                "INSERT INTO orders (order_id, request_id, place_time_ms, "
                f"{kept}) SELECT 'x' || (99999 - n) || request_id, 'x' || n || request_id, "
                f"{base_ms} + (n * {len(CARTS)} + CAST(substr(request_id, 2) AS INTEGER)) * {STEP_MS}, {kept} "
                "FROM orders, many"
            )
        )

    await shop.engine.record.write(lambda unit: copy(unit.connection))
    return datetime.fromtimestamp(base_ms / 1_000, UTC)


async def steps(client: AsyncClient, text: str, **window: object) -> list[SimulateRulesResponse]:
    files = [RuleFile("rules.tuan", HEAD + text)]
    return [step async for step in client.rules.simulate_rules(files=files, **window)]  # type: ignore[arg-type]


def report(found: list[SimulateRulesResponse]) -> SimulationReport:
    last = found[-1].report
    assert last is not None
    return last


async def test_thousands_of_orders_to_the_cent(client: AsyncClient, start: datetime) -> None:
    """Goal: totals by rule and over all, and progress in the order of time. Method: the whole, a window in the midst of it, and what is
    in force against itself; one is given up after its first step."""
    found = await steps(client, CANDIDATE)
    whole = report(found)
    by_hand = [simulated(*cart) for cart in CARTS]
    count = COPIES + 1
    assert (whole.orders, whole.failed, whole.truncated) == (count * len(CARTS), 0, False)
    assert whole.live_total.amount_minor == count * sum(live(*cart) for cart in CARTS)
    assert whole.simulated_total.amount_minor == count * sum(total for total, _, _ in by_hand)
    rules = {rule.rule_id.rpartition("/")[2]: rule for rule in whole.rules}
    assert rules["seventh"].simulated_off_minor == count * sum(seventh for _, seventh, _ in by_hand)
    assert rules["over"].simulated_off_minor == count * sum(over for _, _, over in by_hand)
    assert rules["over"].simulated_orders == count * sum(over > 0 for _, _, over in by_hand)
    assert rules["tenth"].live_orders == count * len(CARTS)
    progress = [step.progress for step in found[:-1] if step.progress is not None]
    assert len(progress) == len(found) - 1 >= 6
    assert [each.orders for each in progress] == sorted({each.orders for each in progress})
    times = [each.reached_time for each in progress if each.reached_time is not None]
    assert times == sorted(times)

    window = {"start_time": at(start, 600), "end_time": at(start, 1_800)}
    part = report(await steps(client, CANDIDATE, **window))
    assert part.orders == 1_200
    assert part.simulated_total.amount_minor == 200 * sum(total for total, _, _ in by_hand)

    async for step in client.rules.simulate_rules(files=[RuleFile("rules.tuan", HEAD + CANDIDATE)]):
        assert step.progress is not None
        break
    same = report(await steps(client, LIVE))
    assert (same.orders, same.cheaper, same.dearer) == (count * len(CARTS), 0, 0)


def at(start: datetime, second: int) -> datetime:
    return datetime.fromtimestamp(start.timestamp() + second, UTC)
