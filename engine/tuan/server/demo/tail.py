"""The group buy that follows the sale: groups open, fill and complete, or run out of time, and every cent is looked at afterwards."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

from rich.progress import Progress

from tuan.server import example
from tuan.server.demo.cashier import Cashier
from tuan.server.demo.waiting import until, until_activity
from tuan_client import AsyncClient, CartLine
from tuan_client.errors import GroupNotFound
from tuan_client.values.campaign import ActivityState
from tuan_client.values.group_buy import Group, GroupState
from tuan_client.values.order import Order, OrderState, PlaceOrderRequest

WINDOW_S, HOLD_S = 12, 5
LEADERS, JOINERS = 16, 40
#: Every so manieth buyer never pays: the seat is free again when its hold is over.
UNPAID_EVERY = 9
END_S_MAX = 90.0
_DECIDED = (GroupState.COMPLETED, GroupState.FAILED, GroupState.CANCELLED)


class Tail:
    """`play`, then `figures` once refunds and rebates are done."""

    def __init__(self, client: AsyncClient, cashier: Cashier) -> None:
        self._client = client
        self._cashier = cashier
        self._activity_id = ""
        self._groups: list[Group] = []

    async def play(self, progress: Progress) -> None:
        """Until every group is decided."""
        self._activity_id = await example.load_tail(self._client, f"{WINDOW_S}s", f"{HOLD_S}s")
        await until_activity(self._client, self._activity_id, ActivityState.RUNNING)
        task = progress.add_task("group buy: buyers", total=LEADERS + JOINERS)

        async def one(number: int) -> str | None:
            group_id = await self._buy(number)
            progress.advance(task)
            return group_id

        opened = await asyncio.gather(*(one(number) for number in range(LEADERS)))
        # Not all at once: who comes later finds the groups that are nearest to completion.
        joined = [await one(LEADERS + number) for number in range(JOINERS)]
        group_ids = sorted({group_id for group_id in (*opened, *joined) if group_id is not None})
        decided = progress.add_task("group buy: groups decided", total=len(group_ids))
        for group_id in group_ids:
            self._groups.append(await self._decided(group_id))
            progress.advance(decided)

    async def close(self) -> None:
        """What is left goes back to the ordinary shelf."""
        await self._client.campaigns.close_activity(self._activity_id)
        await until_activity(self._client, self._activity_id, ActivityState.CLOSED)

    def told(self, orders: list[Order]) -> list[str]:
        """What happened, in a few lines. `orders`: all of the shop."""
        mine = self._mine(orders)
        states = Counter(group.state for group in self._groups)
        kept = sum(order.paid.amount_minor - order.refunded.amount_minor for order in mine)
        completed, failed = states[GroupState.COMPLETED], len(self._groups) - states[GroupState.COMPLETED]
        shipped = sum(order.state is OrderState.READY_TO_SHIP for order in mine)
        refunded = sum(order.state is OrderState.REFUNDED for order in mine)
        return [
            f"groups             {completed} completed, {failed} ran out of time; {shipped} to ship, {refunded} paid back",
            f"money kept         {kept / 100:,.2f} CNY of groups, rebates of the tiers given back",
        ]

    def figures(self, orders: list[Order]) -> Counter[str]:
        """What an outsider can check: no group above its size, each member of a completed one to be shipped at its price, each of
        another paid back in full.
        """
        found: Counter[str] = Counter()
        by_id = {order.order_id: order for order in self._mine(orders)}
        for group in self._groups:
            found["oversold"] += max(0, group.paid - group.seats)
        kept = Counter(order.state for order in by_id.values())
        members = sum(group.paid for group in self._groups if group.state is GroupState.COMPLETED)
        found["lost"] += max(0, members - kept[OrderState.READY_TO_SHIP])
        found["stranded"] += max(0, kept[OrderState.READY_TO_SHIP] - members)
        found["stranded"] += sum(order.state in (OrderState.PAID, OrderState.REFUNDING) for order in by_id.values())
        found["unbalanced"] += abs(self._owed_minor() - sum(self._kept_minor(order) for order in by_id.values()))
        return found

    def _owed_minor(self) -> int:
        """What completed groups cost together: each member the price of the step that was reached."""
        total = 0
        for group in self._groups:
            if group.state is GroupState.COMPLETED:
                step = max((step for step in group.steps if step.members <= group.paid), key=lambda step: step.members)
                total += group.paid * step.unit_price.amount_minor
        return total

    @staticmethod
    def _kept_minor(order: Order) -> int:
        return order.paid.amount_minor - order.refunded.amount_minor

    def _mine(self, orders: list[Order]) -> list[Order]:
        return [order for order in orders if any(line.activity_id == self._activity_id for line in order.lines)]

    async def _buy(self, number: int) -> str | None:
        """The group that it became a member of; None for who was refused or does not pay."""
        buyer = f"grouper-{number}"
        request = PlaceOrderRequest(
            request_id=f"tail-{number}",
            buyer_id=buyer,
            device_id=f"{buyer}-phone",
            currency_code="CNY",
            channel="demo",
            lines=(CartLine(example.TAIL_SKU, 1, self._activity_id),),
        )
        calls = self._client.group_buys
        answer = await (calls.open_group(request) if number < LEADERS else calls.quick_join_group(request))
        if answer.placed is None or number % UNPAID_EVERY == UNPAID_EVERY - 1:
            return None
        await self._cashier.pay(answer.placed.order_id)
        return answer.group_id

    async def _decided(self, group_id: str) -> Group:
        found: list[Group] = []

        async def decided() -> bool:
            with suppress(GroupNotFound):  # until its leader's payment has arrived
                found[:] = [(await self._client.group_buys.get_group(group_id=group_id)).group]
            return bool(found) and found[0].state in _DECIDED

        await until(f"group {group_id} is decided", decided, END_S_MAX)
        return found[0]
