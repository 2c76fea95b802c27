"""Orders priced by published rules. Goal: the algebra's price is what is placed, paid, kept and refunded. Method: a shop with rules."""

from __future__ import annotations

import pytest

from tests.unit.usecases.shop import CUP, TEA, Shop
from tuan.domain.errors import InvalidValue, Reason, TuanError
from tuan.domain.order import LineKind, OrderLine
from tuan.plugin import Refusal, RefusalKind
from tuan.usecases.assemble import Assembled
from tuan.usecases.order_commands import Placed, WantedLine
from tuan.usecases.pricing.fact_reader import GivenFact

STACKS = """
stack "member" { phase = line_discount  scope = line  pick = best_for_buyer  base = running }
stack "order" { phase = order_discount  scope = order  pick = best_for_buyer  base = running }
stack "shipping" { phase = shipping  scope = order  pick = best_for_buyer  base = running }
"""
MEMBERS = STACKS + 'price "member" { when = buyer.level >= 3  give = pay(9折)  stack = stack "member" }\n'
VIP = (GivenFact("buyer.level", "number", 3),)


def steps(line: OrderLine) -> list[tuple[str, int]]:
    """Rule and amount of each step of a line."""
    return [(step.rule_id, step.amount_minor) for step in line.adjustments]


async def test_a_rule_prices_whom_it_is_about(shop: Shop) -> None:
    """Goal: facts decide, and the order names the rules. Method: a member, a stranger, and one whose level nobody told."""
    ruleset = await shop.publish(MEMBERS)
    member = await shop.placed("r1", facts=VIP)
    stranger = await shop.placed("r2", facts=(GivenFact("buyer.level", "number", 1),), buyer="b2")
    unknown = await shop.placed("r3", buyer="b3")
    assert (member.total_minor, stranger.total_minor, unknown.total_minor) == (9_00, 10_00, 10_00)
    assert steps(member.lines[0]) == [("shop.rules/price/member", -1_00)]
    kept = await shop.order(member.order_id)
    assert kept is not None
    assert kept.placed.ruleset_hash == ruleset
    assert kept.placed.facts["buyer"] == {"level": 3}


async def test_an_order_discount_is_shared_and_refunded_to_the_last_cent(shop: Shop) -> None:
    """Goal: refunding unit by unit gives back exactly what was paid. Method: ¥10 off 3 teas and a cup, refunded one by one."""
    await shop.publish(
        STACKS + 'price "ten" { when = cart.subtotal >= ¥50.00  give = off(¥10)  stack = stack "order" }'
    )
    placed = await shop.placed("r1", (TEA, 3, ""), (CUP, 1, ""))
    assert placed.total_minor == 60_00 - 10_00
    assert sum(amount for line in placed.lines for _, amount in steps(line)) == -10_00
    units = [line.units_minor(unit, 1) for line in placed.lines for unit in range(line.quantity)]
    assert sum(units) == placed.total_minor


async def test_an_activity_settles_the_source_and_rules_go_on_from_there(shop: Shop) -> None:
    """Goal: one algebra for all. Method: tea at 9.00 in a deal, and a tenth off for members."""
    await shop.publish(MEMBERS)
    await shop.begin(shop.activity())
    placed = await shop.placed("r1", (TEA, 1, "sale"), facts=VIP)
    assert placed.total_minor == 8_10
    assert [amount for _, amount in steps(placed.lines[0])] == [-1_00, -90]


async def test_a_budget_is_claimed_and_never_exceeded(shop: Shop) -> None:
    """Goal: a budget holds, and nobody pays more than was agreed. Method: ¥1.50 for rules that take ¥1 off, orders until it is gone."""
    budget = 'price "b" { give = off(10%)  stack = stack "member"  budget = ¥1.50  on_exceed = clip }'
    await shop.publish(STACKS + budget)
    first = await shop.placed("r1")
    second = await shop.place("r2", buyer="b2")
    assert first.total_minor == 9_00
    assert isinstance(second, Refusal)
    assert (second.kind, second.current_total_minor) == (RefusalKind.PRICE_CHANGED, 9_50)
    again = await shop.placed("r2", buyer="b2", expected_total_minor=9_50)
    assert steps(again.lines[0]) == [("shop.rules/price/b", -50)]
    await shop.cancel(first.order_id)
    shop.clock.advance(10_000)
    assert (await shop.placed("r3", buyer="b3")).total_minor == 9_00
    await shop.assert_clean()


