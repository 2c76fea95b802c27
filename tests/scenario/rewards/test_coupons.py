"""Coupons from collection to restore. Goal: a coupon is used once, by its buyer, and comes back when the order does not stay.

Method: a shop on real Redis and both databases, asked over gRPC; money, states, ledger and audit after each step.
"""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import delete, insert

from tests.scenario.sales.shop import CALLER, CLEAN, HOLD_MS, Shop
from tuan.domain.errors import InvalidValue, TuanError
from tuan.domain.order import OrderState
from tuan.plugin import Claim
from tuan.ports import RuleFile
from tuan.usecases.refund_order import WantedUnits
from tuan_client import AsyncClient, CartLine, Money, PlacedOrder, Refusal, RefusalKind
from tuan_client.errors import InvalidField, NotRedeemable, RequestIdReused
from tuan_client.values import Fact, FactTexts
from tuan_client.values.coupon import Coupon, CouponState
from tuan_coupon.tables import coupon_uses

RULES = """
stack "promo" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }
stack "coupons" { phase = order_discount  scope = order  pick = all  base = running  limit = 2 }
price "member" { give = pay(90%)  stack = stack "promo" }
coupon "ten" {
  title = "10 off 50"  when = cart.subtotal >= ¥50.00  give = off(¥10.00)  stack = stack "coupons"  priority = 20
  issue = 3  limit = 2 per buyer  valid = 7d  funded_by = platform
}
coupon "new" { give = off(¥5.00)  stack = stack "coupons"  priority = 10  newcomer = true }
coupon "sorry" { give = off(¥3.00)  stack = stack "coupons"  priority = 5  personal = true }
coupon "spring" { give = off(¥4.00)  stack = stack "coupons"  priority = 4  code = "SPRING"  issue = 2 }
"""
TEN, NEW, SORRY = (f"shop.rules/coupon/{label}" for label in ("ten", "new", "sorry"))
DAY_MS = 86_400_000


@pytest.fixture
async def rules(shop: Shop) -> str:
    """Three units of S1 at 100.00 for 64 buyers, and the coupons; the ruleset's hash."""
    await shop.stock("S1", 1_000, 100_00)
    return await shop.publish(RULES)


async def collect(client: AsyncClient, template: str = TEN, buyer: str = "b1", request: str | None = None) -> Coupon:
    answer = await client.coupons.collect_coupon(buyer, template, request_id=request)
    assert answer.coupon is not None, answer.refusal
    return answer.coupon


async def refused(client: AsyncClient, template: str, buyer: str = "b1") -> RefusalKind:
    answer = await client.coupons.collect_coupon(buyer, template)
    assert answer.refusal is not None, answer.coupon
    return RefusalKind(answer.refusal.kind)


async def order(client: AsyncClient, *coupon_ids: str, buyer: str = "b1", units: int = 1) -> PlacedOrder | Refusal:
    return await client.place_order(buyer, "CNY", [CartLine("S1", units)], coupon_ids=coupon_ids)


async def placed(client: AsyncClient, *coupon_ids: str, buyer: str = "b1", units: int = 1) -> PlacedOrder:
    answer = await order(client, *coupon_ids, buyer=buyer, units=units)
    assert isinstance(answer, PlacedOrder), answer
    return answer


async def state(client: AsyncClient, coupon_id: str, buyer: str = "b1") -> CouponState:
    coupons = [coupon async for coupon in client.coupons.list_coupons(buyer)]
    return next(CouponState(coupon.state) for coupon in coupons if coupon.coupon_id == coupon_id)


