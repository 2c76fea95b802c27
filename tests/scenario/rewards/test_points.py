"""Points from earning to expiry. Goal: what buyers have, the claims and the ledger always agree.

Method: a shop on real Redis and both databases, asked over gRPC; balances, ledger and audit after each step.
"""

from __future__ import annotations

import asyncio

import pytest

from tests.scenario.sales.shop import CLEAN, HOLD_MS, Shop
from tuan.usecases.refund_order import WantedUnits
from tuan_client import AsyncClient, CartLine, PlacedOrder, Refusal, RefusalKind
from tuan_client.errors import NotRedeemable
from tuan_points import book

RULES = """
stack "pay" { phase = tender  scope = order  pick = all  base = running }
points "stars" { earn = ¥1.00  worth = ¥0.01  give = off(50%)  stack = stack "pay"  valid = 365d }
"""
STARS = "shop.rules/points/stars"
DAY_MS = 86_400_000


@pytest.fixture(autouse=True)
async def rules(shop: Shop) -> None:
    """S1 at 10.00, and a program: one point per yuan, worth a fen, for at most half of an order, for a year."""
    await shop.stock("S1", 1_000, 10_00)
    await shop.publish(RULES)


async def give(client: AsyncClient, points: int, buyer: str = "b1") -> None:
    assert not await client.points.grant_points(buyer, STARS, points)


async def account(client: AsyncClient, buyer: str = "b1") -> tuple[int, int]:
    """What is available, and what is held."""
    accounts = await client.points.get_points(buyer)
    return (accounts[0].available, accounts[0].held) if accounts else (0, 0)


async def order(client: AsyncClient, points: int = 0, units: int = 1, buyer: str = "b1") -> PlacedOrder | Refusal:
    return await client.place_order(buyer, "CNY", [CartLine("S1", units)], points=points)


async def placed(client: AsyncClient, points: int = 0, units: int = 1) -> PlacedOrder:
    answer = await order(client, points, units)
    assert isinstance(answer, PlacedOrder), answer
    return answer


async def owed(shop: Shop) -> int:
    """Minor units that the ledger says are owed for points."""
    return -await shop.balance("points:")


async def test_earned_at_completion_in_whole_points(shop: Shop, client: AsyncClient) -> None:
    """Goal: a point per yuan paid with money, rounded down, when the goods are there. Method: 3 units, 5.99 of it in points."""
    await give(client, 599)
    bought = await placed(client, 599, units=3)
    assert bought.total.amount_minor == 24_01
    await shop.pay(bought.order_id)
    await shop.ship(bought.order_id)
    await shop.settle()
    assert await account(client) == (0, 0)
    assert await owed(shop) == 0
    await shop.complete(bought.order_id)
    await shop.settle()
    assert await account(client) == (24, 0)
    assert await owed(shop) == 24
    assert await shop.audit() == CLEAN


async def test_at_most_the_stated_part_is_paid_with_points(shop: Shop, client: AsyncClient) -> None:
    """Goal: half of the order, and only those points are used. Method: offer 900 points for 10.00; cancel, and all are back."""
    await give(client, 900)
    bought = await placed(client, 900)
    assert bought.total.amount_minor == 5_00
    assert await account(client) == (400, 500)
    assert [each.expiring for each in await client.points.get_points("b1")] == [400]  # of the available ones
    await shop.cancel(bought.order_id)
    assert await account(client) == (900, 0)
    await placed(client, 900)
    await shop.pass_time(HOLD_MS + 1)
    assert await account(client) == (900, 0)
    assert await shop.audit() == CLEAN


async def test_more_than_there_are_is_refused(shop: Shop, client: AsyncClient) -> None:
    """Goal: nobody spends what they do not have. Method: one too many; 64 orders at once with points for three."""
    await give(client, 300)
    answer = await order(client, 301)
    assert isinstance(answer, Refusal)
    assert (answer.kind, answer.available) == (RefusalKind.NOT_REDEEMABLE, 300)
    with pytest.raises(NotRedeemable, match="300 points are left"):
        await client.pricing.quote("CNY", [CartLine("S1", 1)], buyer_id="b1", points=301)
    answers = await asyncio.gather(*(order(client, 100) for _ in range(64)))
    assert sum(isinstance(answer, PlacedOrder) for answer in answers) == 3
    assert {answer.kind for answer in answers if isinstance(answer, Refusal)} == {RefusalKind.NOT_REDEEMABLE}
    await shop.settle()
    assert await shop.audit() == CLEAN