async def test_its_own_claim_is_not_counted_against_an_order(shop: Shop) -> None:
    """Goal: whoever uses a budget up is not refused for it (solidus 3205). Method: an order that takes the whole budget, asked for
    again, and paid: one order, one claim, and the price that was agreed."""
    budget = 'price "b" { give = off(10%)  stack = stack "member"  budget = ¥1.00  on_exceed = skip }'
    await shop.publish(STACKS + budget)
    first = await shop.placed("r1")
    assert (await shop.placed("r1")).order_id == first.order_id
    assert first.total_minor == 9_00
    await shop.pay(first)
    kept = await shop.order(first.order_id)
    assert kept is not None
    assert kept.placed.total_minor == 9_00
    other = await shop.place("r2", buyer="b2")
    assert isinstance(other, Refusal)
    assert other.current_total_minor == 10_00
    await shop.assert_clean()


async def test_a_gift_comes_along_while_there_are_any(shop: Shop) -> None:
    """Goal: a gift costs nothing, is taken from the stock, and nobody is refused for its sake. Method: the last cups but one."""
    await shop.publish(
        STACKS + f'price "g" {{ when = cart.units >= 2  give = gift("{CUP}", qty: 60)  stack = stack "order" }}'
    )
    first = await shop.placed("r1", (TEA, 2, ""))
    assert [(line.sku, line.quantity, line.total_minor, line.kind) for line in first.lines[1:]] == [
        (CUP, 60, 0, LineKind.GIFT)
    ]
    second = await shop.place("r2", (TEA, 2, ""), buyer="b2")
    assert isinstance(second, Refusal)
    assert second.kind is RefusalKind.PRICE_CHANGED
    without = await shop.placed("r2", (TEA, 2, ""), buyer="b2")
    assert [line.sku for line in without.lines] == [TEA]
    await shop.assert_clean()


async def test_shipping_is_a_line_of_its_own(shop: Shop) -> None:
    """Goal: shipping is part of the total, can be free, and is refunded like the rest. Method: below and above the threshold."""
    await shop.publish(
        STACKS + 'price "f" { when = cart.subtotal >= ¥20.00  give = off(100%)  stack = stack "shipping" }'
    )
    paid_for = await shop.placed("r1", shipping_minor=8_00)
    free = await shop.placed("r2", (TEA, 2, ""), shipping_minor=8_00, buyer="b2")
    assert (paid_for.total_minor, free.total_minor) == (18_00, 20_00)
    assert [(line.kind, line.total_minor) for line in free.lines] == [(LineKind.GOODS, 20_00), (LineKind.SHIPPING, 0)]
    await shop.pay(paid_for)
    refund = await shop.refund(paid_for.order_id)
    assert refund.amount_minor == 18_00
    await shop.assert_clean()


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (GivenFact("buyer.levle", "number", 3), "did you mean buyer.level"),
        (GivenFact("buyer.level", "text", "3"), "set `number` instead of `text`"),
        (GivenFact("buyer.level", "", None), "instead of `nothing`"),
        (GivenFact("buyer.id", "text", "me"), "known to the engine"),
        (GivenFact("line.margin", "ratio", "1/2"), "a fact of a line"),
        (GivenFact("buyer.segments", "texts", ("a",) * 101), "at most 100"),
        (GivenFact("buyer.segments", "texts", ("a\n",)), "printable"),
    ],
)
async def test_a_wrong_fact_is_refused(shop: Shop, fact: GivenFact, said: str) -> None:
    """Goal: a misspelt fact is heard of. Method: each way to be wrong, and what is said."""
    result = await shop.place("r1", facts=(fact,))
    assert isinstance(result, InvalidValue)
    assert said in result.message


async def test_money_facts_are_in_the_currency_of_the_order(shop: Shop) -> None:
    """Goal: no amount is read in another currency. Method: a line's cost in dollars."""
    line = WantedLine(TEA, 1, "", (GivenFact("line.cost", "money", ("USD", 1)),))
    [result] = await shop.placer.place([shop.command("r1", lines=(line,))])
    assert isinstance(result, TuanError)
    assert result.reason is Reason.CURRENCY_MISMATCH


async def test_another_fact_is_another_request(shop: Shop) -> None:
    """Goal: a repeat is the same question. Method: one request id with two levels."""
    await shop.placed("r1", facts=VIP)
    result = await shop.place("r1", facts=(GivenFact("buyer.level", "number", 4),))
    assert isinstance(result, TuanError)
    assert result.reason is Reason.REQUEST_ID_REUSED


async def test_a_quote_is_the_price_of_the_order(shop: Shop) -> None:
    """Goal: what is shown is what is charged. Method: quote and place the same cart."""
    await shop.publish(MEMBERS)
    quoted = await shop.placer.quote(shop.command("q", (TEA, 3, ""), facts=VIP, shipping_minor=1))
    placed = await shop.placed("r1", (TEA, 3, ""), facts=VIP, shipping_minor=1)
    assert isinstance(quoted, Assembled)
    assert isinstance(placed, Placed)
    assert (quoted.total_minor, quoted.lines) == (placed.total_minor, placed.lines)
