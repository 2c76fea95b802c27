"""Ordinary groups, from the first payment to the last refund, over gRPC, on Redis with SQLite and with PostgreSQL."""

from __future__ import annotations

import pytest

from tests.scenario.groups.party import Party, block
from tests.scenario.sales.shop import CLEAN
from tuan.domain.order import OrderState
from tuan.plugin import RefundCause
from tuan_client import RefusalKind
from tuan_client.errors import GroupNotFound
from tuan_client.values.group_buy import GroupState, MemberState

READY, REFUNDED, PAID = OrderState.READY_TO_SHIP, OrderState.REFUNDED, OrderState.PAID


async def test_three_make_a_group(party: Party) -> None:
    """Goal: nobody's goods are shipped before the last one has paid, then everybody's. Method: three buyers, looked at after each
    payment; the group cannot be joined before its leader has paid, and not when it is complete."""
    await party.begin(block())
    opened = await party.calls.open_group(party.order("leader"))
    with pytest.raises(GroupNotFound):
        await party.join(opened.group_id, "early")
    await party.pay(opened.group_id)
    [second] = await party.joined(opened.group_id, "b2")
    group = await party.group(opened.group_id)
    assert (group.state, group.seats, group.paid) == (GroupState.OPEN, 3, 2)
    assert group.steps[0].unit_price.amount_minor == 3_500
    assert await party.states([opened.group_id, second]) == [PAID, PAID]
    [third] = await party.joined(opened.group_id, "b3")
    orders = [opened.group_id, second, third]
    assert await party.states(orders) == [READY] * 3
    group = await party.group(opened.group_id)
    assert (group.state, group.paid, [member.buyer_id for member in group.members]) == (
        GroupState.COMPLETED, 3, ["leader", "b2", "b3"],
    )  # fmt: skip
    assert [member.leads for member in group.members] == [True, False, False]
    late = await party.join(opened.group_id, "b4")
    assert late.refusal is not None and late.refusal.kind is RefusalKind.GROUP_FULL
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_a_group_that_is_not_full_in_time_pays_everybody_back(party: Party) -> None:
    """Goal: a failed group strands no money and no goods. Method: two of three pay, the window passes: each has one refund of all."""
    await party.begin(block(), stock=3)
    group_id = await party.opened()
    [second] = await party.joined(group_id, "b2")
    await party.window_passes()
    group = await party.group(group_id)
    assert group.state is GroupState.FAILED and group.end_time is not None
    assert {member.state for member in group.members} == {MemberState.REFUNDED}
    assert await party.states([group_id, second]) == [REFUNDED, REFUNDED]
    assert [await party.returned(order_id) for order_id in (group_id, second)] == [[3_500], [3_500]]
    assert (await party.shop.refunds(second))[0].cause is RefundCause.GROUP_FAILED
    assert await party.shop.available("S1", party.activity_id) == 3
    assert party.shop.till.balance_minor == 0
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_the_window_begins_with_the_leaders_payment(party: Party) -> None:
    """Goal: neither placing nor joining moves the deadline. Method: the leader pays four minutes after ordering; expiry is a day after."""
    await party.begin(block())
    opened = await party.calls.open_group(party.order("leader"))
    await party.shop.pass_time(40_000)
    before = party.shop.clock.now_ms()
    await party.pay(opened.group_id)
    group = await party.group(opened.group_id)
    window = (group.expire_time - group.open_time).total_seconds()
    assert window == 24 * 3_600 and group.open_time.timestamp() * 1_000 >= before


async def test_a_member_in_the_last_second_is_in_and_one_after_it_is_not(party: Party) -> None:
    """Goal: the deadline is the script's. Method: three hold seats; the second pays just before the deadline, the third at it: late money
    goes back, and the group of two fails."""
    await party.begin(block())
    group_id = await party.opened()
    await party.window_passes(24 * 3_600_000 - 60_000)
    second, third = await party.joined(group_id, "b2", "b3", pay=False)
    await party.pay(second)
    await party.window_passes(60_000)
    await party.pay(third)
    assert (await party.group(group_id)).state is GroupState.FAILED
    assert [await party.returned(order_id) for order_id in (group_id, second, third)] == [[3_500]] * 3
    assert (await party.shop.refunds(third))[0].cause is RefundCause.LATE_PAYMENT
    assert party.shop.till.balance_minor == 0
    await party.shop.settle()
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_a_seat_is_held_for_those_who_pay_soon(party: Party) -> None:
    """Goal: nobody blocks a group without paying. Method: both seats held; others are told; when the holds end, two join."""
    await party.begin(block("hold = 2min"))
    group_id = await party.opened()
    await party.joined(group_id, "b2", "b3", pay=False)
    full = await party.join(group_id, "b4")
    assert full.refusal is not None and full.refusal.kind is RefusalKind.GROUP_FULL
    assert await party.seats(group_id) == (3, 1)
    await party.shop.pass_time(120_000)
    await party.joined(group_id, "b4", "b5")
    assert (await party.group(group_id)).state is GroupState.COMPLETED
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_late_money_takes_a_free_seat_or_goes_back(party: Party) -> None:
    """Goal: late money is never paid and out. Method: two holds end; one's money comes while a seat is free, the other's when none is."""
    await party.begin(block("hold = 1min"))
    group_id = await party.opened()
    second, third = await party.joined(group_id, "b2", "b3", pay=False)
    payments = [await party.shop.ask_payment(order_id) for order_id in (second, third)]
    await party.shop.pass_time(60_000)
    await party.joined(group_id, "b4")
    await party.money_comes(payments[0])
    group = await party.group(group_id)
    assert (group.state, [member.buyer_id for member in group.members]) == (
        GroupState.COMPLETED,
        ["leader", "b4", "b2"],
    )
    await party.money_comes(payments[1])
    assert await party.states([second, third]) == [READY, OrderState.EXPIRED]
    assert await party.returned(third) == [3_500]
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_nobody_is_in_a_group_twice_or_opens_too_many(party: Party) -> None:
    """Goal: one seat per buyer and group, so many open groups per buyer. Method: the leader tries to join, then opens a second and a third
    with room for two; a complete group counts no longer."""
    await party.begin(block("open_limit = 2 per buyer", size=2))
    first = await party.opened()
    own = await party.join(first, "leader")
    assert own.refusal is not None and own.refusal.kind is RefusalKind.OVER_LIMIT
    await party.opened()
    third = await party.calls.open_group(party.order("leader"))
    assert third.refusal is not None and third.refusal.kind is RefusalKind.OVER_LIMIT
    assert third.group_id == ""
    await party.joined(first, "b2")
    await party.opened()
    assert await party.shop.audit() == CLEAN, party.shop.differences
