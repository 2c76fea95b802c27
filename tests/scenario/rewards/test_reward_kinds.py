"""Rewards of each kind. Goal: once per reward, in the caller's transaction, in the ledger, and taken back as far as is left.

Method: grant twice and revoke twice inside transactions of the record, with an audit after each.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.scenario.sales.shop import CALLER, CLEAN, Shop
from tuan.domain.errors import InvalidValue
from tuan.plugin import Reward
from tuan_client import AsyncClient

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
