"""Orders: whole or not at all over every shard, the same answer for the same request, and one plugin's fault is not the others'."""

from __future__ import annotations

import asyncio
import dataclasses

import pytest
from msgspec.structs import replace

from tests.unit.usecases.shop import CUP, HOUR_MS, TEA, Shop
from tuan.domain.activity import RETAIL
from tuan.domain.claim import Answer, Code
from tuan.domain.errors import Reason, TuanError
from tuan.plugin import PriceRule, Refusal, RefusalKind
from tuan.ports import RuleFile, Ruleset
from tuan.usecases.order_commands import Placed
from tuan.usecases.placing_limits import PlacingLimits
from tuan.usecases.sold_out import BELIEVED_MS

BOTH = ((TEA, 2, "sale"), (CUP, 1, ""))


def reason_of(result: object) -> Reason:
    assert isinstance(result, TuanError), result
    return result.reason


def kind_of(result: object) -> RefusalKind:
    assert isinstance(result, Refusal), result
    return result.kind


async def test_over_two_shards(shop: Shop) -> None:
    """Goal: one order, one row, a hold on each shard, priced line by line. Method: tea from a sale, a cup from retail."""
    await shop.begin(shop.activity(quantity=10))
    placed = await shop.placed("r", *BOTH)
    assert placed.total_minor == 2 * 9_00 + 30_00
    assert (await shop.available("sale"), await shop.available(RETAIL, CUP)) == (8, 99)
    assert (await shop.order(placed.order_id)).placed.shards == (RETAIL, "sale")
    await shop.assert_clean()


async def test_refused_on_the_second_shard(shop: Shop) -> None:
    """Goal: what the first shard granted comes back. Method: more tea than the sale has, and a cup; then repeat it."""
    await shop.begin(shop.activity(quantity=1))
    assert kind_of(await shop.place("r", *BOTH)) is RefusalKind.SOLD_OUT
    assert await shop.available(RETAIL, CUP) == 100
    shop.clock.advance(BELIEVED_MS)  # until then no shard is asked: it is sold out
    # The key is used up on the first shard, whose hold was given back: no order may be built on that.
    assert reason_of(await shop.place("r", *BOTH)) is Reason.ORDER_STATE_CONFLICT
    await shop.assert_clean()


async def test_repeated_while_the_first_gives_back(shop: Shop) -> None:
    """Goal: no order is acknowledged on a hold that is being given back. Method: the sale refuses; before the cup's hold is
    released, a unit of tea comes free and the same request comes again."""
    await shop.begin(shop.activity(quantity=2))
    blocker = await shop.placed("blocker", (TEA, 2, "sale"))
    shop.clock.advance(BELIEVED_MS)  # or it is refused before the cup is held
    release, repeats = shop.inventory.release, []

    async def slow(shard: str, epoch: int, requests: list) -> list:
        if shop.inventory.release is slow:
            shop.inventory.release = release
            await shop.cancel(blocker.order_id)
            repeats.append(asyncio.create_task(shop.place("r", *BOTH)))
            await asyncio.wait(repeats, timeout=0.2)  # as long as a repeat could take that does not wait
        return await release(shard, epoch, requests)

    shop.inventory.release = slow
    assert kind_of(await shop.place("r", *BOTH)) is RefusalKind.SOLD_OUT
    assert reason_of(await repeats[0]) is Reason.ORDER_STATE_CONFLICT
    assert (await shop.available("sale"), await shop.available(RETAIL, CUP)) == (2, 100)
    await shop.assert_clean()


async def test_lost_answer_of_the_second_shard(shop: Shop) -> None:
    """Goal: after an unknown outcome the repeat completes the order with the hold that it has. Method: the second shard is
    away once; the first keeps its hold; then the same request again."""
    await shop.begin(shop.activity(quantity=10))
    away = TuanError(Reason.OUTCOME_UNKNOWN, "no answer")

    def fail(_: object) -> None:
        raise away

    shop.store.trouble["reserve", "sale"] = fail
    assert reason_of(await shop.place("r", *BOTH)) is Reason.OUTCOME_UNKNOWN
    assert await shop.available(RETAIL, CUP) == 99
    shop.store.trouble.clear()
    placed = await shop.placed("r", *BOTH)
    assert await shop.available(RETAIL, CUP) == 99
    await shop.pay(placed)
    assert (await shop.counter(RETAIL, CUP)).taken == 1 and (await shop.counter("sale")).taken == 2
    await shop.assert_clean()


async def test_the_same_sku_twice_is_summed(shop: Shop) -> None:
    """Goal: two lines of one SKU are one claim. Method: 6 + 5 of 10."""
    await shop.begin(shop.activity(quantity=10))
    refused = await shop.place("r", (TEA, 6, "sale"), (TEA, 5, "sale"))
    assert kind_of(refused) is RefusalKind.SOLD_OUT


