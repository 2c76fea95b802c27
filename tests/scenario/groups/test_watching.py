"""Watching a group: progress, cheers, resumed streams."""

from __future__ import annotations

import asyncio

import pytest

from tests.scenario.groups.party import Party, block
from tuan_api.v1 import group_buy_pb2 as pb
from tuan_api.v1 import group_buy_pb2_grpc
from tuan_client.errors import NotTheOwner, RateLimited
from tuan_client.values.group_buy import GroupState, WatchGroupResponse


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


def test_every_method_has_a_servicer() -> None:
    """Goal: nothing of the service is left to the stub that refuses. Method: compare the methods of the proto with the class."""
    from tuan_group_buy.servicer import GroupBuyServicer

    methods = [method.name for method in pb.DESCRIPTOR.services_by_name["GroupBuyService"].methods]
    stub = group_buy_pb2_grpc.GroupBuyServiceServicer
    assert all(getattr(GroupBuyServicer, name) is not getattr(stub, name) for name in methods)
