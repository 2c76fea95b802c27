"""What orders bring along. Goal: looked up once, contained, claimed when it counted, never at the cost of other orders.

Method: a shop with a promotion that redeems what the test says, on the reference inventory and SQLite.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from tests.support.clock import FakeClock
from tests.unit.usecases.shop import TEA, Shop
from tuan.adapters.sql_record import SqlRecord
from tuan.domain.activity import RETAIL
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.plugin import (
    COUPONS,
    Attempt,
    Charge,
    Claim,
    PromotionType,
    Redemption,
    Refusal,
    RefusalKind,
    Unit,
    redeemed_counter,
)
from tuan.usecases.order_commands import Placed

RULES = """
stack "order" { phase = order_discount  scope = order  pick = all  base = running }
price "half" { when = "tea" in cart.coupons  give = off(50%)  stack = stack "order" }
"""
HALF = "shop.rules/price/half"
COUNTER = redeemed_counter("token/t1")


class Tokens(PromotionType):
    """`answer` is what each attempt gets; `charged` what `charge` was told."""

    code = "tokens"
    redeems = (COUPONS,)
    deadline_ms = 300

    def __init__(self) -> None:
        self.answer: Callable[[Attempt], Any] = lambda _: Redemption({"cart": {"coupons": ("tea",)}}, "data")
        self.charge_with: Charge = Charge((Claim(COUNTER, 1, 1),), {"token": "t1"})
        self.asked: list[int] = []
        self.charged: list[dict[str, int]] = []

    def redeem(self, attempts: Sequence[Attempt], unit: Unit) -> Sequence[Redemption | Refusal]:
        self.asked.append(len(attempts))
        return [self.answer(attempt) for attempt in attempts]

    def charge(self, attempt: Attempt, redemption: Redemption, taken: Mapping[str, int]) -> Charge:
        self.charged.append(dict(taken))
        return self.charge_with if taken else Charge()


@pytest.fixture
def tokens() -> Tokens:
    return Tokens()


@pytest.fixture
async def shop(record: SqlRecord, clock: FakeClock, tokens: Tokens) -> Shop:
    shop = Shop(record, clock, [tokens])  # type: ignore[list-item]
    await shop.open()
    await shop.publish(RULES)
    return shop


async def test_one_look_for_a_batch_and_none_without(shop: Shop, tokens: Tokens) -> None:
    """Goal: orders without coupons cost no read. Method: a batch of two with and two without, then one without."""
    commands = [shop.command(f"r{n}", coupon_ids=("t1",) if n < 2 else (), buyer=f"b{n}") for n in range(4)]
    results = await shop.placer.place(commands)
    assert [result.total_minor for result in results if isinstance(result, Placed)] == [5_00, 10_00, 10_00]
    assert isinstance(results[1], Refusal)  # the claim decides between the two
    assert results[1].kind is RefusalKind.NOT_REDEEMABLE
    await shop.placed("r9")
    assert tokens.asked == [2]


async def test_claimed_with_the_order_and_kept_with_it(shop: Shop, tokens: Tokens) -> None:
    """Goal: held, given back, used; the event brings what was kept. Method: cancel one, pay the next."""
    first = await shop.placed("r1", coupon_ids=("t1",))
    assert tokens.charged == [{HALF: 5_00}]
    assert (await shop.memory.counters(RETAIL, [COUNTER]))[COUNTER].used == 1
    await shop.cancel(first.order_id)
    second = await shop.placed("r2", coupon_ids=("t1",))
    await shop.pay(second)
    events = await shop.sql.read(lambda unit: unit.outbox.after(0, 1_000, ("order.redeemed",)))
    assert [(event.subject, event.data["redeemed"]) for event in events] == [
        (second.order_id, {"tokens": {"token": "t1"}})
    ]
    await shop.refund(second.order_id)
    await shop.work()
    assert (await shop.memory.counters(RETAIL, [COUNTER]))[COUNTER].taken == 1  # its promotion says what comes back
    await shop.assert_clean()


async def test_what_did_not_count_is_not_claimed(shop: Shop, tokens: Tokens) -> None:
    """Goal: a coupon that changes nothing is not used. Method: facts that no rule is about."""
    tokens.answer = lambda _: Redemption({"cart": {"coupons": ("other",)}})
    placed = await shop.placed("r1", coupon_ids=("t1",))
    assert placed.total_minor == 10_00
    assert await shop.memory.counters(RETAIL, [COUNTER]) == {}
    await shop.pay(placed)
    assert "order.redeemed" not in await shop.kinds()


async def test_a_quote_claims_nothing(shop: Shop) -> None:
    """Goal: the price, and no more. Method: quote twice what can be used once."""
    for _ in range(2):
        quoted = await shop.placer.quote(shop.command("q", coupon_ids=("t1",)))
        assert getattr(quoted, "total_minor", None) == 5_00
    assert await shop.memory.counters(RETAIL, [COUNTER]) == {}


def _raises(_: Attempt) -> Redemption:
    raise ValueError("oh")


@pytest.mark.parametrize(
    "answer",
    [_raises, lambda _: None, lambda _: Refusal(RefusalKind.SOLD_OUT, "no"), lambda _: threading.Event().wait(2)],
    ids=["raises", "nothing", "another-refusal", "hangs"],
)
async def test_a_faulty_one_harms_only_orders_that_need_it(shop: Shop, tokens: Tokens, answer: Any) -> None:
    """Goal: contained, and never a dearer order instead. Method: each fault, beside an order without coupons."""
    tokens.answer = answer
    with_coupon, without = await shop.placer.place(
        [shop.command("r1", coupon_ids=("t1",)), shop.command("r2", buyer="b2")]
    )
    assert isinstance(with_coupon, TuanError)
    assert with_coupon.reason is Reason.PLUGIN_UNAVAILABLE
    assert isinstance(without, Placed)
    assert shop.supervisor.standing(tokens).faults == 1


@pytest.mark.parametrize(
    "claim", [Claim("redeemed/x", 1), Claim("buyer/x", 1, 1), Claim(redeemed_counter("x"), 0, 1)], ids=repr
)
async def test_a_charge_that_cannot_be_is_a_fault(shop: Shop, tokens: Tokens, claim: Claim) -> None:
    """Goal: a plugin claims limits of its own, under its prefix. Method: a capacity, another prefix, nothing."""
    tokens.charge_with = Charge((claim,))
    result = await shop.place("r1", coupon_ids=("t1",))
    assert isinstance(result, TuanError)
    assert result.reason is Reason.PLUGIN_UNAVAILABLE


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"coupon_ids": ("a", "a")}, "is there twice"),
        ({"coupon_ids": ("a b",)}, "has blanks"),
        ({"coupon_ids": tuple(map(str, range(21)))}, "at most 20"),
        ({"points": -1}, "spend 0 to"),
        ({"points": 5}, "no installed plugin redeems points"),
    ],
)
async def test_what_cannot_be_asked_for(shop: Shop, fields: dict[str, Any], why: str) -> None:
    """Goal: mistakes of a request are named. Method: one each."""
    result = await shop.place("r1", (TEA, 1, ""), **fields)
    assert isinstance(result, InvalidValue)
    assert why in result.message


async def test_with_goods_of_an_activity(shop: Shop) -> None:
    """Goal: a coupon goes with a sale, in one order over two shards. Method: a deal at 9.00; cancel; then the token is free."""
    await shop.begin(shop.activity())
    placed = await shop.placed("r1", (TEA, 1, "sale"), coupon_ids=("t1",))
    assert placed.total_minor == 4_50
    refused = await shop.place("r2", (TEA, 1, "sale"), coupon_ids=("t1",), buyer="b2")
    assert isinstance(refused, Refusal)
    assert await shop.available("sale") == 9
    await shop.cancel(placed.order_id)
    assert await shop.available("sale") == 10
    again = await shop.placed("r3", (TEA, 1, "sale"), coupon_ids=("t1",))
    await shop.pay(again)
    await shop.assert_clean()