async def test_repeats_hear_the_first_answer(shop: Shop) -> None:
    """Goal: the first answer, in one batch, in the next, after a restart, and after the sale is over. Method: repeat it."""
    activity = shop.activity(quantity=1)
    await shop.begin(activity)
    shop.deal.on_admit = lambda attempt: (
        Refusal(RefusalKind.ENDED, "over") if attempt.now_ms >= activity.end_time_ms else None
    )
    command = shop.command("r", (TEA, 1, "sale"))
    first, again = await shop.placer.place([command, command])
    assert isinstance(first, Placed) and isinstance(again, Placed)
    assert again == replace(first, in_sql=True, replayed=True)
    shop.restart()
    await shop.keeper.refresh()
    assert await shop.placer.place([command]) == [again]
    shop.clock.advance(HOUR_MS)
    assert kind_of(await shop.place("new", (TEA, 1, "sale"))) is RefusalKind.ENDED
    assert await shop.placer.place([command]) == [again]
    await shop.expire()
    for _ in range(3):
        await shop.activities.advance_all()
    assert "sale" not in shop.keeper.current.activities
    assert await shop.placer.place([command]) == [again]


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize(
    "other", [((TEA, 2, "sale"),), ((TEA, 1, ""),), ((CUP, 1, ""),)], ids=["quantity", "shard", "goods"]
)
async def test_another_content_under_the_same_id(shop: Shop, other: tuple, restarted: bool) -> None:
    """Goal: never two orders of one id. Method: other quantity, other shard, other goods; by the same process and by a new
    one, which has to find out from the stores."""
    await shop.begin(shop.activity(quantity=10))
    placed = await shop.placed("r", (TEA, 1, "sale"))
    if restarted:
        shop.restart()
        await shop.keeper.refresh()
    result = await shop.place("r", *other)
    if restarted and isinstance(result, Placed):
        # Shards do not know each other's requests: the record voids the second order, and a repeat hears so.
        assert reason_of(await shop.place("r", *other)) is Reason.REQUEST_ID_REUSED
        await shop.work()
    else:
        assert reason_of(result) is Reason.REQUEST_ID_REUSED
    assert (await shop.order(placed.order_id)).placed.lines[0].sku == TEA
    assert await shop.available("sale") == 9 and await shop.available(RETAIL, CUP) == 100
    await shop.assert_clean()


async def test_a_forgetful_shard_is_looked_up_in_sql(shop: Shop) -> None:
    """Goal: a request that Redis forgot is still known. Method: expire, forget, repeat; and with another content."""
    placed = await shop.placed("r")
    await shop.expire()
    await shop.sql.write(lambda unit: unit.shards.set_forgetful(RETAIL))
    assert await shop.memory.forget(RETAIL, shop.clock.now_ms() + 1, 10) == 1
    await shop.keeper.refresh()
    again = await shop.placed("r")
    assert (again.order_id, again.replayed) == (placed.order_id, True)
    assert reason_of(await shop.place("r", (TEA, 2, ""))) is Reason.REQUEST_ID_REUSED
    assert await shop.available() == 100


async def test_price_changed(shop: Shop) -> None:
    """Goal: nobody pays another price than was shown. Method: expect the list price of a discounted tea, then the right one."""
    rule = PriceRule("off", "discount", "rules", {"off_minor": 1_00})
    ruleset = Ruleset("rules", "p", "1", (RuleFile("f", ""),), "active", 1)
    await shop.sql.write(lambda unit: (unit.rulesets.add(ruleset), unit.rulesets.put_price_rules("rules", [rule])))
    await shop.keeper.refresh()
    refused = await shop.place("r", expected_total_minor=10_00)
    assert isinstance(refused, Refusal)
    assert (refused.kind, refused.current_total_minor) == (RefusalKind.PRICE_CHANGED, 9_00)
    assert (await shop.placed("r", expected_total_minor=9_00)).total_minor == 9_00


async def test_back_pressure(shop: Shop) -> None:
    """Goal: when SQL is too far behind, new orders wait. Method: stop the drain, place until it refuses, drain, place."""
    shop.placer = shop.new_placer(dataclasses.replace(shop.limits, undrained_max=3))
    shop.draining = False
    results = [await shop.place(f"r{number}", buyer=f"b{number}") for number in range(6)]
    assert [isinstance(result, Placed) for result in results] == [True] * 4 + [False] * 2
    assert isinstance(results[5], TuanError)
    assert (results[5].reason, results[5].retry_after_ms) == (Reason.STORE_UNAVAILABLE, 1_000)
    shop.draining = True
    shop.drain()
    await shop.placed("r4")
    await shop.settle()


