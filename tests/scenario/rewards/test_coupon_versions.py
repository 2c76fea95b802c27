"""Coupons and the versions of their rules. Goal: a coupon gives what it gave when it was collected, whatever is published since.

Method: a shop on real Redis and both databases, asked over gRPC; coupons of one version used under the next ones.
"""

from __future__ import annotations

import pytest

from tests.scenario.rewards.test_coupons import DAY_MS, RULES, TEN, collect, order, placed, state
from tests.scenario.sales.shop import CLEAN, Shop
from tuan_client import AsyncClient, CartLine, Refusal
from tuan_client.values import RuleFile, RulesetState
from tuan_client.values.coupon import CouponState
from tuan_client.values.pricing import QuoteRequest

HEAD = 'package "shop.rules" { version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }\n'
TWELVE = RULES.replace("off(¥10.00)", "off(¥12.00)")
THIRTEEN = RULES.replace("off(¥10.00)", "off(¥13.00)")
WITHOUT = RULES.replace('coupon "ten"', 'coupon "eleven"')


@pytest.fixture
async def first(shop: Shop) -> str:
    """Units of S1 at 100.00, of which a member pays nine tenths, and the first version, in which `ten` is 10 off; its hash."""
    await shop.stock("S1", 1_000, 100_00)
    return await shop.publish(RULES)


async def quoted(client: AsyncClient, *coupon_ids: str, buyer: str = "b1") -> tuple[int, str]:
    quote = await client.pricing.quote("CNY", [CartLine("S1", 1)], buyer, coupon_ids=coupon_ids)
    return quote.total.amount_minor, quote.ruleset_hash


async def test_a_coupon_keeps_its_terms(shop: Shop, client: AsyncClient, first: str) -> None:
    """Goal: 10 off stays 10 off while new ones are 12 off, and is paid, restored and explained as such. Method: both in one shop;
    the label dropped, and its stack with it."""
    old = await collect(client)
    second = await shop.publish(TWELVE)
    new = await collect(client)
    assert (old.ruleset_hash, new.ruleset_hash) == (first, second)
    assert await quoted(client) == (90_00, second)
    assert await quoted(client, new.coupon_id) == (78_00, second)
    total, name = await quoted(client, old.coupon_id)
    assert total == 80_00
    assert name not in (first, second)
    bought = await placed(client, old.coupon_id)
    assert bought.total.amount_minor == 80_00
    explained = await client.rules.explain_price(bought.order_id)
    assert (explained.reproduced, explained.total.amount_minor, explained.ruleset_hash) == (True, 80_00, name)
    assert [step.rule_id for step in explained.steps] == ["shop.rules/price/member", f"{TEN}@{first[:12]}"]
    await shop.pay(bought.order_id)
    await shop.settle()
    assert await state(client, old.coupon_id) is CouponState.USED
    await shop.publish(
        'price "half" { give = off(50%)  stack = stack "s" }\nstack "s" { phase = line_discount  scope = line  pick = all  base = running }'
    )
    await shop.refund(bought.order_id)
    await shop.settle()
    assert await state(client, old.coupon_id) is CouponState.AVAILABLE
    assert (await placed(client, old.coupon_id)).total.amount_minor == 40_00
    assert (await placed(client, new.coupon_id)).total.amount_minor == 38_00
    again = await client.rules.explain_price(bought.order_id)
    assert (again.reproduced, again.total.amount_minor) == (True, 80_00)
    assert await shop.audit() == CLEAN


