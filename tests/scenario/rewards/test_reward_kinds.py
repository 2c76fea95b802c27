"""Rewards of each kind. Goal: once per reward, in the caller's transaction, in the ledger, and taken back as far as is left.

Method: grant twice and revoke twice inside transactions of the record, with an audit after each.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.scenario.sales.shop import CALLER, CLEAN, Shop
from tuan.domain.errors import InvalidValue
from tuan.plugin import Reward
from tuan_client import AsyncClient, Money

RULES = """
stack "coupons" { phase = order_discount  scope = order  pick = all  base = running }
stack "pay" { phase = tender  scope = order  pick = all  base = running }
coupon "care" { give = off(¥5.00)  stack = stack "coupons"  personal = true  issue = 1 }
points "stars" { earn = ¥1.00  worth = ¥0.01  give = off(50%)  stack = stack "pay" }
"""
VALUES: dict[str, dict[str, Any]] = {
    "coupon": {"template_id": "shop.rules/coupon/care"},
    "points": {"points": 100},
    "wallet": {"currency": "CNY", "amount_minor": 100},
}


def reward(kind: str, reward_id: str = "group-7", **value: Any) -> Reward:
    return Reward(reward_id, "b1", "leader", 1_800_000_000_000, {"caller": CALLER, **VALUES[kind], **value})


@pytest.mark.parametrize("kind", VALUES)
async def test_granted_once_and_taken_back(shop: Shop, client: AsyncClient, kind: str) -> None:
    """Goal: idempotent by reward id. Method: the same reward twice, another, then both taken back twice."""
    await shop.publish(RULES)
    plugin = shop.engine.registry.reward_kinds[kind]
    rewards = [reward(kind), reward(kind), reward(kind, "group-8")]
    for each in rewards:
        await shop.engine.record.write(lambda unit, each=each: plugin.grant(each, unit))
    assert await held(shop, client, kind) == {"coupon": 2, "points": 200, "wallet": 200}[kind]
    assert await shop.audit() == CLEAN
    for each in rewards:
        await shop.engine.record.write(lambda unit, each=each: plugin.revoke(each, unit))
    assert await held(shop, client, kind) == 0
    assert await shop.audit() == CLEAN


@pytest.mark.parametrize(
    ("kind", "value"),
    [("coupon", {"template_id": "none"}), ("points", {"points": 0}), ("wallet", {"amount_minor": 0})],
)
async def test_what_cannot_be_granted_says_why(shop: Shop, kind: str, value: dict[str, Any]) -> None:
    """Goal: a mistake in a rule is no silent nothing. Method: a coupon, points and credit that cannot be."""
    await shop.publish(RULES)
    plugin = shop.engine.registry.reward_kinds[kind]
    with pytest.raises(InvalidValue):
        await shop.engine.record.write(lambda unit: plugin.grant(reward(kind, **value), unit))


async def held(shop: Shop, client: AsyncClient, kind: str) -> int:
    """What the buyer has of it."""
    if kind == "coupon":
        coupons = [coupon async for coupon in client.coupons.list_coupons("b1")]
        return sum(coupon.state.name == "AVAILABLE" for coupon in coupons)
    if kind == "points":
        return sum(each.available for each in (await client.points.get_points("b1")))
    return -await shop.balance("wallet:")


async def test_a_wallet_is_read_by_its_owner(shop: Shop, client: AsyncClient) -> None:
    """Goal: balances by currency and the credits page by page, and nobody else's. Method: five credits in two currencies, of two at one
    instant, one taken back; another buyer and another application have some of their own."""
    wallet = shop.engine.registry.reward_kinds["wallet"]
    given = [reward("wallet", f"r{number}", amount_minor=number) for number in (1, 2, 3)]
    given += [reward("wallet", f"k{number}", currency="KWD", amount_minor=5) for number in (1, 2)]
    given = [replace(each, time_ms=each.time_ms + number // 2) for number, each in enumerate(given)]
    others = [replace(reward("wallet", "o1"), recipient="b2"), reward("wallet", "o2", caller="another")]
    for each in (*given, *others):
        await shop.engine.record.write(lambda unit, each=each: wallet.grant(each, unit))
    await shop.engine.record.write(lambda unit: wallet.revoke(given[1], unit))
    assert await client.wallets.get_wallet("b1") == (Money("CNY", 4), Money("KWD", 10))
    assert await client.wallets.get_wallet("b2") == (Money("CNY", 100),)
    assert await client.wallets.get_wallet("nobody") == ()
    credits = [credit async for credit in client.wallets.list_wallet_credits("b1", page_size=2)]
    assert [credit.credit_id for credit in credits] == ["k2", "r3", "k1", "r2", "r1"]
    assert [credit.left.amount_minor for credit in credits] == [5, 3, 5, 0, 1]
    assert await shop.audit() == CLEAN