async def test_refunds_restore_in_proportion_and_exactly(shop: Shop, client: AsyncClient) -> None:
    """Goal: unit by unit, all come back and none more; the money is exactly what was paid. Method: 100 points on 3 units."""
    await give(client, 100)
    bought = await placed(client, 100, units=3)
    await shop.pay(bought.order_id)
    await shop.settle()
    back = []
    for unit in range(3):
        await shop.refund(bought.order_id, WantedUnits(0, 1, unit))
        await shop.settle()
        back.append((await account(client))[0])
    assert back == [34, 67, 100]
    assert await owed(shop) == 100
    assert shop.till.balance_minor == await shop.balance("channel:") == 0
    assert await shop.balance("sales:") == 0
    assert await shop.audit() == CLEAN


async def test_a_refund_takes_back_what_was_earned(shop: Shop, client: AsyncClient) -> None:
    """Goal: points are of what was paid and kept. Method: complete 2 units, refund one; then spend, and refund the other."""
    bought = await placed(client, units=2)
    await shop.pay(bought.order_id)
    await shop.ship(bought.order_id)
    await shop.complete(bought.order_id)
    await shop.settle()
    assert await account(client) == (20, 0)
    await shop.refund(bought.order_id, WantedUnits(0, 1))
    await shop.settle()
    assert await account(client) == (10, 0)
    spent = await placed(client, 10)
    await shop.pay(spent.order_id)
    await shop.refund(bought.order_id)
    await shop.settle()
    assert await account(client) == (-10, 0)  # a debt, which the next points pay first
    assert isinstance(await order(client, 1), Refusal)
    assert await shop.audit() == CLEAN


async def test_points_expire_oldest_first(shop: Shop, client: AsyncClient) -> None:
    """Goal: a year after they came they are gone, not before, and the ledger owes them no more. Method: two lots, one spent in part."""
    await give(client, 100)
    shop.clock.advance(200 * DAY_MS)
    await give(client, 50)
    spent = await placed(client, 30)
    await shop.pay(spent.order_id)
    await shop.settle()
    accounts = await client.points.get_points("b1")
    assert (accounts[0].available, accounts[0].expiring) == (120, 70)
    shop.clock.advance(165 * DAY_MS)
    assert await account(client) == (50, 0)
    assert isinstance(await order(client, 51), Refusal)
    assert await shop.engine.record.write(lambda unit: book.expire(unit, shop.clock.now_ms())) == 1
    assert await shop.engine.record.write(lambda unit: book.expire(unit, shop.clock.now_ms())) == 0
    assert await account(client) == (50, 0)
    assert await owed(shop) == 50
    kinds = [entry.kind async for entry in client.points.list_points_entries("b1")]
    assert kinds == ["expired", "spent", "granted", "granted"]
    assert await shop.audit() == CLEAN


async def test_points_of_an_order_that_was_placed_in_time_count(shop: Shop, client: AsyncClient) -> None:
    """Goal: who ordered with points before they expired has paid with them. Method: expire them between order and payment."""
    await give(client, 100)
    shop.clock.advance(365 * DAY_MS - 1_000)
    bought = await placed(client, 100)
    shop.clock.advance(2_000)
    await shop.engine.record.write(lambda unit: book.expire(unit, shop.clock.now_ms()))
    await shop.pay(bought.order_id)
    await shop.settle()
    assert await account(client) == (0, 0)
    assert await owed(shop) == 0
    assert await shop.audit() == CLEAN


