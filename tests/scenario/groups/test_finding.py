"""Finding a group: quick join, share codes, lists."""

from __future__ import annotations

import asyncio

import pytest

from tests.scenario.groups.party import Party, block
from tests.scenario.sales.shop import CLEAN
from tuan_client import RefusalKind
from tuan_client.errors import InvalidField, RequestIdReused
from tuan_client.values.group_buy import GroupState, MemberState


async def quick(party: Party, buyer: str, **more: object) -> tuple[str, bool]:
    """The group, and whether it is a new one."""
    response = await party.calls.quick_join_group(party.order(buyer, **more))
    assert response.placed is not None, response
    return response.group_id, response.opened


async def test_the_best_group_is_the_fullest_then_the_oldest(party: Party) -> None:
    """Goal: quick join completes groups. Method: groups of one, two and one member; joiners go to the fullest, then the oldest, and one who
    is in all of them opens a new one."""
    await party.begin(block(size=5))
    first, second, third = [await party.opened(f"leader-{number}") for number in range(3)]
    await party.joined(second, "b1")
    assert await quick(party, "b2") == (second, False)
    await party.pay((await party.joined(second, "b3", pay=False))[0])
    assert await quick(party, "leader-0") == (second, False)  # a seat is held for b2, who has not paid
    assert await quick(party, "b4") == (first, False)
    assert await quick(party, "leader-1") == (first, False)
    assert await quick(party, "leader-0") == (third, False)
    found = [group.group_id async for group in party.calls.list_joinable_groups(party.activity_id, page_size=1)]
    assert found == [second, first, third]
    mine = [group.group_id async for group in party.calls.list_joinable_groups(party.activity_id, "leader-0")]
    assert mine == [second, third]


async def test_without_a_group_one_is_opened(party: Party) -> None:
    """Goal: quick join always ends in a place. Method: no group; a leader's own group does not count for the leader."""
    await party.begin(block())
    group_id, opened = await quick(party, "b1")
    assert opened
    await party.pay(group_id)
    other, opened = await quick(party, "b1")
    assert opened and other != group_id


async def test_a_repeat_hears_of_the_same_group(party: Party) -> None:
    """Goal: idempotent on the request id though the best group is another one by now. Method: quick join, more groups come and fill, the
    same request again; with another content it is refused."""
    await party.begin(block())
    first = await party.opened("l1")
    assert await quick(party, "b1", request_id="once") == (first, False)
    second = await party.opened("l2")
    await party.joined(second, "b2")
    again = await party.calls.quick_join_group(party.order("b1", request_id="once"))
    assert again.placed is not None and again.placed.replayed
    assert (again.group_id, again.opened) == (first, False)
    with pytest.raises(RequestIdReused):
        await party.calls.quick_join_group(party.order("b1", quantity=2, request_id="once"))
    opened = await party.calls.quick_join_group(party.order("l2", request_id="opens"))
    assert opened.group_id == first


async def test_overflow_is_seated_elsewhere_at_once(party: Party) -> None:
    """Goal: nobody is told after paying. Method: a full group by id, with and without leave to be seated elsewhere."""
    await party.begin(block(size=2))
    full, free = await party.opened("l1"), await party.opened("l2")
    await party.joined(full, "b1", pay=False)
    refused = await party.join(full, "b2")
    assert refused.refusal is not None and refused.refusal.kind is RefusalKind.GROUP_FULL
    reseated = await party.join(full, "b2", any_group=True)
    assert (reseated.group_id, reseated.opened) == (free, False)
    opened = await party.join(full, "b3", any_group=True)
    assert opened.opened and opened.group_id not in (full, free)


async def test_a_share_code_stands_for_its_group(party: Party) -> None:
    """Goal: a code that can be told by word of mouth. Method: joined by it, in small letters with hyphens."""
    await party.begin(block())
    group_id = await party.opened()
    code = (await party.group(group_id)).share_code
    spoken = f"{code[:4]}-{code[4:8]}-{code[8:]}".lower()
    joined = await party.calls.join_group(party.order("b1"), share_code=spoken)
    assert joined.group_id == group_id
    assert (await party.calls.get_group(share_code=code)).group.group_id == group_id


async def test_what_a_page_shows_before_anybody_joins(party: Party) -> None:
    """Goal: prices by members and the rules in words, as the rule file has them. Method: a ladder, in both languages; none in a third."""
    await party.begin(block(price="[2 => ¥39.00, 3 => ¥35.00, 5 => ¥32.00]"))
    page = await party.calls.get_group_buy(party.activity_id, "en")
    [item] = page.items
    assert (item.sku, item.list_price.amount_minor, page.seats) == ("S1", 5_990, 5)
    assert [(step.members, step.unit_price.amount_minor) for step in item.steps] == [(2, 3_900), (3, 3_500), (5, 3_200)]
    assert {"conditions", "refund", "validity"} <= {section.kind for section in page.rules}
    chinese = await party.calls.get_group_buy(party.activity_id)
    assert [section.kind for section in chinese.rules] == [section.kind for section in page.rules]
    assert any("39" in sentence for sentence in chinese.rules[0].sentences)
    with pytest.raises(InvalidField):
        await party.calls.get_group_buy(party.activity_id, "xx")


async def test_my_groups_and_the_fastest(party: Party) -> None:
    """Goal: members see where they are, everybody who was fastest. Method: two complete groups, the later one the faster."""
    await party.begin(block(size=2))
    slow, fast = await party.opened("l1"), ""
    await party.window_passes(3_600_000)
    fast = await party.opened("l2")
    await party.joined(slow, "b1")
    await party.joined(fast, "b1")
    fastest = [group.group_id async for group in party.calls.list_fastest_groups(party.activity_id, page_size=1)]
    assert fastest == [fast, slow]
    mine = [each async for each in party.calls.list_my_groups("b1", page_size=1)]
    assert [(each.group.group_id, each.state, each.leads) for each in mine] == [
        (fast, MemberState.PAID, False),
        (slow, MemberState.PAID, False),
    ]
    assert [each.leads async for each in party.calls.list_my_groups("l1")] == [True]


async def test_two_for_the_last_seat(party: Party) -> None:
    """Goal: one seat, one buyer; the other is seated elsewhere or told. Method: 40 groups with one seat left, two buyers each at once, one
    by id and one who may be seated elsewhere; all pay."""
    count = 20
    await party.begin(block(size=2), stock=200)
    groups = [await party.opened(f"l{number}") for number in range(count)]

    async def both(number: int) -> None:
        strict, any_group = await asyncio.gather(
            party.join(groups[number], f"s{number}"), party.join(groups[number], f"a{number}", any_group=True)
        )
        assert any_group.placed is not None
        winners = [each for each in (strict, any_group) if each.group_id == groups[number]]
        assert len(winners) <= 1 and (strict.placed is None) == (strict.group_id == "")
        for each in (strict, any_group):
            if each.placed is not None:
                await party.shop.pay(each.placed.order_id)

    await asyncio.gather(*(both(number) for number in range(count)))
    await party.work()
    found = [await party.group(group_id) for group_id in groups]
    assert all(group.paid <= group.seats for group in found)
    assert all((group.state is GroupState.COMPLETED) == (group.paid == 2) for group in found)
    assert await party.shop.audit() == CLEAN, party.shop.differences
