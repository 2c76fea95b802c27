"""Shadows, canaries, explanations, backtests. Goal: what other rules would change is known, in money. Method: a shop, two versions."""

from __future__ import annotations

import asyncio
import os
from fractions import Fraction

from msgspec.structs import replace

from tests.unit.usecases.shop import CUP, TEA, Shop, rule_files
from tests.unit.usecases.test_ruleset_stages import off, promote, refused
from tuan.domain.errors import InvalidValue, Reason
from tuan.domain.order import OrderState
from tuan.domain.ruleset import Stage
from tuan.plugin import PriceRule
from tuan.ports import RuleFile, Ruleset, ShadowTotals
from tuan.usecases.order_commands import Placed
from tuan.usecases.pricing.fact_reader import GivenFact
from tuan.usecases.pricing.shadow import ShadowPricer
from tuan.usecases.rules.explain_price import why_not
from tuan.usecases.rules.simulate_rules import OrderWindow, Report
from tuan_rules.pricing import Rejected

VIP = (GivenFact("buyer.level", "number", 3),)
MEMBERS = off(10) + 'price "vip" { when = buyer.level >= 3  give = off(¥3)  stack = stack "line"  priority = 9 }\n'


async def totals(shop: Shop, ruleset: str) -> list[ShadowTotals]:
    """After the shadow has priced what waits."""
    await shop.shadow.price_waiting()
    await shop.shadow.flush()
    return await shop.sql.read(lambda unit: unit.rulesets.shadow_totals(ruleset))


async def simulated(shop: Shop, window: OrderWindow, ruleset: str = "", blocks: str = "") -> Report:
    files = rule_files(blocks) if blocks else ()
    whole = [report async for report, whole in shop.rules.simulator.simulate(window, ruleset, files) if whole]
    [report] = whole
    return report


async def test_a_shadow_prices_what_is_placed(shop: Shop) -> None:
    """Goal: the difference in money, and nobody pays it. Method: a cheaper, a dearer and an equal order, in and out of a deal."""
    await shop.publish(off(10), request_id="p0")
    shadow = await shop.publish(MEMBERS.replace("off(10%)", "off(5%)"), request_id="p1", stage=Stage.SHADOW)
    await shop.begin(shop.activity())
    orders = [
        await shop.placed("r1"),
        await shop.placed("r2", (TEA, 2, ""), (CUP, 1, ""), facts=VIP, buyer="b2"),
        await shop.placed("r3", (TEA, 1, "sale"), buyer="b3"),
    ]
    assert [order.total_minor for order in orders] == [9_00, 45_00, 8_10]
    await shop.placed("r1")
    [found] = await totals(shop, shadow)
    assert (found.orders, found.cheaper, found.dearer, found.failed, found.dropped) == (3, 1, 2, 0, 0)
    # 9.50; the member's 3.00 off each unit beats 5 %: 14.00 + 27.00; 9.00 in the deal less 5 %: 8.55.
    assert (found.live_minor, found.shadow_minor) == (62_10, 9_50 + 41_00 + 8_55)


async def test_a_shadow_that_cannot_follow_drops_and_says_so(shop: Shop) -> None:
    """Goal: orders never wait for it. Method: a queue for one, three orders."""
    shop.shadow = shop.placer.shadow = ShadowPricer(shop.record, shop.clock, queue_max=1)
    await shop.publish(off(10), request_id="p0")
    shadow = await shop.publish(off(20), request_id="p1", stage=Stage.SHADOW)
    for number in range(3):
        await shop.placed(f"r{number}", buyer=f"b{number}")
    [found] = await totals(shop, shadow)
    assert (found.orders, found.dropped, found.live_minor, found.shadow_minor) == (1, 2, 9_00, 8_00)


async def test_the_shadow_works_in_the_background(shop: Shop) -> None:
    """Goal: totals arrive by themselves. Method: the running task, an order, and the write that it ends with."""
    await shop.publish(off(10), request_id="p0")
    shadow = await shop.publish(off(20), request_id="p1", stage=Stage.SHADOW)
    written = asyncio.Event()
    flush = shop.shadow.flush

    async def flushed() -> None:
        await flush()
        written.set()

    shop.shadow.flush = flushed  # type: ignore[method-assign]
    task = asyncio.create_task(shop.shadow.run())
    await shop.placed("r1")
    await asyncio.wait_for(written.wait(), 30)
    task.cancel()
    [found] = await shop.sql.read(lambda unit: unit.rulesets.shadow_totals(shadow))
    assert found.orders == 1


