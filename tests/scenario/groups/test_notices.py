"""What members hear of their group: that its time is running out, and that it failed."""

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


async def test_a_failed_group_names_similar_goods(party: Party) -> None:
    """Goal: whoever does not get the goods hears of others. Method: S2 is in stock beside S1; a group of leader and member fails, whom
    somebody had left before; a group that is open names nothing."""
    await party.begin(block(size=4))
    await party.shop.stock("S2", 10)
    await party.shop.engine.similar.refresh()
    group_id = await party.opened()
    [_, gone] = await party.joined(group_id, "b2", "b3")
    await party.calls.leave_group(gone)
    await party.work()
    assert (await party.calls.get_group(group_id=group_id)).similar_skus == ()
    assert party.told("group_failed") == []
    await party.window_passes()
    failed = await party.calls.get_group(group_id=group_id)
    assert (failed.group.state, failed.similar_skus) == (GroupState.FAILED, ("S2",))
    told = [(notice.recipient, notice.data["similar_skus"]) for notice in party.told("group_failed")]
    assert told == [("b2", ["S2"]), ("leader", ["S2"])]
