"""An engine with a group buy, and groups that are open in it: their leaders have paid through the sandbox gateway."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from itertools import count
from typing import Any

from tests.bench.books import Wrong
from tests.bench.conditions import BATCH
from tests.bench.load.settings import LoadSettings
from tests.bench.shop import Shop
from tuan_client import AsyncClient, CartLine, PlaceOrderRequest
from tuan_client.values.group_buy import Group
from tuan_client.values.order import OrderState, PlacedOrder
from tuan_client.values.payment import PaymentState
from tuan_client.values.sandbox import SandboxBehaviour

#: As many as a group can have: what is measured of groups is measured while they are open.
SEATS = 200
#: Orders of one payment: opening many groups is to cost as little as it can.
_PER_PAYMENT = 100
_POLL_S = 0.005
_QUIET_S_MAX = 120.0
#: The limits of the bench's flash sales, for figures that can be compared; a hold that ends after every measurement.
_GROUP_BUY = """\
group_buy "sale-{number}" {{
  on      = line.category under "bench/{number}"
  price   = set(¥29.90)
  active  = from {start} until {end}
  stock   = 100% of sku.available
  size    = 200
  window  = 24h
  hold    = 2h
  limit   = [1 per buyer, 2 per device, 3 per address]
  on_fail = refund(route: original)
}}
"""


class GroupShop(Shop):
    """`group_ids`: of the groups that are open. `placed`: orders that it placed itself."""

    block = _GROUP_BUY

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.group_ids: list[str] = []
        self.placed = 0
        self._numbers = count(1)

    def load(self, name: str, **settings: Any) -> LoadSettings:
        """Joining the open groups in turn, but for `quick_join`, which finds its own."""
        groups = [] if settings.get("form") == "quick_join" else self.group_ids
        return super().load(name, groups=groups, **settings)

    async def counted(self, client: AsyncClient) -> list[tuple[int, int]]:
        goods = set(self.goods)
        stocks = await client.inventory.get_stock(sorted({sku for sku, _ in goods}))
        shelves = [each for stock in stocks for each in stock.activities if (stock.sku, each.activity_id) in goods]
        return [(shelf.capacity, shelf.capacity - shelf.reserved - shelf.sold) for shelf in shelves]

    async def open_groups(self, number: int) -> None:
        """So many more that can be joined. Raises Wrong where they do not come."""
        async with self.client() as client:
            await client.sandbox.configure_sandbox(SandboxBehaviour())
            for start in range(0, number, _PER_PAYMENT):
                order_ids = await self.place(client, [""] * min(_PER_PAYMENT, number - start))
                await pay(client, order_ids)
                self.group_ids += order_ids
            await self._joinable(client)

    async def place(self, client: AsyncClient, group_ids: Sequence[str]) -> list[str]:
        """Orders that join these groups, each by a buyer of its own; of an empty id: that open one."""
        sku, activity_id = self.goods[0]
        found: list[str] = []
        for start in range(0, len(group_ids), BATCH):
            orders = [self._order(sku, activity_id, group_id) for group_id in group_ids[start : start + BATCH]]
            for answer in await client.orders.place_orders(orders):
                if not isinstance(answer, PlacedOrder):
                    raise Wrong(f"groups: an order was not placed: {answer!r}")
                found.append(answer.order_id)
        self.placed += len(found)
        return found

    async def groups(self, client: AsyncClient) -> list[Group]:
        """The open ones, the nearest to completion first."""
        listed = client.group_buys.list_joinable_groups(self.goods[0][1], page_size=200)
        return [group async for group in listed]

    def _order(self, sku: str, activity_id: str, group_id: str) -> PlaceOrderRequest:
        who = f"prepared-{next(self._numbers)}"
        lines = (CartLine(sku, 1, activity_id),)
        return PlaceOrderRequest(who, who, "CNY", lines, device_id=f"d{who}", address_id=f"a{who}", group_id=group_id)

    async def _joinable(self, client: AsyncClient) -> None:
        """Until all of them are: as long as there are more than a moment ago."""
        begun_s, before = time.monotonic(), -1
        while (found := len(await self.groups(client))) < len(self.group_ids):
            if found > before:
                begun_s, before = time.monotonic(), found
            if time.monotonic() - begun_s > _QUIET_S_MAX:
                raise Wrong(f"groups: {found} of {len(self.group_ids)} are open")
            await asyncio.sleep(0.5)


async def pay(client: AsyncClient, order_ids: Sequence[str]) -> None:
    """By payments of many orders each, until the money is there."""
    for start in range(0, len(order_ids), _PER_PAYMENT):
        created = await client.payments.create_payment(order_ids[start : start + _PER_PAYMENT], "sandbox")
        await client.sandbox.pay_now(created.payment.payment_id)
        await taken(client, created.payment.payment_id)


async def taken(client: AsyncClient, payment_id: str) -> None:
    """Until the engine has a payment's money. Raises Wrong where it is refused."""
    while (state := (await client.payments.get_payment(payment_id)).state) is not PaymentState.SUCCEEDED:
        if state is not PaymentState.CREATED:
            raise Wrong(f"groups: a payment is {state.name}")
        await asyncio.sleep(_POLL_S)


async def ready_to_ship(client: AsyncClient, order_ids: Sequence[str]) -> None:
    """Until all of these orders are. Raises Wrong for one that never will be."""
    for order_id in order_ids:
        while (state := (await client.orders.get_order(order_id)).state) is not OrderState.READY_TO_SHIP:
            if state is not OrderState.PAID and state is not OrderState.PENDING_PAYMENT:
                raise Wrong(f"groups: order {order_id} is {state.name}")
            await asyncio.sleep(_POLL_S)
