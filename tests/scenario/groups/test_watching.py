"""Watching a group, and all groups of an activity: progress, cheers, resumed streams."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.scenario.groups.party import Party, block
from tuan_api.v1 import group_buy_pb2 as pb
from tuan_api.v1 import group_buy_pb2_grpc
from tuan_client.errors import ActivityNotFound, NotTheOwner, RateLimited, ResumeTokenInvalid
from tuan_client.values.group_buy import Group, GroupState, WatchActivityResponse, WatchGroupResponse
from tuan_group_buy import watching


async def test_watchers_see_each_step_to_the_end(party: Party) -> None:
    """Goal: live progress. Method: watch from the opening; two join, somebody cheers; the stream ends with the group."""
    await party.begin(block())
    group_id = await party.opened()
    seen: list[WatchGroupResponse] = []
    news = asyncio.Condition()

    async def watch() -> None:
        async for answer in party.calls.watch_group(group_id):
            async with news:
                seen.append(answer)
                news.notify_all()

    watching = asyncio.create_task(watch())
    async with news:
        await news.wait_for(lambda: seen)
    await party.joined(group_id, "b2")
    await party.calls.cheer_group(group_id, "b2", "go")
    await party.shop.barrier()
    await party.joined(group_id, "b3")
    await party.shop.engine.events.poll()
    await asyncio.wait_for(watching, 10)
    assert [answer.group.paid for answer in seen] == sorted(answer.group.paid for answer in seen)
    assert (seen[0].group.paid, seen[-1].group.state) == (1, GroupState.COMPLETED)
    assert [(cheer.buyer_id, cheer.cheer) for answer in seen for cheer in answer.cheers] == [("b2", "go")]


async def test_a_stream_goes_on_where_it_broke(party: Party) -> None:
    """Goal: nothing is missed. Method: the first answer's token; then a member joins and cheers; the resumed stream tells of both."""
    await party.begin(block())
    group_id = await party.opened()
    first = await anext(party.calls.watch_group(group_id))
    await party.joined(group_id, "b2")
    await party.calls.cheer_group(group_id, "b2", "go")
    await party.shop.barrier()
    await party.shop.engine.events.poll()
    told: list[str] = []
    async for answer in party.calls.watch_group(group_id, first.resume_token):
        told += [cheer.cheer for cheer in answer.cheers]
        if told:
            assert answer.group.paid == 2
            break
    assert told == ["go"]


async def test_cheers_are_for_members_and_not_too_many(party: Party) -> None:
    """Goal: no spam. Method: a stranger; a member's sixth cheer within a minute, and one after it; a repeat counts once."""
    await party.begin(block())
    group_id = await party.opened()
    with pytest.raises(NotTheOwner):
        await party.calls.cheer_group(group_id, "stranger", "go")
    for number in (1, 2, 3, 4, 5, 5):
        await party.calls.cheer_group(group_id, "leader", "go", request_id=f"cheer-{number}")
    with pytest.raises(RateLimited):
        await party.calls.cheer_group(group_id, "leader", "go")
    await party.shop.pass_time(60_000)
    await party.calls.cheer_group(group_id, "leader", "go")


async def test_an_activity_shows_all_its_groups(party: Party) -> None:
    """Goal: a page of all groups that moves. Method: two groups of three, one nearer to completion, are there at first; then that one
    completes, and a third one opens; of each answer the members."""
    await party.begin(block())
    first, second = await party.opened("l1"), await party.opened("l2")
    await party.joined(second, "b1")
    stream = party.calls.watch_activity(party.activity_id)
    begun = await anext(stream)
    assert [(group.group_id, group.paid) for group in begun.groups] == [(second, 2), (first, 1)]
    assert [member.buyer_id for member in begun.groups[0].members] == ["l2", "b1"]
    await party.joined(second, "b2")
    third = await party.opened("l3")
    await party.shop.engine.events.poll()
    told = await _until(stream, third, GroupState.OPEN)
    assert [group.state for group in told if group.group_id == second][-1] is GroupState.COMPLETED
    assert {group.group_id for group in told} == {second, third}


async def test_an_activity_without_groups_can_be_watched(party: Party) -> None:
    """Goal: the first answer comes at once, and its token is good. Method: no group at first; one is opened while nobody looks, and the
    resumed stream tells of it alone. Tokens of another stream and unknown activities are refused."""
    await party.begin(block())
    begun = await anext(party.calls.watch_activity(party.activity_id))
    assert begun.groups == ()
    group_id = await party.opened()
    await party.shop.engine.events.poll()
    told = await _until(party.calls.watch_activity(party.activity_id, begun.resume_token), group_id, GroupState.OPEN)
    assert {group.group_id for group in told} == {group_id}
    watched = await anext(party.calls.watch_group(group_id))
    with pytest.raises(ResumeTokenInvalid):
        await anext(party.calls.watch_activity(party.activity_id, watched.resume_token))
    with pytest.raises(ActivityNotFound):
        await anext(party.calls.watch_activity("no-such"))


async def test_many_groups_come_page_by_page(party: Party, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: none is left out at the edge of a page, and a stream that breaks between pages begins anew. Method: pages of two; four groups
    make two full ones and an empty one, which alone has a token."""
    monkeypatch.setattr(watching, "PAGE", 2)
    await party.begin(block())
    groups = [await party.opened(f"l{number}") for number in range(4)]
    stream = party.calls.watch_activity(party.activity_id)
    pages = [await anext(stream) for _ in range(3)]
    assert [[group.group_id for group in page.groups] for page in pages] == [groups[:2], groups[2:], []]
    assert [bool(page.resume_token) for page in pages] == [False, False, True]


async def _until(stream: AsyncIterator[WatchActivityResponse], group_id: str, state: GroupState) -> list[Group]:
    """The groups of all answers up to the one that has this group in this state."""
    told: list[Group] = []

    async def follow() -> None:
        async for answer in stream:
            told.extend(answer.groups)
            if any((group.group_id, group.state) == (group_id, state) for group in answer.groups):
                return

    await asyncio.wait_for(follow(), 10)
    return told


def test_every_method_has_a_servicer() -> None:
    """Goal: nothing of the service is left to the stub that refuses. Method: compare the methods of the proto with the class."""
    from tuan_group_buy.servicer import GroupBuyServicer

    methods = [method.name for method in pb.DESCRIPTOR.services_by_name["GroupBuyService"].methods]
    stub = group_buy_pb2_grpc.GroupBuyServiceServicer
    assert all(getattr(GroupBuyServicer, name) is not getattr(stub, name) for name in methods)