async def test_a_canary_is_for_some_buyers_and_always_the_same(shop: Shop) -> None:
    """Goal: one buyer, one price, and orders name the rules that priced them. Method: 60 buyers, twice, at 30 % and then at 60 %."""
    live = await shop.publish(off(10), request_id="p0")
    canary = await shop.publish(off(20), request_id="p1", stage=Stage.CANARY, canary_percent=30)
    seen: dict[int, set[str]] = {}
    for percent in (30, 60):
        if percent == 60:
            await promote(shop, canary, Stage.CANARY, percent)
        for turn in range(2):
            for number in range(60):
                placed = await shop.placed(f"r{percent}-{turn}-{number}", buyer=f"b{number}")
                name = (await shop.order(placed.order_id)).placed.ruleset_hash
                assert name.rpartition(",")[2] == (canary if placed.total_minor == 8_00 else live)
                if placed.total_minor == 8_00:
                    seen.setdefault(percent * 2 + turn, set()).add(f"b{number}")
            await shop.stock_up()
    assert seen[60] == seen[61] < seen[120] == seen[121]
    assert 8 <= len(seen[60]) <= 28


async def test_explaining_a_cart(shop: Shop) -> None:
    """Goal: each step with its arithmetic, and why the others did not count. Method: a member's cup by two rules."""
    ruleset = await shop.publish(MEMBERS)
    explained = await shop.rules.explainer.of_cart(shop.command("q", (CUP, 1, ""), facts=VIP, shipping_minor=5_00))
    assert (explained.ruleset_hash, explained.total_minor, explained.reproduced) == (ruleset, 32_00, True)
    [step] = explained.explanation.applied()
    assert (step.step.rule_id, step.step.before_minor, step.exact_off_minor, step.after_minor) == (
        "shop.rules/price/off",
        30_00,
        Fraction(3_00),
        27_00,
    )
    asked = ["shop.rules/price/vip", "shop.rules/price/off", "shop.rules/price/none"]
    (_, vip), (_, counted), (_, unknown) = why_not(explained, asked)
    assert isinstance(vip, Rejected)
    assert vip.why in ("lower", "after")
    assert counted is None
    assert isinstance(unknown, KeyError)


async def test_explaining_an_order_by_the_rules_that_it_was_placed_under(shop: Shop) -> None:
    """Goal: an old price is explained as it came to be. Method: two packages, a deal, a plugin's discount, shipping; then all changes."""
    await shop.publish(MEMBERS, request_id="p1")
    await shop.publish(off(50, "cups").replace("give", f'on = line.sku in ["{CUP}"]  give'), "shop.cups", "p2")
    rule = PriceRule("plugin", "discount", "rules", {"off_minor": 1_00})
    plugged = Ruleset("rules", "p", "1", (RuleFile("f", ""),), "active", 1)
    await shop.sql.write(lambda unit: (unit.rulesets.add(plugged), unit.rulesets.put_price_rules("rules", [rule])))
    await shop.begin(shop.activity())
    placed = await shop.placed("r1", (TEA, 2, "sale"), (CUP, 1, ""), facts=VIP, shipping_minor=5_00)
    await shop.publish(off(1), request_id="p3")
    await shop.publish(off(2, "cups"), "shop.cups", "p4")
    shop.restart()
    await shop.keeper.refresh()
    order = (await shop.order(placed.order_id)).placed
    explained = await shop.rules.explainer.of_order(order)
    assert explained.reproduced
    assert (explained.total_minor, explained.plugins_off_minor) == (placed.total_minor, 1_00)
    recorded = [(line.line_index, step.rule_id) for line in order.lines for step in line.adjustments]
    replayed = [(each.step.line_index, each.step.rule_id) for each in explained.explanation.applied()]
    assert sorted(replayed) == sorted(each for each in recorded if each[1] != "plugin")


