"""Lottery groups (抽奖团) over gRPC, from what is announced to what anybody can verify."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from traceback import format_exception
from typing import Any

import pytest
from sqlalchemy import insert

from tests.scenario.groups.party import Party, block
from tests.scenario.sales.shop import CLEAN
from tuan.adapters.redis_inventory import connect
from tuan.domain.order import OrderState
from tuan.plugin import RefundCause, Unit
from tuan_client.errors import GroupNotFound
from tuan_client.values.group_buy import GroupState, MemberState, WatchGroupResponse
from tuan_group_buy import reactions
from tuan_group_buy.draw import verify
from tuan_group_buy.events import DRAW_DUE
from tuan_group_buy.jobs import DRAW
from tuan_group_buy.lots.tables import find_draw, seed_of, seeds
from tuan_group_buy.promotion import GroupBuy

HOUR_MS = 3_600_000
DRAWN = "prizes = 2  odds = 50%  draw = 1h"
#: What reactions do of a draw, in its order.
STEPS = ("announce_draw", "freeze_draw", "reveal_draw", "refund_order", "grant_reward", "tell_of_draw")
REPOSITORY = Path(__file__).parents[3]


async def complete(party: Party) -> list[str]:
    """A group of four, all paid: their orders, the leader's first."""
    group_id = await party.opened()
    return [group_id, *await party.joined(group_id, "b2", "b3", "b4")]


async def test_from_the_announcement_to_the_verifier(party: Party, tmp_path: Path) -> None:
    """Goal: a draw that anybody can check: terms and commitment before the first join, list at completion, seed after its time. Method:
    keep both hashes as a customer would, take the published record, and have the stand-alone script draw again."""
    await party.begin(block(DRAWN, size=4))
    page = await party.calls.get_group_buy(party.activity_id, "en")
    assert page.odds is not None and (page.odds.prizes, page.odds.odds_ppm) == (2, 500_000)
    assert "odds" in {section.kind for section in page.rules}
    group_id = await party.opened()
    announced = await party.calls.get_draw(group_id)
    assert announced.announcement_hash == hashlib.sha256(announced.announcement.encode()).hexdigest()
    assert (announced.entrants, announced.record) == ("", "")
    orders = [group_id, *await party.joined(group_id, "b2", "b3", "b4")]
    frozen = await party.calls.get_draw(group_id)
    assert (frozen.record, frozen.winner_order_ids) == ("", ())
    assert json.loads(frozen.entrants)["entrants"] == sorted(orders)
    assert (await party.group(group_id)).state is GroupState.DRAWING
    await party.window_passes(HOUR_MS - 1_000)
    assert await party.states(orders) == [OrderState.PAID] * 4
    await party.window_passes(1_000)
    drawn = await party.calls.get_draw(group_id)
    assert (await party.group(group_id)).state is GroupState.COMPLETED
    assert (drawn.announcement, drawn.entrants) == (announced.announcement, frozen.entrants)
    record = tmp_path / "record.json"
    record.write_text(drawn.record)
    command = [sys.executable, str(REPOSITORY / "docs" / "verify_draw.py"), str(record)]
    right = await _run([*command, announced.announcement_hash, frozen.entrants_hash])
    assert right.returncode == 0 and all(order_id in right.stdout for order_id in drawn.winner_order_ids), right
    assert verify(drawn.record.encode(), [announced.announcement_hash, frozen.entrants_hash]) == []
    wrong = await _run([*command, hashlib.sha256(b"another").hexdigest()])
    assert wrong.returncode == 1