async def test_from_collection_to_restore(shop: Shop, client: AsyncClient, rules: str) -> None:
    """Goal: available, locked, used, available again; the platform pays. Method: one coupon through a paid and refunded order."""
    coupon = await collect(client)
    assert coupon.ruleset_hash == rules
    first = await placed(client, coupon.coupon_id)
    assert first.total.amount_minor == 80_00  # a tenth off, then ten
    assert await state(client, coupon.coupon_id) is CouponState.LOCKED
    await shop.pay(first.order_id)
    await shop.settle()
    assert await state(client, coupon.coupon_id) is CouponState.USED
    assert await shop.balance("discount:platform") == 10_00
    assert isinstance(await order(client, coupon.coupon_id), Refusal)
    assert await shop.audit() == CLEAN
    await shop.refund(first.order_id)
    await shop.settle()
    assert await state(client, coupon.coupon_id) is CouponState.AVAILABLE
    again = await placed(client, coupon.coupon_id)
    assert again.total.amount_minor == 80_00
    await shop.pay(again.order_id)
    await shop.settle()
    assert await state(client, coupon.coupon_id) is CouponState.USED
    assert await shop.audit() == CLEAN


async def test_cancelled_and_expired_orders_unlock(shop: Shop, client: AsyncClient, rules: str) -> None:
    """Goal: an order that was never paid used nothing. Method: cancel one, let one expire, use the coupon after each."""
    coupon = await collect(client)
    first = await placed(client, coupon.coupon_id)
    await shop.cancel(first.order_id)
    second = await placed(client, coupon.coupon_id)
    await shop.pass_time(HOLD_MS + 1)
    third = await placed(client, coupon.coupon_id)
    assert [each.total.amount_minor for each in (first, second, third)] == [80_00] * 3
    assert await shop.audit() == CLEAN


@pytest.mark.parametrize("used_again", [False, True], ids=["free", "used-again"])
@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
async def test_late_money_never_uses_a_coupon_twice(
    shop: Shop, client: AsyncClient, rules: str, used_again: bool
) -> None:
    """Goal: an order that is paid after it expired gets its coupon again where it is free, and its money back where another order
    used it. Method: a payment that arrives after the hold, with and without another paid order between."""
    coupon = await collect(client)
    late = await placed(client, coupon.coupon_id)
    payment = await shop.ask_payment(late.order_id)
    await shop.pass_time(HOLD_MS + 1)
    assert await state(client, coupon.coupon_id) is CouponState.AVAILABLE
    if used_again:
        await shop.pay((await placed(client, coupon.coupon_id)).order_id)
    await shop.deliver(shop.till.callback(payment, "late"))
    await shop.work()
    await shop.settle()
    assert await state(client, coupon.coupon_id) is CouponState.USED
    order = await shop.order(late.order_id)
    assert order.state is (OrderState.EXPIRED if used_again else OrderState.READY_TO_SHIP)
    assert shop.till.balance_minor == await shop.balance("channel:") == 80_00
    assert await shop.balance("discount:platform") == 10_00
    assert await shop.audit() == CLEAN


async def test_a_full_refund_after_shipping_restores_and_a_partial_one_does_not(
    shop: Shop, client: AsyncClient, rules: str
) -> None:
    """Goal: the coupon comes back with all of the money only. Method: ship two units, refund one, then the other."""
    coupon = await collect(client)
    bought = await placed(client, coupon.coupon_id, units=2)
    await shop.pay(bought.order_id)
    await shop.ship(bought.order_id)
    await shop.refund(bought.order_id, WantedUnits(0, 1))
    await shop.settle()
    assert await state(client, coupon.coupon_id) is CouponState.USED
    await shop.refund(bought.order_id)
    await shop.settle()
    assert await state(client, coupon.coupon_id) is CouponState.AVAILABLE
    assert await shop.audit() == CLEAN


async def test_64_orders_with_one_coupon_are_one_discount(shop: Shop, client: AsyncClient, rules: str) -> None:
    """Goal: never two orders with one coupon. Method: 64 orders at once; one is placed, the others hear why not (litemall 581)."""
    coupon = await collect(client)
    answers = await asyncio.gather(*(order(client, coupon.coupon_id) for _ in range(64)))
    assert sum(isinstance(answer, PlacedOrder) for answer in answers) == 1
    kinds = {answer.kind for answer in answers if isinstance(answer, Refusal)}
    assert kinds == {RefusalKind.NOT_REDEEMABLE}
    await shop.settle()
    assert await shop.audit() == CLEAN


