"""Blocks that nothing on this engine runs. Goal: kept with the ruleset and told of, never taken for working. Method: a shop."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.unit.usecases.shop import CALLER, Shop, rule_files
from tuan.adapters.sql_record import SqlRecord
from tuan.plugin import Plan, PriceRule, PromotionType
from tuan.registry import Registry
from tuan_coupon import block as coupon
from tuan_distribution import block as distribution
from tuan_flash_sale import block as flash_sale
from tuan_group_buy import block as group_buy
from tuan_risk import block as risk

WORDS = tuple(word for block in (coupon, distribution, flash_sale, group_buy, risk) for word in block.rule_blocks())
PAGES = Path(__file__).parents[3] / "docs" / "diagnostics"
STACK = 'stack "s" { phase = order_discount  scope = order  pick = all  base = running }\n'
SHARE_REWARD = 'share_reward "daily" { reward = points(10)  limit = 50 per buyer per 24h }\n'
COUPON = STACK + 'coupon "care" { give = off(¥5.00)  stack = stack "s"  personal = true }\n'
COUNTED = "count(join) by device within 10min > 20"


@pytest.fixture
async def shop(record: SqlRecord, clock: FakeClock) -> Shop:
    shop = Shop(record, clock, words=WORDS)
    await shop.open()
    return shop


async def told(shop: Shop, blocks: str) -> list[tuple[str, str, int]]:
    result = await shop.rules.checker.check_for_publication(rule_files(blocks))
    assert result.package is not None, result.errors
    return [(found.code, found.severity.value, found.span.line) for found in result.diagnostics]


@pytest.mark.parametrize(
    ("blocks", "codes"),
    [
        (SHARE_REWARD, [("TR-404", "warning", 2)]),
        (COUPON, [("TR-404", "warning", 3)]),
        (STACK + 'price "p" { give = off(¥5.00)  stack = stack "s" }\n', []),
        ('define "vip" { is = buyer.level >= 3 }\nrounding { unit = ¥0.10  mode = down  at = each_step }\n', []),
        ('risk "r" { on = [order.place]  when = cart.units > 9  verdict = deny  missing = deny }\n', []),
        (
            'risk "r" { on = [order.pay, order.place]  when = cart.units > 9  verdict = deny  missing = deny }\n',
            [("TR-405", "warning", 2)],
        ),
        (
            f'risk "r" {{ on = [order.place]  when = {COUNTED}  verdict = deny  missing = deny }}\n',
            [("TR-406", "warning", 2)],
        ),
        (f'risk "r" {{ on = [order.pay]  when = {COUNTED}  verdict = deny  missing = deny }}\n', [("TR-405", "warning", 2)]),
        (f'gate "g" {{ when = {COUNTED}  message = "x"  code = "y" }}\n', [("TR-406", "warning", 2)]),
        (STACK + f'price "p" {{ when = {COUNTED}  give = off(¥5)  stack = stack "s" }}\n', [("TR-406", "warning", 3)]),
    ],
    ids=["share", "coupon", "price", "language", "risk", "other event", "risk counts", "both", "gate counts", "price counts"],
)  # fmt: skip
async def test_what_is_told(shop: Shop, blocks: str, codes: list[tuple[str, str, int]]) -> None:
    """Goal: a warning where a block, an event or a count has no effect, and nowhere else. Method: one package each."""
    assert await told(shop, blocks) == codes


@pytest.mark.parametrize("code", ["TR-404", "TR-405", "TR-406"])
async def test_their_pages_show_them(shop: Shop, code: str) -> None:
    """Goal: the example yields the code alone, and the fixed form nothing. Method: both snippets of the page, checked by the engine."""
    page = (PAGES / f"{code}.md").read_text(encoding="utf-8")
    example, fixed = re.findall(r"```tuan\n(.*?)```", page, re.DOTALL)
    assert [found for found, _, _ in await told(shop, example)] == [code]
    assert await told(shop, fixed) == []


async def test_a_count_s_consequence_is_named(shop: Shop) -> None:
    """Goal: its author reads what the rule does meanwhile, in both languages. Method: a gate that refuses without the count."""
    result = await shop.rules.checker.check(rule_files(f'gate "g" {{ when = {COUNTED}  message = "x"  code = "y" }}\n'))
    [found] = result.diagnostics
    assert "`count(join) by device within 10min`" in found.message("en") and "refuses every order" in found.message(
        "en"
    )
    assert "拒绝所有订单" in found.message("zh")


async def test_it_is_kept_and_begins_with_its_plugin(shop: Shop, record: SqlRecord, clock: FakeClock) -> None:
    """Goal: the same ruleset, silent and planned once a promotion owns the block. Method: publish, install, promote again, roll back."""
    files = rule_files(SHARE_REWARD)
    published = await shop.rules.publisher.publish(CALLER, "p1", files)
    ruleset_hash = published.ruleset.ruleset_hash
    assert [found.code for found in published.diagnostics] == ["TR-404"]
    assert (await shop.stage(ruleset_hash), shop.keeper.current.price_rules) == ("active", {})
    await shop.placed("r1")

    class Sharing(PromotionType):
        code = "share_reward"

        def blocks(self):
            return [distribution.SHARE_REWARD]

        def plan(self, block, context):
            return Plan(price_rules=(PriceRule(f"{context.package}/{block.label}", self.code, "", {}),))

    shop.registry = Registry([*shop.registry, Sharing()], WORDS)
    shop.restart()
    await shop.keeper.refresh()
    again = await shop.rules.publisher.publish(CALLER, "p2", files)
    assert (again.ruleset.ruleset_hash, again.diagnostics) == (ruleset_hash, ())
    assert list(shop.keeper.current.price_rules["share_reward"]) == ["shop.rules/daily"]