async def test_an_order_whose_budget_was_clipped_is_explained_as_it_was(shop: Shop) -> None:
    """Goal: a budget that ran out is part of the reason. Method: ¥1.50 for two orders that want ¥1.00 each."""
    await shop.publish(off(10).replace("give", "budget = ¥1.50  on_exceed = clip  give"))
    await shop.placed("r1")
    await shop.place("r2", buyer="b2")
    clipped = await shop.placed("r2", buyer="b2", expected_total_minor=9_50)
    explained = await shop.rules.explainer.of_order((await shop.order(clipped.order_id)).placed)
    assert explained.reproduced
    [step] = explained.explanation.applied()
    assert "budget" in step.limits


async def test_rules_that_cannot_be_had_any_more_are_said_to_be_so(shop: Shop) -> None:
    """Goal: no guess at an old price. Method: a name of nothing; a version that this engine cannot read, and an order that names it."""
    placed = await shop.placed("r1")
    order = (await shop.order(placed.order_id)).placed
    unreadable = Ruleset("lost", "p", "1", (RuleFile("f", "lottery {"),), "retired", 1)
    await shop.sql.write(lambda unit: unit.rulesets.add(unreadable))
    for name, reason in (("nothing", Reason.RULESET_NOT_FOUND), ("lost", Reason.RULES_INVALID)):
        error = await refused(shop.rules.explainer.of_order(replace(order, ruleset_hash=name)))
        assert error.reason is reason
    assert (await shop.rules.explainer.of_order(order)).reproduced


async def test_a_backtest_says_what_orders_would_have_cost(shop: Shop) -> None:
    """Goal: totals by order and rule, in money. Method: three orders at 10 % off against a member rule, then only some of them."""
    await shop.publish(off(10), request_id="p0")
    start_ms = shop.clock.now_ms()
    first = await shop.placed("r1")
    shop.clock.advance(1_000)
    member = await shop.placed("r2", (TEA, 2, ""), (CUP, 1, ""), facts=VIP, buyer="b2", shipping_minor=5_00)
    await shop.pay(member)
    await shop.placed("r3", buyer="b3")
    assert (first.total_minor, member.total_minor) == (9_00, 50_00)
    report = await simulated(shop, OrderWindow(), blocks=MEMBERS.replace("off(10%)", "off(5%)"))
    assert (report.orders, report.cheaper, report.dearer, report.failed) == (3, 1, 2, 0)
    assert (report.live_minor, report.simulated_minor) == (9_00 + 50_00 + 9_00, 9_50 + 46_00 + 9_50)
    by_rule = dict(report.by_change())
    assert (by_rule["shop.rules/price/off"].live_orders, by_rule["shop.rules/price/off"].live_off_minor) == (3, 7_00)
    assert (by_rule["shop.rules/price/off"].simulated_orders, by_rule["shop.rules/price/off"].simulated_off_minor) == (
        2,
        1_00,
    )
    assert (by_rule["shop.rules/price/vip"].simulated_orders, by_rule["shop.rules/price/vip"].simulated_off_minor) == (
        1,
        9_00,
    )
    assert report.samples()[0] == (4_00, member.order_id, 50_00, 46_00)
    candidate = await shop.publish(off(30), request_id="p9", stage=Stage.DRAFT)
    windows = {
        OrderWindow(end_time_ms=start_ms + 1): 1,
        OrderWindow(start_time_ms=start_ms + 1): 2,
        OrderWindow(states=(OrderState.READY_TO_SHIP,)): 1,
        OrderWindow(orders_max=2): 2,
    }
    for window, orders in windows.items():
        found = await simulated(shop, window, candidate)
        assert (found.orders, found.truncated) == (orders, window.orders_max == 2)


async def test_a_backtest_of_what_is_active_changes_nothing(shop: Shop) -> None:
    """Goal: the replay is exact. Method: orders of many kinds, priced again by the same rules."""
    blocks = MEMBERS.replace("off(10%)", "off(7%)")
    ruleset = await shop.publish(blocks)
    await shop.begin(shop.activity())
    for number in range(8):
        lines = ((TEA, 1 + number % 3, "sale" if number % 4 == 0 else ""), (CUP, 1 + number % 2, ""))
        await shop.placed(
            f"r{number}", *lines, buyer=f"b{number}", facts=VIP if number % 2 else (), shipping_minor=number
        )
    report = await simulated(shop, OrderWindow(), ruleset)
    assert (report.orders, report.cheaper, report.dearer) == (8, 0, 0)
    assert report.live_minor == report.simulated_minor
    assert all(total.live_off_minor == total.simulated_off_minor for _, total in report.by_change())