async def test_64_buyers_collect_3_coupons(shop: Shop, client: AsyncClient, rules: str) -> None:
    """Goal: exactly as many as were issued. Method: 64 buyers at once; and one buyer gets no more than two."""
    answers = await asyncio.gather(*(client.coupons.collect_coupon(f"b{n}", TEN) for n in range(64)))
    assert sum(answer.coupon is not None for answer in answers) == 3
    assert {answer.refusal.kind for answer in answers if answer.refusal} == {RefusalKind.SOLD_OUT}
    await shop.settle()
    held = [coupon for n in range(64) async for coupon in client.coupons.list_coupons(f"b{n}")]
    assert len(held) == 3
    assert await shop.audit() == CLEAN


async def test_a_repeat_gets_the_same_coupon(client: AsyncClient, rules: str) -> None:
    """Goal: one request, one coupon. Method: the same request three times, then as many others as the buyer may have."""
    first = await collect(client, request="c1")
    assert {(await collect(client, request="c1")).coupon_id for _ in range(2)} == {first.coupon_id}
    await collect(client)
    assert await refused(client, TEN) is RefusalKind.OVER_LIMIT


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
async def test_one_request_id_of_many_buyers_at_once_is_one_coupon(client: AsyncClient, rules: str) -> None:
    """Goal: whoever comes second hears of the id that was sent. Method: ten buyers at once with one id."""
    answers = await asyncio.gather(
        *(client.coupons.collect_coupon(f"b{number}", TEN, request_id="same") for number in range(10)),
        return_exceptions=True,
    )
    reused = [answer for answer in answers if isinstance(answer, RequestIdReused)]
    assert len(reused) == 9
    assert {error.metadata["request_id"] for error in reused} == {"same"}


async def test_who_may_collect_what(shop: Shop, client: AsyncClient, rules: str) -> None:
    """Goal: newcomers are those who never paid, personal coupons are given. Method: before and after a first order."""
    await collect(client, NEW)
    assert await refused(client, SORRY) is RefusalKind.NOT_REDEEMABLE
    given = (await client.coupons.grant_coupon("b1", SORRY)).coupon
    assert given is not None
    bought = await placed(client, given.coupon_id, buyer="b1")
    assert bought.total.amount_minor == 87_00
    await shop.pay((await placed(client, buyer="b2")).order_id)
    assert await refused(client, NEW, "b2") is RefusalKind.NOT_REDEEMABLE


async def test_a_code_needs_no_collecting(shop: Shop, client: AsyncClient, rules: str) -> None:
    """Goal: a code is good once per buyer and twice in all, and a refund gives its use back. Method: three buyers."""
    first = await placed(client, "SPRING")
    await placed(client, "SPRING", buyer="b2")
    assert isinstance(await order(client, "SPRING"), Refusal)
    assert isinstance(await order(client, "SPRING", buyer="b3"), Refusal)
    await shop.pay(first.order_id)
    await shop.refund(first.order_id)
    await shop.settle()
    assert (await placed(client, "SPRING", buyer="b3")).total.amount_minor == 86_00
    await shop.settle()
    assert await shop.audit() == CLEAN


async def test_one_code_in_two_currencies_and_two_packages(shop: Shop, client: AsyncClient, rules: str) -> None:
    """Goal: a code is that of the order's currency, and of one package there. Method: the same code in dollars, then in yuan, and an
    order in yuan."""
    stack = 'stack "b" { phase = order_discount  scope = order  pick = all  base = running }\n'
    blocks = stack + 'coupon "spring" { give = off($1.00)  stack = stack "b"  code = "SPRING" }'
    head = 'package "a.dollars" { version = "1.0.0"  zone = "Asia/Shanghai"  currency = "USD" }\n'
    await shop.engine.rules.publisher.publish(CALLER, shop.number(), [RuleFile("rules.tuan", head + blocks)])
    with pytest.raises(TuanError, match=r"SPRING is the code of shop\.rules/coupon/spring"):
        await shop.publish(blocks.replace("$", "¥"), "a.yuan")
    assert (await placed(client, "SPRING")).total.amount_minor == 86_00
    assert await shop.audit() == CLEAN