async def test_a_hung_plugin_spares_the_others(shop: Shop) -> None:
    """Goal: orders without the hung plugin are placed; those with it hear of it. Method: a batch of both, deadline 100 ms."""
    await shop.begin(shop.activity("stuck", quantity=10, promotion="hanging"))
    await shop.begin(shop.activity("sale", quantity=10))
    placer = shop.new_placer(PlacingLimits(60_000, False, 1_000, plugins_deadline_ms=100))
    commands = [
        shop.command("a", (TEA, 1, "sale")),
        shop.command("b", (TEA, 1, "stuck")),
        shop.command("c", (TEA, 1, "sale"), (TEA, 1, "stuck")),
        shop.command("d"),
    ]
    results = await placer.place(commands)
    shop.hanging.released.set()
    assert [isinstance(result, Placed) for result in results] == [True, False, False, True]
    assert {reason_of(result) for result in results[1:3]} == {Reason.PLUGIN_UNAVAILABLE}
    assert shop.supervisor.standing(shop.hanging).faults >= 1
    assert shop.supervisor.standing(shop.deal).faults == 0


@pytest.mark.parametrize("code", [Code.SHARD_MISSING, Code.STALE_EPOCH, Code.SHARD_CLOSED])
async def test_a_shard_that_is_rebuilt(shop: Shop, code: Code) -> None:
    """Goal: UNAVAILABLE, whoever rebuilds is told, and orders of other shards go on. Method: a batch over both shards."""
    await shop.begin(shop.activity(quantity=10))
    shop.store.trouble["reserve", "sale"] = lambda arguments: [Answer(code) for _ in arguments[1]]
    results = await shop.placer.place([shop.command("a", (TEA, 1, "sale")), shop.command("b")])
    assert reason_of(results[0]) is Reason.SHARD_REBUILDING
    assert isinstance(results[1], Placed)
    assert shop.watch.refused_shards == {"sale"}


async def test_an_error_of_one_repeat_is_not_the_batch_s(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a repeat whose first answer cannot be read yet fails alone. Method: the drain stands still and nobody waits for
    it; a repeat (refused now) and a new order in one batch."""
    await shop.begin(shop.activity(quantity=10))
    shop.draining = False
    placed = await shop.placed("r", (TEA, 1, "sale"))
    shop.deal.on_admit = lambda attempt: Refusal(RefusalKind.ENDED, "over")
    monkeypatch.setattr("tuan.usecases.drain_watch.WAIT_MS_MAX", 20)
    results = await shop.placer.place([shop.command("r", (TEA, 1, "sale")), shop.command("other")])
    assert reason_of(results[0]) is Reason.OUTCOME_UNKNOWN
    assert isinstance(results[1], Placed)
    shop.draining = True
    shop.drain()
    [again] = await shop.placer.place([shop.command("r", (TEA, 1, "sale"))])
    assert isinstance(again, Placed) and again.order_id == placed.order_id
    await shop.settle()


async def test_acknowledged_after_sql(shop: Shop) -> None:
    """Goal: with ack=sql the answer says so, and the order is there. Method: place, read at once."""
    shop.placer = shop.new_placer(dataclasses.replace(shop.limits, ack_sql=True))
    placed = await shop.placed("r")
    assert placed.in_sql
    assert (await shop.order(placed.order_id)).placed.total_minor == placed.total_minor


async def test_refusals_of_what_needs_no_store(shop: Shop) -> None:
    """Goal: each bad order of a batch has its own reason, the good one is placed. Method: one of each kind."""
    commands = [
        shop.command(""),
        shop.command("b", ("nothing", 1, "")),
        shop.command("c", currency="EUR"),
        shop.command("d", (TEA, 1, "nowhere")),
        shop.command("e"),
    ]
    results = await shop.placer.place(commands)
    assert [reason_of(result) for result in results[:4]] == [
        Reason.INVALID_FIELD,
        Reason.SKU_NOT_FOUND,
        Reason.CURRENCY_MISMATCH,
        Reason.ACTIVITY_NOT_FOUND,
    ]
    assert isinstance(results[4], Placed)


async def test_limit_per_buyer(shop: Shop) -> None:
    """Goal: a limit is named, with what is left of it. Method: a limit of 2, orders of 1 and 2."""
    await shop.begin(shop.activity(quantity=10, config={"limit": 2}))
    await shop.placed("a", (TEA, 1, "sale"))
    refused = await shop.place("b", (TEA, 2, "sale"))
    assert isinstance(refused, Refusal)
    assert (refused.kind, refused.limit, refused.available) == (RefusalKind.OVER_LIMIT, "limit_per_buyer", 1)