async def test_winners_get_the_goods_and_the_others_their_money_once(party: Party) -> None:
    """Goal: nobody is paid and out, and the rules said so. Method: two of four win; the others have one refund in full and a consolation
    each, which the rules in words call by its name."""
    coupon = """
        stack "coupons" { phase = order_discount  scope = order  pick = all  base = running }
        coupon "care" { title = { zh: "安慰券", en: "care coupon" }  give = off(¥5.00)  stack = stack "coupons"  personal = true }
    """
    await party.publish(block(f'{DRAWN}  on_lose = refund(route: original) then grant(coupon "care")', size=4) + coupon)
    for language, name in (("en", "“care coupon”"), ("zh", "“安慰券”")):
        page = await party.calls.get_group_buy(party.activity_id, language)
        assert any(name in sentence for section in page.rules for sentence in section.sentences)
    orders = await complete(party)
    await party.window_passes(HOUR_MS)
    winners = (await party.calls.get_draw(orders[0])).winner_order_ids
    group = await party.group(orders[0])
    by_buyer = dict(zip(("leader", "b2", "b3", "b4"), orders, strict=True))
    for member in group.members:
        order_id = by_buyer[member.buyer_id]
        coupons = [each async for each in party.client.coupons.list_coupons(member.buyer_id)]
        won = order_id in winners
        assert member.state is (MemberState.PAID if won else MemberState.REFUNDED)
        assert await party.shop.state(order_id) is (OrderState.READY_TO_SHIP if won else OrderState.REFUNDED)
        assert [refund.cause for refund in await party.shop.refunds(order_id)] == (
            [] if won else [RefundCause.LOTTERY_LOST]
        )
        assert (await party.returned(order_id), len(coupons)) == (([], 0) if won else ([3_500], 1))
    assert len(winners) == 2
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_a_draw_is_neither_early_nor_twice(party: Party) -> None:
    """Goal: the published time holds, and a record stays as published. Method: the job before its time, later its event twice."""
    await party.begin(block(DRAWN, size=4))
    orders = await complete(party)
    record, clock = party.shop.engine.record, party.shop.clock
    await record.write(lambda unit: unit.jobs.add(DRAW, "early", clock.now_ms(), {"group_id": orders[0]}))
    await party.work()
    assert (await party.group(orders[0])).state is GroupState.DRAWING
    await party.window_passes(HOUR_MS)
    drawn = await party.calls.get_draw(orders[0])
    await party.shop.pass_time(1_000)
    for _ in range(2):
        await record.write(lambda unit: unit.outbox.add(DRAW_DUE, orders[0], party.activity_id, clock.now_ms(), {}))
    await party.work()
    assert drawn.record and await party.calls.get_draw(orders[0]) == drawn
    assert sorted(await party.states(orders)) == sorted([OrderState.READY_TO_SHIP] * 2 + [OrderState.REFUNDED] * 2)


async def test_who_leaves_before_the_draw_leaves_the_list_alone(party: Party) -> None:
    """Goal: the list is final, and nobody is refunded twice. Method: every entrant but one is refunded between completion and draw."""
    await party.begin(block(DRAWN, size=4))
    orders = await complete(party)
    for order_id in orders[1:]:
        await party.shop.refund(order_id)
    await party.work()
    await party.window_passes(HOUR_MS)
    draw = await party.calls.get_draw(orders[0])
    assert json.loads(draw.record)["frozen"]["entrants"] == sorted(orders)
    assert [await party.returned(order_id) for order_id in orders[1:]] == [[3_500]] * 3
    assert sum(await party.returned(orders[0])) == (0 if orders[0] in draw.winner_order_ids else 3_500)
    assert verify(draw.record.encode()) == []
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_a_draw_outlives_its_activity(party: Party) -> None:
    """Goal: a group that completes in the last moment is drawn after its group buy is over. Method: close the activity between completion
    and draw; what the losers do not get is for sale again."""
    await party.begin(block(DRAWN, size=4))
    orders = await complete(party)
    await party.shop.engine.activities.close_now(party.activity_id)
    await party.work()
    await party.shop.engine.activities.advance_all()
    await party.window_passes(HOUR_MS)
    await party.shop.engine.activities.advance_all()
    await party.work()
    draw = await party.calls.get_draw(orders[0])
    assert len(draw.winner_order_ids) == 2
    assert sorted(await party.states(orders)) == sorted([OrderState.READY_TO_SHIP] * 2 + [OrderState.REFUNDED] * 2)
    assert await party.shop.available("S1") == 98
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_a_lottery_that_does_not_complete_is_an_ordinary_failure(party: Party) -> None:
    """Goal: all the money back, nothing drawn, no seed shown. Method: two of four; the window passes; an ordinary group has no draw."""
    await party.begin(block(DRAWN, size=4))
    group_id = await party.opened()
    orders = [group_id, *await party.joined(group_id, "b2")]
    await party.window_passes()
    assert await party.states(orders) == [OrderState.REFUNDED] * 2
    await party.window_passes(HOUR_MS)
    draw = await party.calls.get_draw(group_id)
    assert (draw.entrants, draw.record) == ("", "")
    with pytest.raises(GroupNotFound):
        await party.calls.get_draw("no-such-group")
    assert await party.shop.audit() == CLEAN, party.shop.differences


async def test_nobody_sees_the_seed_before_the_draw(party: Party, capfd: pytest.CaptureFixture[str]) -> None:
    """Goal: whoever knows the seed knows the winners. Method: look for it in Redis, events, jobs, logs, answers and an error."""
    await party.begin(block(DRAWN, size=4))
    orders = await complete(party)
    engine = party.shop.engine
    seed = (await engine.record.read(lambda unit: seed_of(unit.connection, orders[0]))).hex()
    events = await engine.record.read(lambda unit: unit.outbox.after(0, 10_000))
    jobs = await engine.record.read(lambda unit: unit.jobs.due(2**52, 10_000))
    answers = [
        await party.calls.get_draw(orders[0]),
        await party.group(orders[0]),
        await party.calls.get_group_buy(party.activity_id),
    ]
    assert events and jobs and not any(seed in repr(seen) for seen in (*events, *jobs, *answers))
    assert seed not in capfd.readouterr().out
    everything = await _everything_in_redis(party.shop.redis_url)
    assert orders[0] in everything and seed not in everything
    row = {"group_id": orders[0], "seed": seed}
    with pytest.raises(Exception, match="group_buy_seeds") as refused:
        await engine.record.write(lambda unit: unit.connection.execute(insert(seeds).values(row)))
    assert seed not in "".join(format_exception(refused.value))
    await party.window_passes(HOUR_MS)
    assert json.loads((await party.calls.get_draw(orders[0])).record)["revealed"]["seed"] == seed