async def test_coupons_stack_as_their_stack_says(shop: Shop, client: AsyncClient, rules: str) -> None:
    """Goal: after the member price, two at most, by priority; the third stays unused. Method: four coupons in one order."""
    ten, new = await collect(client), await collect(client, NEW)
    bought = await placed(client, "SPRING", new.coupon_id, ten.coupon_id)
    assert bought.total.amount_minor == 90_00 - 10_00 - 5_00
    await shop.pay(bought.order_id)
    await shop.settle()
    assert (await placed(client, "SPRING")).total.amount_minor == 86_00
    assert await shop.audit() == CLEAN


async def test_a_coupon_that_does_not_count_is_not_used(shop: Shop, client: AsyncClient) -> None:
    """Goal: below the threshold the order is dearer and the coupon stays. Method: 40.00, then 80.00."""
    await shop.stock("S1", 10, 40_00)
    await shop.publish(RULES)
    coupon = await collect(client)
    assert (await placed(client, coupon.coupon_id)).total.amount_minor == 36_00
    assert await state(client, coupon.coupon_id) is CouponState.AVAILABLE
    assert (await placed(client, coupon.coupon_id, units=2)).total.amount_minor == 62_00


async def test_refusals_say_why(shop: Shop, client: AsyncClient, rules: str) -> None:
    """Goal: unknown, another buyer's and expired coupons are refused in words. Method: one order and one quote of each."""
    coupon = await collect(client)
    for coupon_id, buyer, why in (("nobody", "b1", "no code"), (coupon.coupon_id, "b2", "none of this buyer's")):
        answer = await order(client, coupon_id, buyer=buyer)
        assert isinstance(answer, Refusal)
        assert answer.kind is RefusalKind.NOT_REDEEMABLE
        assert why in answer.message
        with pytest.raises(NotRedeemable, match=why):
            await client.pricing.quote("CNY", [CartLine("S1", 1)], buyer_id=buyer, coupon_ids=[coupon_id])
    quote = await client.pricing.quote("CNY", [CartLine("S1", 1)], buyer_id="b1", coupon_ids=[coupon.coupon_id])
    assert quote.total.amount_minor == 80_00
    shop.clock.advance(8 * DAY_MS)
    answer = await order(client, coupon.coupon_id)
    assert isinstance(answer, Refusal)
    assert "has expired" in answer.message


async def test_a_label_of_another_package_is_another_coupon(shop: Shop, client: AsyncClient, rules: str) -> None:
    """Goal: packages do not open each other's coupons. Method: a richer coupon of the same label elsewhere."""
    await shop.publish(
        'stack "rich" { phase = order_discount  scope = order  pick = all  base = running }\n'
        'coupon "ten" { give = off(¥50.00)  stack = stack "rich" }',
        "other.rules",
    )
    coupon = await collect(client)
    assert (await placed(client, coupon.coupon_id)).total.amount_minor == 80_00


async def test_a_collected_coupon_survives_its_process(shop: Shop, client: AsyncClient, rules: str) -> None:
    """Goal: claims and coupon are one step. Method: take the claims as the desk does, write nothing, let events be delivered."""
    [template] = [each for each in shop.engine.host.price_rules("coupon") if each.rule_id == TEN]
    data = {
        "coupon_id": "cp-1", "caller": "shop", "buyer": "b1", "template_id": TEN, "ruleset_hash": template.ruleset_hash,
        "collect_time_ms": shop.clock.now_ms(), "expire_time_ms": 0,
    }  # fmt: skip
    assert await shop.engine.host.claim("cp-1", [], "coupon.collected", "cp-1", data) is None
    await shop.barrier()
    await shop.settle()
    assert (await placed(client, "cp-1")).total.amount_minor == 80_00
    assert await shop.audit() == CLEAN


