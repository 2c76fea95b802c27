"""What members hear of their group: that its time is running out."""

from __future__ import annotations

from tests.scenario.groups.party import WINDOW_MS, Party, block
from tuan_client.values.group_buy import GroupState


async def test_members_are_reminded_once_before_the_end(party: Party) -> None:
    """Goal: a group that may still fail is helped along. Method: one member stays, one leaves, one has not paid; nothing before a quarter
    of the window is left, then one notice to leader and member, and no more however often the jobs run."""
    await party.begin(block(size=4))
    group_id = await party.opened()
    [_, gone] = await party.joined(group_id, "b2", "b3")
    await party.calls.leave_group(gone)
    await party.work()
    await party.window_passes(WINDOW_MS * 3 // 4 - 60_000)
    assert party.told("group_ending") == []
    await party.joined(group_id, "b4", pay=False)
    for _ in range(3):
        await party.window_passes(60_000)
    told = party.told("group_ending")
    assert [notice.recipient for notice in told] == ["b2", "leader"]
    group = await party.group(group_id)
    assert group.expire_time is not None
    assert told[1].data == {
        "activity_id": party.activity_id,
        "group_id": group_id,
        "share_code": group.share_code,
        "seats": 4,
        "paid": 2,
        "expire_time_ms": round(group.expire_time.timestamp() * 1_000),
        "caller": "shop",
        "order_id": group_id,
    }


async def test_nobody_is_reminded_of_what_is_decided(party: Party) -> None:
    """Goal: no alarm for nothing. Method: one group is complete, one was given up, when a quarter of their windows is left; a third one's
    reminder comes after its end, because nothing ran until then."""
    await party.begin(block(size=2))
    complete, left = await party.opened("l1"), await party.opened("l2")
    await party.joined(complete, "b2")
    await party.calls.leave_group(left)
    await party.work()
    await party.window_passes(WINDOW_MS * 3 // 4)
    late = await party.opened("l3")
    await party.window_passes()
    states = [(await party.group(each)).state for each in (complete, left, late)]
    assert states == [GroupState.COMPLETED, GroupState.CANCELLED, GroupState.FAILED]
    assert party.told("group_ending") == []