async def test_two_versions_in_one_order(shop: Shop, client: AsyncClient, first: str) -> None:
    """Goal: each is what it is, and the stack of today says whether both count. Method: a stack of two, then of one; what did not count
    stays unused."""
    old = await collect(client)
    await shop.publish(TWELVE)
    new = await collect(client)
    assert (await quoted(client, old.coupon_id, new.coupon_id))[0] == 68_00
    await shop.publish(TWELVE.replace("limit = 2 }", "limit = 1 }"))
    both = await placed(client, old.coupon_id, new.coupon_id)
    assert both.total.amount_minor == 78_00  # of one priority, what is in force goes first
    await shop.pay(both.order_id)
    await shop.settle()
    states = [await state(client, each.coupon_id) for each in (old, new)]
    assert sorted(states) == [CouponState.AVAILABLE, CouponState.USED]
    assert await shop.audit() == CLEAN


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
async def test_versions_that_say_the_same_are_one(shop: Shop, client: AsyncClient, first: str) -> None:
    """Goal: a version that changes other things changes no coupon, and two coupons of one rule do not add up. Method: a price that is
    published in between."""
    old = await collect(client)
    second = await shop.publish(RULES.replace("pay(90%)", "pay(80%)"))
    new = await collect(client)
    assert await quoted(client, old.coupon_id) == await quoted(client, new.coupon_id) == (70_00, second)
    both = await placed(client, old.coupon_id, new.coupon_id)
    assert both.total.amount_minor == 70_00
    assert await state(client, old.coupon_id) is CouponState.LOCKED
    assert await state(client, new.coupon_id) is CouponState.AVAILABLE


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
async def test_a_merchant_can_replace_what_was_collected(shop: Shop, client: AsyncClient, first: str) -> None:
    """Goal: a coupon of 1000 in the place of 10 can be called back. Method: `earlier = replace`, then the label dropped after all."""
    old, other = await collect(client), await collect(client)
    await shop.publish(TWELVE.replace("funded_by = platform", "funded_by = platform  earlier = replace"))
    assert (await placed(client, old.coupon_id)).total.amount_minor == 78_00
    await shop.publish(WITHOUT)
    assert (await quoted(client, other.coupon_id))[0] == 80_00  # what replaced it is not in force any more


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
async def test_it_ends_when_it_was_to_end(shop: Shop, client: AsyncClient, first: str) -> None:
    """Goal: seven days are seven days, also of a label that is gone. Method: drop it, look and use before and after."""
    coupon = await collect(client)
    await shop.publish(WITHOUT)
    assert await state(client, coupon.coupon_id) is CouponState.AVAILABLE
    shop.clock.advance(7 * DAY_MS - 1_000)
    assert (await quoted(client, coupon.coupon_id))[0] == 80_00
    shop.clock.advance(2 * DAY_MS)
    await shop.publish(RULES.replace('coupon "ten"', 'coupon "twelve"'))
    answer = await order(client, coupon.coupon_id)
    assert isinstance(answer, Refusal)
    assert "expired" in answer.message or "not offered" in answer.message
    assert await state(client, coupon.coupon_id) is CouponState.EXPIRED


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
async def test_a_canary_changes_no_coupon(shop: Shop, client: AsyncClient, first: str) -> None:
    """Goal: the buyers of a canary have the coupons that they collected, before and after it is promoted. Method: 99 % canary, many
    buyers."""
    coupons = {buyer: await collect(client, buyer=buyer) for buyer in ("b1", "b2", "b3")}
    files = [RuleFile("rules.tuan", HEAD + TWELVE.replace("pay(90%)", "pay(50%)"))]
    staged = await client.rules.publish_rules(files, RulesetState.CANARY, 99)
    canary = staged.ruleset.ruleset_hash
    totals = {buyer: (await quoted(client, coupon.coupon_id, buyer=buyer))[0] for buyer, coupon in coupons.items()}
    plain = {buyer: (await quoted(client, buyer=buyer))[0] for buyer in coupons}
    assert 50_00 in plain.values()
    assert {buyer: total + 10_00 for buyer, total in totals.items()} == plain
    await client.rules.promote_ruleset(canary, RulesetState.ACTIVE)
    for buyer, coupon in coupons.items():
        assert (await quoted(client, coupon.coupon_id, buyer=buyer))[0] == 40_00


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
async def test_it_is_told_why_it_does_not_count(shop: Shop, client: AsyncClient, first: str) -> None:
    """Goal: an explanation knows the version. Method: a cart below the 50.00 that the old terms ask for, the new ones do not."""
    coupon = await collect(client)
    await shop.publish(TWELVE.replace("cart.subtotal >= ¥50.00", "cart.subtotal >= ¥1.00"))
    await shop.stock("S2", 10, 20_00)
    name = f"{TEN}@{first[:12]}"
    request = QuoteRequest("CNY", (CartLine("S2", 1),), buyer_id="b1", coupon_ids=(coupon.coupon_id,))
    explained = await client.rules.explain_price(cart=request, why_not=(name,))
    assert explained.total.amount_minor == 18_00
    [why] = explained.why_not
    assert (why.rule_id, why.unknown) == (name, None)
    assert why.uncounted is not None
    assert await shop.audit() == CLEAN


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
async def test_many_versions(shop: Shop, client: AsyncClient, first: str) -> None:
    """Goal: many versions with coupons outstanding are rules like others. Method: every version another amount, one coupon each, used
    at the end in one version without the label."""
    coupons = []
    for number in range(20):
        await shop.publish(RULES.replace("off(¥10.00)", f"off(¥{number + 20}.00)").replace("issue = 3", "issue = 300"))
        coupons.append(await collect(client, buyer=f"b{number}"))
    await shop.publish(WITHOUT)
    for number, coupon in enumerate(coupons):
        assert (await quoted(client, coupon.coupon_id, buyer=f"b{number}"))[0] == 90_00 - (number + 20) * 100
