"""A crowd of buyers on many groups at once, with everything that goes wrong in a day.

Goal: no group above its size; complete exactly when its seats were paid in time; every member of a group that failed has all the money
back, once; every member of one that completed has the goods; books and counters agree. Method: buyers act at random from a seed: they open,
join and quick-join, pay at once, late, twice or not at all, leave, and one in a hundred has a channel that refuses the refund for a while;
the clock moves between the rounds, and everything is counted at the end. TUAN_CAMPAIGN=long: 20,000 buyers.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter

from tests.scenario.groups.party import WINDOW_MS, offered_activity
from tests.scenario.groups.party import block as group_block
from tests.scenario.sales.shop import CLEAN, Shop
from tuan.domain.order import OrderState
from tuan.domain.payment import RefundState
from tuan.plugin import RefundCause
from tuan.usecases.order_commands import Placed
from tuan_group_buy.group import Group, GroupState, MemberState
from tuan_group_buy.tables import find, groups, joinable

LONG = os.environ.get("TUAN_CAMPAIGN") == "long"
BUYERS = 20_000 if LONG else 240
ROUNDS = 60 if LONG else 12
LADDER = "[2 => ¥39.00, 3 => ¥35.00, 5 => ¥32.00]"
PREPAID_MINOR = 3_900


class Crowd:
    def __init__(self, shop: Shop, seed: int) -> None:
        self.shop = shop
        self.random = random.Random(seed)
        self.payments: dict[str, str] = {}
        self.paid_late: list[str] = []
        self.orders: list[str] = []
        self.activities: list[str] = []

    async def begin(self) -> None:
        for name, rules in (("plain", group_block(size=3)), ("tiers", group_block(price=LADDER, size=3))):
            sku = f"S-{name}"
            await self.shop.stock(sku, BUYERS)
            activity = offered_activity(name, rules, sku, self.shop.clock.now_ms())
            await self.shop.engine.writer.write_and_refresh(
                lambda unit, activity=activity: unit.activities.put(activity)
            )
            await self.shop.engine.activities.advance_all()
            self.activities.append(name)
        await self.shop.engine.keeper.refresh()

    async def round(self, buyers: list[str]) -> None:
        """Some come, in a few calls at the same time, as they would over a few connections."""
        await asyncio.gather(*(self._comes(buyer) for buyer in buyers))
        await self._some_leave()
        await self._late_money()
        self.shop.clock.advance(self.random.choice([1_000, 60_000, WINDOW_MS // 8]))
        await self.shop.engine.expirer.expire_all()
        await self.work()

    async def work(self) -> None:
        for _ in range(100):
            await self.shop.barrier()
            if not await self.shop.engine.deliverer.deliver_all() + await self.shop.engine.jobs.run_due():
                return

    async def _comes(self, buyer: str) -> None:
        activity = self.random.choice(self.activities)
        group_id = await self._group(activity)
        command = self.shop.command(buyer, [(f"S-{activity}", 1, activity)], group_id=group_id)
        placed = await self.shop.engine.batcher.place(command)
        if not isinstance(placed, Placed):
            return
        self.orders.append(placed.order_id)
        payment_id = self.payments[placed.order_id] = await self.shop.ask_payment(placed.order_id)
        match self.random.choices(("pays", "twice", "late", "fails", "never"), (70, 3, 10, 10, 7))[0]:
            case "pays":
                await self._money(payment_id)
            case "twice":
                await self._money(payment_id)
                await self._money(payment_id, again="-again")
            case "late":
                self.paid_late.append(payment_id)
            case "fails":
                await self.shop.deliver(self.shop.till.callback(payment_id, f"f-{payment_id}", ok=False))
        if self.random.random() < 0.01:
            self.shop.till.refused_orders.add(placed.order_id)

    async def _group(self, activity: str) -> str:
        """Empty for those who open one."""
        if self.random.random() < 0.25:
            return ""
        now_ms = self.shop.clock.now_ms()
        found = await self.shop.engine.record.read(
            lambda unit: list(joinable(unit.connection, activity, now_ms, None, None, 6))
        )
        return self.random.choice(found) if found else ""

    async def _money(self, payment_id: str, again: str = "") -> None:
        await self.shop.deliver(self.shop.till.callback(payment_id, f"t-{payment_id}{again}"))

    async def _late_money(self) -> None:
        late, self.paid_late = self.paid_late[: len(self.paid_late) // 2], self.paid_late[len(self.paid_late) // 2 :]
        for payment_id in late:
            await self._money(payment_id)

    async def _some_leave(self) -> None:
        for order_id in self.random.sample(self.orders, min(3, len(self.orders))):
            if await self.shop.state(order_id) is OrderState.PAID:
                await self.shop.refund(order_id)

    async def end(self) -> None:
        """The last money comes, every window passes, and the channels are repaired."""
        for payment_id in self.paid_late:
            await self._money(payment_id)
        for _ in range(3):
            self.shop.clock.advance(WINDOW_MS)
            await self.shop.engine.expirer.expire_all()
            await self.work()
        self.shop.till.refused_orders.clear()
        failed = await self.shop.engine.record.read(lambda unit: unit.jobs.failed(0, 10_000))
        assert {job.kind for job in failed} <= {"refund"}, failed
        for job in failed:
            await self.shop.engine.record.write(
                lambda unit, job=job: unit.jobs.retry_now(job.job_id, self.shop.clock.now_ms())
            )
        await self.work()

    async def groups(self) -> dict[str, Group]:
        def read(unit):  # type: ignore[no-untyped-def]
            return find(unit.connection, unit.connection.execute(groups.select()).scalars().all())

        found: dict[str, Group] = await self.shop.engine.record.read(read)
        return found


async def test_a_day_of_groups(shop: Shop) -> None:
    """Goal and method: see above."""
    crowd = Crowd(shop, seed=5)
    await crowd.begin()
    buyers = [f"b{number}" for number in range(BUYERS)]
    size = BUYERS // ROUNDS
    for first in range(0, BUYERS, size):
        await crowd.round(buyers[first : first + size])
    await crowd.end()
    found = await crowd.groups()
    ends = Counter(group.state for group in found.values())
    assert ends[GroupState.COMPLETED] > 3 and ends[GroupState.FAILED] > 3 and not ends[GroupState.OPEN], ends
    for group in found.values():
        await _is_as_it_should_be(shop, group)
    members = {member.order_id for group in found.values() for member in group.members}
    for order_id in crowd.orders:
        order = await shop.order(order_id)
        assert (order.payment_id != "") == (order_id in members), order
    await shop.settle()
    assert await shop.audit() == CLEAN, shop.differences
    assert shop.till.balance_minor == -await shop.balance("sales:") - await shop.balance("discount:")


async def _is_as_it_should_be(shop: Shop, group: Group) -> None:
    completed = group.state is GroupState.COMPLETED
    ladder = group.activity_id == "tiers"
    assert group.paid <= group.seats
    if completed:
        assert group.reached == group.seats or (group.end_time_ms >= group.expire_time_ms and ladder)
        assert group.reached >= group.members_min
    for member in group.members:
        order = await shop.order(member.order_id)
        refunds = await shop.refunds(member.order_id)
        own = [refund for refund in refunds if refund.cause is not RefundCause.DOUBLE_PAYMENT]
        assert all(refund.state is RefundState.SUCCEEDED for refund in refunds)
        back = sum(refund.amount_minor for refund in own)
        if completed and member.state is MemberState.PAID:
            assert order.state is OrderState.READY_TO_SHIP, (member, order)
            price = {2: 3_900, 3: 3_500, 4: 3_500, 5: 3_200}[group.reached] if ladder else 3_500
            assert back == order.placed.total_minor - price
        else:
            assert order.state is OrderState.REFUNDED and back == order.placed.total_minor, (member, order)
            assert len([refund for refund in own if refund.cause is not RefundCause.TIER_REBATE]) == 1
