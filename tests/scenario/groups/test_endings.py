"""How groups end: leaders who leave, tiers, old brings new, rewards, refunds that a channel refuses for ever."""

from __future__ import annotations

import pytest

from tests.scenario.groups.party import Party, block
from tests.scenario.sales.shop import CLEAN
from tuan.domain.order import OrderState
from tuan.domain.payment import RefundState
from tuan.plugin import RefundCause
from tuan_client import RefusalKind
from tuan_client.errors import OrderStateConflict
from tuan_client.values.group_buy import GroupState, MemberState

COUPONS = """
stack "coupons" { phase = order_discount  scope = order  pick = all  base = running }
coupon "care" { give = off(¥5.00)  stack = stack "coupons"  personal = true }
stack "pay" { phase = tender  scope = order  pick = all  base = running }
points "stars" { earn = ¥1.00  worth = ¥0.01  give = off(50%)  stack = stack "pay" }
"""
LADDER = "[2 => ¥39.00, 3 => ¥35.00, 5 => ¥32.00]"


async def test_a_leader_who_leaves_hands_over(party: Party) -> None:
    """Goal: the second member leads, and the leader's seat is free again. Method: the leader of two leaves; two more complete it."""
    await party.begin(block())
    group_id = await party.opened()
    [second] = await party.joined(group_id, "b2")
    assert await party.calls.leave_group(group_id)
    await party.work()
    group = await party.group(group_id)
    assert (group.state, group.paid) == (GroupState.OPEN, 1)
    assert [(each.buyer_id, each.leads, each.state) for each in group.members] == [
        ("leader", False, MemberState.LEFT),
        ("b2", True, MemberState.PAID),
    ]
    assert await party.seats(group_id) == (1, 1)
    assert await party.returned(group_id) == [3_500]
    orders = await party.joined(group_id, "b3", "b4")
    assert (await party.group(group_id)).state is GroupState.COMPLETED
    assert await party.states([second, *orders]) == [OrderState.READY_TO_SHIP] * 3
    with pytest.raises(OrderStateConflict):
        await party.calls.leave_group(second)
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_a_leader_who_is_alone_takes_the_group_along(party: Party) -> None:
    """Goal: no group without a leader. Method: alone, with a seat held by somebody who pays afterwards: that money goes back."""
    await party.begin(block())
    group_id = await party.opened()
    [held] = await party.joined(group_id, "b2", pay=False)
    await party.calls.leave_group(group_id)
    await party.work()
    assert (await party.group(group_id)).state is GroupState.CANCELLED
    await party.pay(held)
    assert await party.states([group_id, held]) == [OrderState.REFUNDED] * 2
    assert [await party.returned(order_id) for order_id in (group_id, held)] == [[3_500], [3_500]]
    joined = await party.join(group_id, "b3")
    assert joined.refusal is not None and joined.refusal.kind is RefusalKind.ENDED
    await party.window_passes()
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_leaving_before_paying_frees_the_seat(party: Party) -> None:
    """Goal: a held seat can be given up. Method: two hold the last seats, one leaves, another takes it."""
    await party.begin(block())
    group_id = await party.opened()
    held, _ = await party.joined(group_id, "b2", "b3", pay=False)
    assert not await party.calls.leave_group(held)
    await party.joined(group_id, "b4", pay=False)
    assert await party.seats(group_id) == (3, 1)


@pytest.mark.parametrize(
    ("members", "state", "price_minor"),
    [(1, GroupState.FAILED, 0), (2, GroupState.COMPLETED, 3_900), (3, GroupState.COMPLETED, 3_500),
     (4, GroupState.COMPLETED, 3_500), (5, GroupState.COMPLETED, 3_200)],
)  # fmt: skip
async def test_a_tiered_group(party: Party, members: int, state: GroupState, price_minor: int) -> None:
    """Goal: 2 at 39, 3 at 35, 5 at 32; all prepay 39 and get the difference back, to the cent. Method: one to five members; five complete
    at once, the others when the window ends. A refund afterwards leaves the others' price alone."""
    await party.begin(block(price=LADDER, size=3))
    group_id = await party.opened()
    orders = [group_id, *await party.joined(group_id, *(f"b{number}" for number in range(1, members)))]
    group = await party.group(group_id)
    assert group.state is (GroupState.COMPLETED if members == 5 else GroupState.OPEN)
    await party.window_passes()
    assert (await party.group(group_id)).state is state
    back = [3_900] if state is GroupState.FAILED else ([3_900 - price_minor] if price_minor < 3_900 else [])
    assert [await party.returned(order_id) for order_id in orders] == [back] * members
    if state is GroupState.COMPLETED:
        assert await party.states(orders) == [OrderState.READY_TO_SHIP] * members
        await party.shop.refund(orders[-1])
        await party.work()
        assert sum(await party.returned(orders[-1])) == 3_900
        assert [await party.returned(order_id) for order_id in orders[:-1]] == [back] * (members - 1)
        assert (await party.group(group_id)).paid == members
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_the_last_seats_are_for_new_buyers(party: Party) -> None:
    """Goal: old brings new, by construction. Method: one of three has to be new; the leader and a second member have bought before, a third
    old one finds no seat, a new one does."""
    await party.begin(block("require = count(each m in group.members where m.is_new) >= 1"))
    await party.shop.stock("S2", 10)
    for buyer in ("leader", "b2", "b3"):
        await party.pay((await party.shop.placed(buyer, [("S2", 1)])).order_id)
    group_id = await party.opened()
    await party.joined(group_id, "b2")
    group = await party.group(group_id)
    assert (group.min_new_members, group.new_members_missing) == (1, 1)
    old = await party.join(group_id, "b3")
    assert old.refusal is not None and old.refusal.kind is RefusalKind.GROUP_FULL
    await party.joined(group_id, "new")
    group = await party.group(group_id)
    assert (group.state, [member.is_new for member in group.members]) == (GroupState.COMPLETED, [False, False, True])
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_who_opens_leads_and_joins_is_rewarded(party: Party) -> None:
    """Goal: each promise is kept once. Method: opener points, leader credit and cashback of a group whose leader changed; nobody gets
    anything of one that fails but the consolation, which pays in a later order."""
    promises = "leader = credit(¥2.00)  opener = points(50)  cashback = credit(¥1.00)"
    fails = 'refund(route: original) then grant(coupon "care")'
    await party.publish(block(promises, size=2, on_fail=fails) + COUPONS)
    group_id = await party.opened()
    await party.joined(group_id, "b2")
    assert await party.shop.balance("wallet:") == -400
    assert await party.shop.balance("points:") == -50
    failed = await party.opened("b3")
    await party.window_passes()
    assert (await party.group(failed)).state is GroupState.FAILED
    assert await party.shop.balance("wallet:") == -400
    coupons = [each async for each in party.client.coupons.list_coupons("b3")]
    assert len(coupons) == 1
    await party.shop.stock("S2", 1)
    order = await party.shop.placed("b3", [("S2", 1)], coupon_ids=(coupons[0].coupon_id,))
    assert order.total_minor == 5_990 - 500
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_rewards_may_wait_for_the_goods(party: Party) -> None:
    """Goal: no reward for goods that go back before they are received. Method: of two members one receives the goods, one returns them."""
    await party.begin(block("leader = credit(¥2.00)  cashback = credit(¥1.00)  reward_after = receipt", size=2))
    group_id = await party.opened()
    [second] = await party.joined(group_id, "b2")
    assert await party.shop.balance("wallet:") == 0
    await party.shop.ship(group_id)
    await party.shop.complete(group_id)
    await party.shop.refund(second)
    await party.work()
    assert await party.shop.balance("wallet:") == -300


