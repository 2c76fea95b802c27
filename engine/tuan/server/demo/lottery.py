"""A lottery group in the demo: announced, completed, drawn, and drawn again from what was published."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from contextlib import suppress
from pathlib import Path

from rich.progress import Progress

from tuan.server import example
from tuan.server.demo.cashier import Cashier
from tuan.server.demo.waiting import until, until_activity
from tuan_client import AsyncClient, CartLine
from tuan_client.errors import GroupNotFound
from tuan_client.values.campaign import ActivityState
from tuan_client.values.group_buy import GroupState
from tuan_client.values.order import Order, OrderState, PlaceOrderRequest

MEMBERS, PRIZES = 5, 1


class Lottery:
    """`play`, then `figures` once refunds are done."""

    def __init__(self, client: AsyncClient, cashier: Cashier) -> None:
        self._client = client
        self._cashier = cashier
        self._activity_id = ""
        self._group_id = ""
        self._verdict = ""

    async def play(self, progress: Progress) -> None:
        """Until the draw was made and verified. Raises RuntimeError where it cannot be."""
        self._activity_id = await example.load_draw(self._client)
        await until_activity(self._client, self._activity_id, ActivityState.RUNNING)
        task = progress.add_task("lottery: members", total=MEMBERS)
        opened = await self._client.group_buys.open_group(self._order(0))
        self._group_id = opened.group_id
        await self._pay(self._group_id, task, progress)
        await until("the lottery group is open", self._is_open)
        kept = (await self._client.group_buys.get_draw(self._group_id)).announcement_hash
        for number in range(1, MEMBERS):
            joined = await self._client.group_buys.join_group(self._order(number), self._group_id)
            await self._pay(joined.placed.order_id if joined.placed is not None else "", task, progress)
        await until("the lottery is drawn", self._is_drawn)
        await self._verify(kept)

    async def close(self) -> None:
        """What is left goes back to the ordinary shelf."""
        await self._client.campaigns.close_activity(self._activity_id)
        await until_activity(self._client, self._activity_id, ActivityState.CLOSED)

    def told(self) -> list[str]:
        return [f"lottery            {self._verdict}"]

    def figures(self, orders: list[Order]) -> Counter[str]:
        """What an outsider can check: as many orders to be shipped as prizes, the others paid back in full."""
        states = Counter(
            order.state for order in orders if any(line.activity_id == self._activity_id for line in order.lines)
        )
        shipped, refunded = states[OrderState.READY_TO_SHIP], states[OrderState.REFUNDED]
        return Counter(
            oversold=max(0, shipped - PRIZES),
            lost=max(0, PRIZES - shipped),
            stranded=max(0, MEMBERS - PRIZES - refunded),
        )

    def _order(self, number: int) -> PlaceOrderRequest:
        return PlaceOrderRequest(
            request_id=f"draw-{number}",
            buyer_id=f"player-{number}",
            device_id=f"player-{number}-phone",
            currency_code="CNY",
            channel="demo",
            lines=(CartLine(example.DRAW_SKU, 1, self._activity_id),),
        )

    async def _pay(self, order_id: str, task, progress: Progress) -> None:  # type: ignore[no-untyped-def]
        await self._cashier.pay(order_id)
        progress.advance(task)

    async def _is_open(self) -> bool:
        with suppress(GroupNotFound):  # until its leader's payment has arrived
            return (await self._client.group_buys.get_group(self._group_id)).group.state is GroupState.OPEN
        return False

    async def _is_drawn(self) -> bool:
        return bool((await self._client.group_buys.get_draw(self._group_id)).record)

    async def _verify(self, kept: str) -> None:
        """As anybody would: the published record, the hash that was kept from before the first join, and `tuan verify-draw`."""
        record = (await self._client.group_buys.get_draw(self._group_id)).record
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            file.write(record)
            file.flush()
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "tuan.server",
                "verify-draw",
                str(Path(file.name)),
                "--kept",
                kept,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            told, _ = await process.communicate()
        lines = told.decode().strip().splitlines()
        if process.returncode:
            raise RuntimeError(f"the draw of group {self._group_id} is not right: {'; '.join(lines)}")
        self._verdict = f"{MEMBERS} members, {PRIZES} prize; tuan verify-draw: {lines[-1].partition(':')[0]}"
