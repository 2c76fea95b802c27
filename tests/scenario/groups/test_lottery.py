"""Lottery groups: announced before anybody can join, frozen as they complete, drawn at the published time, and drawn again by anybody."""

from __future__ import annotations

from hashlib import sha256

from tests.scenario.groups.party import Party, block
from tests.scenario.sales.shop import CLEAN
from tuan.domain.order import OrderState
from tuan.plugin import RefundCause
from tuan_client.values.group_buy import GroupState
from tuan_group_buy.draw.documents import Record
from tuan_group_buy.draw.verification import verify

LOTTERY = "prizes = 1  odds = 20%  draw = 1h  on_lose = refund(route: original) then credit(¥1.00)  limit = 1 per buyer"
HOUR_MS = 3_600_000


async def test_one_of_five_wins(party: Party) -> None:
    """Goal: one gets the goods, the others their money and a consolation, and a verifier with two fingerprints agrees. Method: five pay;
    nothing is shipped before the draw; then the record is verified with what was published before."""
    await party.begin(block(LOTTERY, size=5))
    group_id = await party.opened()
    announced = await party.calls.get_draw(group_id)
    assert announced.announcement_hash == sha256(announced.announcement.encode()).hexdigest()
    assert (announced.entrants, announced.record) == ("", "")
    orders = [group_id, *await party.joined(group_id, "b1", "b2", "b3", "b4")]
    assert (await party.group(group_id)).state is GroupState.DRAWING
    frozen = await party.calls.get_draw(group_id)
    assert await party.states(orders) == [OrderState.PAID] * 5
    assert (frozen.announcement, frozen.record) == (announced.announcement, "") and frozen.entrants
    await party.window_passes(HOUR_MS)
    assert (await party.group(group_id)).state is GroupState.COMPLETED
    drawn = await party.calls.get_draw(group_id)
    kept = [announced.announcement_hash, frozen.entrants_hash]
    assert verify(drawn.record.encode(), kept) == []
    [winner] = Record.from_bytes(drawn.record.encode()).revealed.winners
    states = dict(zip(orders, await party.states(orders), strict=True))
    assert states.pop(winner) is OrderState.READY_TO_SHIP
    assert list(states.values()) == [OrderState.REFUNDED] * 4
    assert [await party.returned(order_id) for order_id in states] == [[3_500]] * 4
    assert {(await party.shop.refunds(order_id))[0].cause for order_id in states} == {RefundCause.LOTTERY_LOST}
    assert await party.shop.balance("wallet:") == -400
    await party.window_passes()
    assert (await party.calls.get_draw(group_id)).record == drawn.record
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_a_lottery_group_that_fails_is_not_drawn(party: Party) -> None:
    """Goal: the refund path of a lottery is that of every group. Method: two of five pay, the window passes."""
    await party.begin(block(LOTTERY, size=5))
    group_id = await party.opened()
    [second] = await party.joined(group_id, "b1")
    await party.window_passes()
    assert (await party.group(group_id)).state is GroupState.FAILED
    assert await party.states([group_id, second]) == [OrderState.REFUNDED] * 2
    assert (await party.calls.get_draw(group_id)).record == ""
    assert await party.shop.audit() == CLEAN, party.shop.differences