async def test_callers_cannot_say_what_is_redeemed(client: AsyncClient, rules: str) -> None:
    """Goal: no coupon and no points by a fact alone. Method: the facts of both, as an application would send others."""
    for fact in (Fact("cart.coupons", texts=FactTexts((TEN,))), Fact("points.value", money=Money("CNY", 50_00))):
        with pytest.raises(InvalidField, match="known to the engine"):
            await client.place_order("b1", "CNY", [CartLine("S1", 1)], facts=[fact])


async def test_a_repeat_of_a_granted_order_gets_its_answer(shop: Shop, client: AsyncClient, rules: str) -> None:
    """Goal: the first answer stands. Method: the same request again, unpaid, paid, and when the coupon's time is over."""
    coupon = await collect(client)

    async def ask() -> PlacedOrder:
        lines = [CartLine("S1", 1)]
        answer = await client.place_order("b1", "CNY", lines, coupon_ids=[coupon.coupon_id], request_id="same")
        assert isinstance(answer, PlacedOrder), answer
        return answer

    first = await ask()
    assert (await ask()).order_id == first.order_id
    await shop.pay(first.order_id)
    await shop.settle()
    assert (await ask()).order_id == first.order_id
    shop.clock.advance(8 * DAY_MS)
    assert (await ask()).order_id == first.order_id
    assert await shop.audit() == CLEAN


async def test_the_audit_compares_uses_with_claims(shop: Shop, client: AsyncClient, rules: str) -> None:
    """Goal: a use that is lost, or counted twice, is found. Method: delete the row, then put it in twice."""
    coupon = await collect(client)
    bought = await placed(client, coupon.coupon_id)
    await shop.pay(bought.order_id)
    await shop.settle()
    for change, figure in (
        (delete(coupon_uses), "lost"),
        (insert(coupon_uses).values(_uses(bought, coupon)), "duplicated"),
    ):
        await shop.engine.record.write(lambda unit, change=change: unit.connection.execute(change))
        assert await shop.audit() == {**CLEAN, figure: 1}
        assert f"redeemed/coupon/{coupon.coupon_id}" in shop.differences[0]


def _uses(bought: PlacedOrder, coupon: Coupon) -> list[dict[str, object]]:
    counter = f"redeemed/coupon/{coupon.coupon_id}"
    row = {"coupon_id": coupon.coupon_id, "template_id": TEN, "caller": "shop", "buyer": "b1", "counter": counter}
    row |= {"off_minor": 10_00, "use_time_ms": 1, "restored": False}
    return [{**row, "order_id": order_id} for order_id in (bought.order_id, "another")]


async def test_claims_for_good_are_once_and_whole(shop: Shop) -> None:
    """Goal: what `Host.claim` promises. Method: a repeat, other claims under its key, more than fits, the engine's counters."""
    host, one = shop.engine.host, Claim("buyer/chance/b1", 1, 2)
    for _ in range(2):
        assert await host.claim("k1", [one], "chance.taken", "b1", {"n": 1}) is None
    with pytest.raises(TuanError, match="used before with another content"):
        await host.claim("k1", [Claim("buyer/chance/b1", 2, 2)], "chance.taken", "b1", {"n": 1})
    refused = await host.claim("k2", [Claim("buyer/chance/b1", 2, 2)], "chance.taken", "b1", {"n": 2})
    assert refused is not None
    assert (refused.available, refused.limit) == (1, "buyer/chance/b1")
    with pytest.raises(InvalidValue, match="claimed by the engine"):
        await host.claim("k3", [Claim("stock/S1", 1)], "chance.taken", "b1", {})
    await shop.barrier()
    events = await shop.engine.record.read(lambda unit: unit.outbox.after(0, 100, ("chance.taken",)))
    assert [event.data for event in events] == [{"n": 1}]
    assert (await host.used(["buyer/chance/b1"]))["buyer/chance/b1"].taken == 1
    assert await shop.audit() == CLEAN