async def test_budgets_of_a_backtest_are_spent_by_its_orders(shop: Shop) -> None:
    """Goal: no promise that the money would not hold. Method: ¥1.50 for three orders that would take ¥1.00 each."""
    for number in range(3):
        await shop.placed(f"r{number}", buyer=f"b{number}")
    budget = off(10).replace("give", "budget = ¥1.50  on_exceed = clip  give")
    report = await simulated(shop, OrderWindow(), blocks=budget)
    assert (report.live_minor - report.simulated_minor, report.cheaper) == (1_50, 2)


async def test_a_backtest_of_nothing_is_refused(shop: Shop) -> None:
    """Goal: a wrong question is not answered. Method: neither hash nor files, both, an unknown one, a window the wrong way round."""
    for window, ruleset, blocks in (
        (OrderWindow(), "", ""),
        (OrderWindow(), "0" * 64, off(1)),
        (OrderWindow(5, 5), "", off(1)),
        (OrderWindow(orders_max=-1), "", off(1)),
    ):
        assert isinstance(await refused(simulated(shop, window, ruleset, blocks)), InvalidValue)
    assert (await refused(simulated(shop, OrderWindow(), "0" * 64))).reason is Reason.RULESET_NOT_FOUND


async def test_what_two_versions_mean_differently(shop: Shop) -> None:
    """Goal: a difference in meaning, not in text. Method: two versions, the same as files, a layout of its own, both and neither."""
    one = await shop.publish(off(10), request_id="p1")
    two = await shop.publish(off(20), request_id="p2")
    by_hash = await shop.rules.differ.diff(one, two)
    assert by_hash == await shop.rules.differ.diff(one, files=rule_files(off(20)))
    assert [change.path for change in by_hash] == [('price "off"',)]
    assert await shop.rules.differ.diff(one, files=rule_files("// same\n" + off(10))) == ()
    for after, blocks in (("", ""), (two, off(1))):
        files = rule_files(blocks) if blocks else ()
        assert isinstance(await refused(shop.rules.differ.diff(one, after, files)), InvalidValue)


#: Versions that follow each other while orders are placed.
VERSIONS = 90 if os.environ.get("TUAN_CAMPAIGN") == "long" else 6


async def test_orders_placed_while_rules_change_are_priced_by_one_version_each(shop: Shop) -> None:
    """Goal: the swap is atomic under load, and a bad file never replaces a good one. Method: versions in turn, each of which takes off
    its own percent of goods and of shipping, with broken ones between; orders all the while, each held against the version it names."""
    percents: dict[str, int] = {}

    def version(percent: int) -> str:
        shipping = 'stack "ship" { phase = shipping  scope = order  pick = best_for_buyer  base = running }\n'
        return off(percent) + shipping + f'price "ship" {{ give = off({percent}%)  stack = stack "ship" }}\n'

    async def publish() -> None:
        for number in range(1, VERSIONS + 1):
            percent = number if VERSIONS > 9 else 10 * number
            percents[await shop.publish(version(percent), request_id=f"p{number}")] = percent
            error = await refused(shop.publish(version(95) + "price", request_id=f"bad{number}"))
            assert error.reason is Reason.RULES_INVALID
        done.set()

    done = asyncio.Event()
    percents[await shop.publish(version(91), request_id="p0")] = 91
    await shop.stock_up(100_000)
    publishing = asyncio.create_task(publish())
    placed: list[Placed] = []
    while not done.is_set():
        number = len(placed)
        batch = [
            shop.command(f"r{number + each}", (TEA, 2, ""), (CUP, 1, ""), shipping_minor=10_00) for each in range(4)
        ]
        results = await shop.placer.place(batch)
        assert all(isinstance(result, Placed) for result in results), results
        placed += [result for result in results if isinstance(result, Placed)]
    await publishing
    seen = set()
    for each in placed:
        order = (await shop.order(each.order_id)).placed
        percent = percents[order.ruleset_hash]
        seen.add(percent)
        assert order.total_minor == 60_00 * (100 - percent) // 100
        assert {step.rule_id for line in order.lines for step in line.adjustments} == {
            "shop.rules/price/off",
            "shop.rules/price/ship",
        }
    assert len(seen) >= 3, f"{len(placed)} orders saw {sorted(seen)}: there was no load while rules changed"
    await shop.assert_clean()
