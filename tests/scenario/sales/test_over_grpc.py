"""The same promises through the whole front door: client, batches, gRPC, access control."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenario.sales.over_grpc import client_of
from tests.scenario.sales.shop import CLEAN, Shop
from tests.scenario.sales.till import CODE
from tuan_client import AsyncClient, CartLine, PlacedOrder, Refusal, RefusalKind
from tuan_client.values.order import OrderState

KEY = "a key that only this test knows"


@pytest.fixture
async def client(shop: Shop, tmp_path: Path) -> AsyncIterator[AsyncClient]:
    async with client_of(shop, tmp_path, KEY, admin=True) as connected:
        yield connected


async def test_64_calls_for_one_unit_sell_it_once(shop: Shop, client: AsyncClient) -> None:
    """Goal: one unit has one buyer. Method: 64 calls of the client at the same time; the others hear that it is sold out."""
    await shop.stock("S1", 1)
    answers = await asyncio.gather(
        *(client.place_order(f"b{number}", "CNY", [CartLine("S1", 1)]) for number in range(64))
    )
    assert sum(isinstance(answer, PlacedOrder) for answer in answers) == 1
    kinds = {answer.kind for answer in answers if isinstance(answer, Refusal)}
    assert kinds == {RefusalKind.SOLD_OUT}
    assert await shop.audit() == CLEAN


@pytest.mark.parametrize("seed", range(3))
async def test_a_sale_of_n_units_to_50_n_calls(shop: Shop, client: AsyncClient, seed: int) -> None:
    """Goal: exactly N units are sold over the wire too. Method: more than 50 N concurrent calls with repeats, split lines and a limit per
    buyer; every order is paid by one callback or a combined one, each delivered twice; units, money and limits are counted."""
    dice = random.Random(seed)
    units = dice.randint(5, 10)
    await shop.stock("S1", units)
    activity = await shop.flash_sale(f"wire-{seed}", ["S1"], price_minor=990, limit={"buyer": 2})
    placed: dict[str, PlacedOrder] = {}
    buyers: dict[str, str] = {}
    attempts = 0
    while attempts < 50 * units or await shop.available("S1", activity):
        wanted = [(f"r{dice.randrange(attempts + 40)}", dice.randint(1, 2)) for _ in range(120)]
        attempts += len(wanted)
        calls = [(name, f"b{int(name[1:]) % (units * 2)}", int(name[1:]) % 3 == 0) for name, _ in wanted]
        answers = await asyncio.gather(
            *(
                client.place_order(
                    buyer, "CNY", [CartLine("S1", 1, activity)] * (2 if split else 1), device_id="d", request_id=name
                )
                for name, buyer, split in calls
            )
        )
        for (name, buyer, _), answer in zip(calls, answers, strict=True):
            if isinstance(answer, PlacedOrder):
                assert placed.setdefault(name, answer).order_id == answer.order_id
                buyers[answer.order_id] = buyer
    orders = [order.order_id for order in placed.values()]
    for start in range(0, len(orders), 3):
        await _pay(shop, client, orders[start : start + 3])
    kept = [await client.orders.get_order(order_id) for order_id in orders]
    assert {order.state for order in kept} == {OrderState.READY_TO_SHIP}
    assert sum(line.quantity for order in kept for line in order.lines) == units
    bought = dict.fromkeys(buyers.values(), 0)
    for order in kept:
        bought[buyers[order.order_id]] += sum(line.quantity for line in order.lines)
    assert max(bought.values()) <= 2
    assert shop.till.balance_minor == units * 990 == await shop.balance("channel:")
    assert await shop.audit() == CLEAN


async def _pay(shop: Shop, client: AsyncClient, order_ids: list[str]) -> None:
    created = await client.payments.create_payment(order_ids, CODE)
    body = shop.till.callback(created.payment.payment_id, f"t-{created.payment.payment_id}")
    first, second = [await client.payments.deliver_notice(CODE, body) for _ in range(2)]
    assert (first.replayed, second.replayed) == (False, True)
    await shop.work()