async def test_one_refund_that_fails_for_ever_stops_no_other(party: Party) -> None:
    """Goal: each member's refund is a job of its own, and one that the channel refuses for good ends in a case that can be seen. Method: of
    three members the channel refuses the second one's money."""
    await party.begin(block(size=4))
    group_id = await party.opened()
    second, third = await party.joined(group_id, "b2", "b3")
    party.shop.till.refused_orders.add(second)
    await party.window_passes()
    assert (await party.group(group_id)).state is GroupState.FAILED
    assert await party.states([group_id, second, third]) == [
        OrderState.REFUNDED, OrderState.REFUNDING, OrderState.REFUNDED,
    ]  # fmt: skip
    [stuck] = await party.shop.refunds(second)
    assert (stuck.state, stuck.cause) == (RefundState.FAILED, RefundCause.GROUP_FAILED)
    jobs = await party.shop.engine.record.read(lambda unit: unit.jobs.failed(0, 10))
    assert [(job.kind, job.key, "closed" in job.last_error) for job in jobs] == [("refund", stuck.refund_id, True)]
    party.shop.till.refused_orders.clear()
    await party.shop.engine.record.write(lambda unit: unit.jobs.retry_now(jobs[0].job_id, party.shop.clock.now_ms()))
    await party.work()
    assert await party.shop.state(second) is OrderState.REFUNDED
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_the_merchant_fills_seats_and_says_so(party: Party) -> None:
    """Goal: virtual completion is off unless it is on, and then it is told. Method: two of three paid, one may be filled."""
    await party.begin(block("virtual_fill = 1"))
    group_id = await party.opened()
    await party.joined(group_id, "b2")
    await party.window_passes()
    group = await party.group(group_id)
    assert (group.state, group.paid, group.virtual_members) == (GroupState.COMPLETED, 2, 1)


async def test_joining_costs_less_than_opening(party: Party) -> None:
    """Goal: the join discount is the joiners'. Method: totals of leader and member."""
    await party.begin(block("join_discount = ¥2.00"))
    group_id = await party.opened()
    [second] = await party.joined(group_id, "b2")
    totals = [(await party.shop.order(order_id)).placed.total_minor for order_id in (group_id, second)]
    assert totals == [3_500, 3_300]


async def test_one_payment_over_two_groups(party: Party) -> None:
    """Goal: a merged payment (跨团合并支付) has partial outcomes. Method: one payment for two groups; one completes, one fails."""
    await party.begin(block(size=2))
    first, second = await party.opened("l1"), await party.opened("l2")
    orders = [(await party.joined(group_id, "b", pay=False))[0] for group_id in (first, second)]
    payment = await party.shop.ask_payment(*orders)
    await party.money_comes(payment)
    assert [(await party.group(each)).state for each in (first, second)] == [GroupState.COMPLETED] * 2
    third, fourth = await party.opened("l3"), await party.opened("l4")
    await party.window_passes(23 * 3_600_000)
    fifth = await party.opened("l5")
    mixed = [(await party.joined(group_id, "b", pay=False))[0] for group_id in (third, fifth)]
    payment = await party.shop.ask_payment(*mixed)
    await party.joined(fourth, "x")
    await party.calls.leave_group(fifth)
    await party.work()
    await party.money_comes(payment)
    assert await party.states(mixed) == [OrderState.READY_TO_SHIP, OrderState.REFUNDED]
    assert [await party.returned(order_id) for order_id in mixed] == [[], [3_500]]
    assert await party.shop.audit() == CLEAN, party.shop.differences
