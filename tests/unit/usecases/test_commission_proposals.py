"""Commissions on a running engine. Goal: shown as what they would be of what is paid, and nothing posted. Method: a shop with one."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from tests.support.clock import FakeClock
from tests.unit.usecases.shop import CUP, TEA, Shop, rule_files
from tuan.adapters.sql_record import SqlRecord
from tuan.domain.errors import InvalidValue
from tuan.plugin import PriceRule
from tuan.ports import RuleFile, Ruleset
from tuan.usecases.order_commands import WantedLine
from tuan.usecases.pricing.fact_reader import GivenFact
from tuan.usecases.rules.simulate_rules import OrderWindow
from tuan_distribution import block as distribution
from tuan_rules.pricing.commissions import CommissionProposal

SHARE = """commission "share" {
  when = referral.age is set  base = line.paid  settle = monthly(day: 10, after: 7d)  level 1 { rate = 10% }  level 2 { rate = 5% }
}
"""


def sent_by(user: str, upline: str = "") -> tuple[GivenFact, ...]:
    facts = [GivenFact("referral.user", "text", user), GivenFact("referral.age", "time_lag", 86_400_000)]
    return (*facts, *([GivenFact("referral.upline", "text", upline)] if upline else []))


@pytest.fixture
async def shop(record: SqlRecord, clock: FakeClock) -> Shop:
    shop = Shop(record, clock, words=distribution.rule_blocks())
    await shop.open()
    await shop.publish(SHARE)
    return shop


def shares(proposals: tuple[CommissionProposal, ...]) -> list[tuple[str, int, int, int]]:
    return [(each.earner, each.level, each.line_index, each.amount_minor) for each in proposals]


async def test_a_cart_and_its_order_show_the_same_shares(shop: Shop) -> None:
    """Goal: who asks before and who asks after hears the same, by the rules of the order's time. Method: a cart, its order, and the rates
    halved meanwhile; the ledger has nothing of it."""
    command = shop.command("r1", (TEA, 1, ""), (CUP, 1, ""), facts=sent_by("d1", "d2"))
    expected = [("d1", 1, 0, 1_00), ("d2", 2, 0, 50), ("d1", 1, 1, 3_00), ("d2", 2, 1, 1_50)]
    assert shares((await shop.rules.explainer.of_cart(command)).commissions) == expected
    [placed] = await shop.placer.place([command])
    await shop.publish(SHARE.replace("10%", "5%").replace("rate = 5% }\n", "rate = 2% }\n"), request_id="p2")
    order = (await shop.order(placed.order_id)).placed
    explained = await shop.rules.explainer.of_order(order)
    assert (shares(explained.commissions), explained.total_minor) == (expected, 40_00)
    assert await shop.sql.read(lambda unit: unit.ledger.balances("")) == {}


async def test_nobody_earns_of_their_own_order(shop: Shop) -> None:
    """Goal: whoever buys earns nothing, and without a referrer nobody does. Method: the buyer as referrer, and none."""
    for facts in (sent_by("b1"), ()):
        explained = await shop.rules.explainer.of_cart(shop.command("q", facts=facts))
        assert (explained.commissions, explained.gates) == ((), ())


async def test_what_plugins_take_off_earns_nothing(shop: Shop) -> None:
    """Goal: a commission is of what is paid in the end. Method: a promotion that takes something off after the rules."""
    rule = PriceRule("d/1", "discount", "rules", {"off_minor": 4_00})
    plugged = Ruleset("rules", "p", "1", (RuleFile("f", ""),), "active", 1)
    await shop.sql.write(lambda unit: (unit.rulesets.add(plugged), unit.rulesets.put_price_rules("rules", [rule])))
    await shop.keeper.refresh()
    explained = await shop.rules.explainer.of_cart(shop.command("q", facts=sent_by("d1")))
    assert (explained.total_minor, explained.plugins_off_minor) == (6_00, 4_00)
    assert shares(explained.commissions) == [("d1", 1, 0, 60)]


async def test_a_backtest_sums_them_up(shop: Shop) -> None:
    """Goal: a merchant sees what other rates would cost. Method: three orders, two of them referred, simulated with twice the rate."""
    for number, facts in enumerate((sent_by("d1"), sent_by("d2"), ())):
        await shop.placed(f"r{number}", facts=facts)
    files = rule_files(SHARE.replace("10%", "20%"))
    *_, (report, _) = [step async for step in shop.rules.simulator.simulate(OrderWindow(), files=files)]
    total = report.rules["shop.rules/commission/share"]
    assert (total.simulated_orders, total.simulated_commission_minor, total.live_orders) == (2, 4_00, 0)
    assert (report.orders, report.refused, report.simulated_minor) == (3, 0, report.live_minor)


async def test_what_comes_of_the_price_cannot_be_sent(shop: Shop) -> None:
    """Goal: no caller says what was paid. Method: `line.paid` with a line."""
    line = WantedLine(TEA, 1, "", (GivenFact("line.paid", "money", ("CNY", 1)),))
    [result] = await shop.placer.place([replace(shop.command("q"), lines=(line,))])
    assert isinstance(result, InvalidValue) and "known to the engine" in str(result)
