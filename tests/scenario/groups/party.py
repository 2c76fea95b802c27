"""Buyers who open, join and leave groups over gRPC, and a shop that works off what follows when it is told to."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from tests.scenario.groups.notice_board import NoticeBoard
from tests.scenario.sales.shop import Shop
from tests.unit.rules.vocabulary_for_tests import MARKET_VOCABULARY
from tuan.domain.order import OrderState
from tuan.plugin import Activity, CheckedBlock, Notice, PublishContext, Sku, seats_counter
from tuan_client import AsyncClient, CartLine
from tuan_client.values.group_buy import Group, JoinGroupResponse
from tuan_client.values.order import PlaceOrderRequest
from tuan_group_buy.planning import plan_group_buy
from tuan_rules import SourceFile, check

ALWAYS = "active = from 2020-01-01 until 2100-01-01"
WINDOW_MS = 24 * 3_600_000


def block(more: str = "", price: str = "set(¥35.00)", size: int = 3, on_fail: str = "refund(route: original)") -> str:
    """A rule block for SKU S1."""
    return (
        f'group_buy "g" {{ on = line.sku in ["S1"]  {ALWAYS}  price = {price}  size = {size}  window = 24h\n'
        f"  stock = 100% of sku.available  on_fail = {on_fail}  {more}\n}}"
    )


@cache
def _checked(rules: str) -> CheckedBlock:
    text = f'package "shop.rules" {{ version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }}\n{rules}'
    result = check([SourceFile("rules.tuan", text)], MARKET_VOCABULARY)
    assert result.package is not None, result.errors
    return result.package.blocks_of("group_buy")[0]


def offered_activity(activity_id: str, rules: str, sku: str, now_ms: int) -> Activity:
    """What the block becomes, for that SKU at a list price of 59.90."""
    checked = _checked(rules.replace('"S1"', f'"{sku}"'))
    assert checked.window is not None
    goods = Sku(sku, f"P-{sku}", sku, "goods", "CNY", 5_990)
    window = ((checked.window.start_ms, checked.window.end_ms),)
    context = PublishContext("rules", "shop.rules", "Asia/Shanghai", "CNY", now_ms, window, "", lambda *_: [goods])
    [plan] = plan_group_buy(checked, context).activities
    return Activity(
        activity_id=activity_id,
        promotion="group_buy",
        block_id="group_buy/g",
        title=plan.title,
        ruleset_hash="rules",
        start_time_ms=plan.start_time_ms,
        end_time_ms=plan.end_time_ms,
        config=plan.config,
        stock=plan.stock,
        package="shop.rules",
    )


class Party:
    def __init__(self, shop: Shop, client: AsyncClient) -> None:
        self.shop = shop
        self.client = client
        self.calls = client.group_buys
        self.activity_id = ""

    async def begin(self, rules: str, stock: int = 100) -> None:
        """Goods, and the activity that the block becomes, stored as publishing stores it: that builds the rule parser every time, which
        takes longer than all that a test is about.
        """
        await self.shop.stock("S1", stock)
        self.activity_id = "g-w0"
        activity = offered_activity(self.activity_id, rules, "S1", self.shop.clock.now_ms())
        await self.shop.engine.writer.write_and_refresh(lambda unit: unit.activities.put(activity))
        await self.shop.engine.activities.advance_all()
        await self.shop.engine.keeper.refresh()

    async def publish(self, rules: str, stock: int = 100) -> None:
        """The same by the book, for rules with more than the block in them."""
        await self.shop.stock("S1", stock)
        await self.shop.publish(rules)
        await self.shop.engine.activities.advance_all()
        await self.shop.engine.keeper.refresh()
        [activity] = self.shop.engine.host.activities("group_buy")
        self.activity_id = activity.activity_id

    def order(self, buyer: str, quantity: int = 1, request_id: str = "", **more: Any) -> PlaceOrderRequest:
        return PlaceOrderRequest(
            request_id=request_id or self.shop.number(),
            buyer_id=buyer,
            device_id=f"device-of-{buyer}",
            address_id=f"address-of-{buyer}",
            currency_code="CNY",
            lines=(CartLine("S1", quantity, self.activity_id),),
            **more,
        )

    async def work(self) -> None:
        """Until everything that follows from what was done has happened; time stands still."""
        for _ in range(20):
            await self.shop.barrier()
            busy = await self.shop.engine.deliverer.deliver_all()
            busy += await self.shop.engine.jobs.run_due()
            if not busy:
                return
        raise AssertionError("there is always something left to do")

    async def pay(self, *order_ids: str) -> None:
        for order_id in order_ids:
            await self.shop.pay(order_id)
        await self.work()

    async def money_comes(self, payment_id: str) -> None:
        """For a payment that was asked for earlier."""
        await self.shop.deliver(self.shop.till.callback(payment_id, f"t-{payment_id}"))
        await self.work()

    async def opened(self, buyer: str = "leader", **more: Any) -> str:
        """A group whose leader has paid, and that can be joined."""
        response = await self.calls.open_group(self.order(buyer, **more))
        await self.pay(response.group_id)
        return str(response.group_id)

    async def joined(self, group_id: str, *buyers: str, pay: bool = True, **more: Any) -> list[str]:
        """Their orders."""
        orders = []
        for buyer in buyers:
            response = await self.join(group_id, buyer, **more)
            assert response.placed is not None, response
            orders.append(response.placed.order_id)
        if pay:
            await self.pay(*orders)
        return orders

    async def join(self, group_id: str, buyer: str, any_group: bool = False, **more: Any) -> JoinGroupResponse:
        return await self.calls.join_group(self.order(buyer, **more), group_id, any_group=any_group)

    async def group(self, group_id: str) -> Group:
        return (await self.calls.get_group(group_id=group_id)).group

    async def window_passes(self, ms: int = WINDOW_MS) -> None:
        await self.shop.pass_time(ms)
        await self.work()

    async def states(self, order_ids: Sequence[str]) -> list[OrderState]:
        return [await self.shop.state(order_id) for order_id in order_ids]

    async def seats(self, group_id: str) -> tuple[int, int]:
        """Taken or held, and paid, by the claims store."""
        name = seats_counter(group_id)
        state = (await self.shop.engine.inventory.counters(self.activity_id, [name]))[name]
        return state.used, state.taken

    def told(self, kind: str) -> list[Notice]:
        """Notices of that kind, by the buyer who got them."""
        board = self.shop.engine.registry.notifiers[NoticeBoard.code]
        assert isinstance(board, NoticeBoard)
        return sorted((each for each in board.notices if each.kind == kind), key=lambda each: each.recipient)

    async def returned(self, order_id: str) -> list[int]:
        """What went back of an order's money, refund by refund."""
        return [refund.amount_minor for refund in await self.shop.refunds(order_id)]