async def test_what_an_order_was_placed_with_pays_for_it(shop: Shop, client: AsyncClient) -> None:
    """Goal: points that expired since are called back before newer ones are touched, once. Method: two lots, three orders of 60 each
    that were placed before, and one after, the first expired, written down in between."""
    await give(client, 100)
    shop.clock.advance(200 * DAY_MS)
    await give(client, 150)
    shop.clock.advance(165 * DAY_MS - 1_000)
    early = [await placed(client, 60) for _ in range(3)]
    assert await account(client) == (70, 180)
    shop.clock.advance(1_000)
    await shop.engine.record.write(lambda unit: book.expire(unit, shop.clock.now_ms()))
    assert await account(client) == (0, 180)  # 150 came and did not expire, 180 are held
    await shop.cancel(early[2].order_id)
    late = await placed(client, 20)
    left = []
    for each in (late, *early[:2]):
        await shop.pay(each.order_id)
        await shop.engine.deliverer.deliver_all()
        left.append((await account(client))[0])
    assert left == [10, 70, 110]  # 150 less 20 of the late one; of the early 120, 100 are those that expired
    kinds = [(entry.kind, entry.points) async for entry in client.points.list_points_entries("b1")]
    assert sorted(points for kind, points in kinds if kind == "unexpired") == [40, 60]
    shop.clock.advance(201 * DAY_MS)
    assert await account(client) == (0, 0)
    while await shop.engine.record.write(lambda unit: book.expire(unit, shop.clock.now_ms())):
        pass
    assert await owed(shop) == 0
    assert await shop.audit() == CLEAN


async def test_what_was_over_when_an_order_was_placed_pays_for_nothing(shop: Shop, client: AsyncClient) -> None:
    """Goal: nobody keeps points by ordering before they are written off. Method: two lots, one over but not written down, an order."""
    await give(client, 100)
    shop.clock.advance(365 * DAY_MS - 1)
    await give(client, 100)
    shop.clock.advance(1)
    assert await account(client) == (100, 0)
    await shop.pay((await placed(client, 100)).order_id)
    await shop.settle()
    assert await account(client) == (0, 0)
    assert await shop.engine.record.write(lambda unit: book.expire(unit, shop.clock.now_ms())) == 1
    assert await account(client) == (0, 0)
    assert await owed(shop) == 0
    assert await shop.audit() == CLEAN


async def test_a_debt_wakes_no_points_of_long_ago(shop: Shop, client: AsyncClient) -> None:
    """Goal: only what expired after the order was placed is called back. Method: expired points, then earned ones that are taken back
    between an order with them and its payment."""
    await give(client, 100)
    shop.clock.advance(365 * DAY_MS)
    await shop.engine.record.write(lambda unit: book.expire(unit, shop.clock.now_ms()))
    earned = await placed(client, units=2)
    await shop.pay(earned.order_id)
    await shop.ship(earned.order_id)
    await shop.complete(earned.order_id)
    await shop.settle()
    spent = await placed(client, 20)
    await shop.refund(earned.order_id)
    await shop.work()
    await shop.engine.deliverer.deliver_all()  # not `settle`: it would let the order expire
    await shop.pay(spent.order_id)
    await shop.settle()
    assert await account(client) == (-20, 0)
    assert await shop.audit() == CLEAN


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
async def test_points_that_are_worth_more_than_when_they_came(shop: Shop, client: AsyncClient) -> None:
    """Goal: the ledger owes what points pay, and nothing for those that are gone. Method: 100 at a fen, then two fen a point; spend
    them in two orders, one of which expired points pay for, and refund one."""
    await give(client, 100)
    await shop.publish(RULES.replace("worth = ¥0.01", "worth = ¥0.02"))
    first = await placed(client, 60)
    assert first.total.amount_minor == 10_00 - 1_20
    await shop.pay(first.order_id)
    await shop.settle()
    assert (await account(client), await owed(shop)) == ((40, 0), 40)
    shop.clock.advance(364 * DAY_MS)
    second = await placed(client, 40)
    shop.clock.advance(DAY_MS)
    await shop.engine.record.write(lambda unit: book.expire(unit, shop.clock.now_ms()))
    await shop.pay(second.order_id)
    await shop.settle()
    assert (await account(client), await owed(shop)) == ((0, 0), 0)
    await shop.refund(first.order_id)
    await shop.settle()
    assert (await account(client), await owed(shop)) == ((60, 0), 1_20)
    assert await shop.balance("sales:") == -10_00
    assert await shop.audit() == CLEAN


async def test_a_present_is_given_once(client: AsyncClient) -> None:
    """Goal: one request, one present. Method: the same request twice."""
    assert [await client.points.grant_points("b1", STARS, 5, request_id="g1") for _ in range(2)] == [
        False,
        True,
    ]
    assert await account(client) == (5, 0)