async def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return await asyncio.to_thread(subprocess.run, command, capture_output=True, text=True, check=False)


async def _everything_in_redis(url: str) -> str:
    client = connect(url)
    try:
        read = {
            b"string": client.get,
            b"hash": client.hgetall,
            b"stream": client.xrange,
            b"set": client.smembers,
            b"zset": lambda key: client.zrange(key, 0, -1),
            b"list": lambda key: client.lrange(key, 0, -1),
        }
        return repr([(key, await read[await client.type(key)](key)) async for key in client.scan_iter()])
    finally:
        await client.aclose()


async def test_watchers_see_the_draw(party: Party) -> None:
    """Goal: a stream does not end while the draw is awaited. Method: watch a complete group until it is drawn."""
    await party.begin(block(DRAWN, size=4))
    orders = await complete(party)
    stream = party.calls.watch_group(orders[0])
    seen: list[WatchGroupResponse] = [await anext(stream)]
    await party.window_passes(HOUR_MS)
    await party.shop.engine.events.poll()
    seen += [answer async for answer in stream]
    assert {member.state for member in seen[0].group.members} == {MemberState.PAID}
    assert {member.state for member in seen[-1].group.members} == {MemberState.PAID, MemberState.REFUNDED}
    assert [answer.group.state for answer in (seen[0], seen[-1])] == [GroupState.DRAWING, GroupState.COMPLETED]


async def test_a_kill_in_any_step_changes_nothing(party: Party, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: drawn once, refunded once, whatever dies when. Method: each step is done and its transaction lost, the first time; and the
    engine is started anew after every round of events and every round of jobs."""
    shop = party.shop
    killed: set[str] = set()
    for step in STEPS:
        monkeypatch.setattr(reactions, step, _dies_once(step, getattr(reactions, step), killed))

    async def work() -> None:
        for _ in range(20):
            await shop.barrier()
            for run in (lambda: shop.engine.deliverer.deliver_all(), lambda: shop.engine.jobs.run_due()):
                if await run():
                    await shop.close()
                    await shop.open()
            shop.clock.advance(1_000)
            if await shop.engine.record.read(lambda unit: _all_done(unit, shop.clock.now_ms())):
                return
        raise AssertionError("there is always something left to do")

    await party.begin(block(f"{DRAWN}  on_lose = refund(route: original) then credit(¥1.00)", size=4))
    group_id = (await party.calls.open_group(party.order("leader"))).group_id
    await shop.pay(group_id)
    await work()
    placed = [
        await shop.placed(buyer, [("S1", 1, party.activity_id)], group_id=group_id) for buyer in ("b2", "b3", "b4")
    ]
    orders = [group_id, *(order.order_id for order in placed)]
    await shop.pay(*orders[1:])
    await work()
    frozen = await shop.engine.record.read(lambda unit: find_draw(unit.connection, group_id))
    await shop.pass_time(HOUR_MS)
    await work()
    draw = await shop.engine.record.read(lambda unit: find_draw(unit.connection, group_id))
    assert killed == set(STEPS)
    assert frozen is not None and draw is not None and draw.record is not None
    assert (draw.announced, draw.frozen) == (frozen.announced, frozen.frozen)
    assert verify(draw.record.to_bytes()) == []
    for order_id in orders:
        won = order_id in draw.record.revealed.winners
        assert await shop.state(order_id) is (OrderState.READY_TO_SHIP if won else OrderState.REFUNDED)
        assert await party.returned(order_id) == ([] if won else [3_500])
    assert await shop.balance("wallet:") == -200
    assert await shop.audit() == CLEAN, shop.differences


def _dies_once(step: str, real: Callable[..., Any], killed: set[str]) -> Callable[..., Any]:
    def dies(*arguments: Any) -> Any:
        done = real(*arguments)
        if step not in killed:
            killed.add(step)
            raise RuntimeError(f"killed after {step}")
        return done

    return dies


def _all_done(unit: Unit, now_ms: int) -> bool:
    """No event waits for the plugin, and no job is due."""
    waiting = unit.outbox.after(unit.outbox.cursor("react:group_buy"), 1, GroupBuy.reacts_to)
    return not waiting and not unit.jobs.due(now_ms, 1)
