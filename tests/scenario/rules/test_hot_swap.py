"""Rules that change under load. Goal: every price is of exactly one ruleset, the one that it names, and nobody hears an error.

Method: shoppers who quote, order and look at what they got, beside a merchant who publishes, errs and goes back, all over gRPC.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter

import pytest

from tests.scenario.sales.shop import CLEAN, Shop
from tuan_client import AsyncClient, CartLine, Money, PlacedOrder, Refusal, RefusalKind
from tuan_client.errors import RulesInvalid
from tuan_client.values import RuleFile

CHANGES = 50 if os.environ.get("TUAN_CAMPAIGN") == "long" else 10
SHOPPERS = 4
HEAD = 'package "swap.rules" {{ version = "1.0.0"  zone = "Asia/Shanghai"  currency = "CNY" }}\n'
#: Takes the same percent off goods, order and shipping, so that a mixture of two versions comes to no version's total.
RULES = (
    HEAD
    + """stack "line" {{ phase = line_discount  scope = line  pick = all  base = original }}
stack "order" {{ phase = order_discount  scope = order  pick = all  base = original }}
stack "ship" {{ phase = shipping  scope = order  pick = all  base = running }}
price "line" {{ on = line.sku in ["S1"]  give = off({percent}%)  stack = stack "line" }}
price "order" {{ on = line.sku in ["S2"]  give = off({percent}%)  stack = stack "order" }}
price "ship" {{ give = off({percent}%)  stack = stack "ship" }}
"""
)
CART = [CartLine("S1", 1), CartLine("S2", 3)]
SHIPPING = Money("CNY", 10_00)
LIST_MINOR = 100_00 + 3 * 50_00 + 10_00


def files(percent: int, more: str = "") -> list[RuleFile]:
    return [RuleFile("swap.tuan", RULES.format(percent=percent) + more)]


@pytest.mark.parametrize("shop", ["sqlite"], indirect=True)
async def test_every_price_is_of_one_ruleset(shop: Shop, client: AsyncClient) -> None:
    """Goal: quotes and orders come to what the ruleset that they name says, and differ only where it changed between them. Method:
    four shoppers, versions in turn with mistakes and steps back between them; then all orders are priced by hand."""
    await shop.stock("S1", 100_000, 100_00)
    await shop.stock("S2", 300_000, 50_00)
    percents = {(await client.rules.publish_rules(files(90))).ruleset.ruleset_hash: 90}
    seen: list[tuple[str, int]] = []
    placed: list[PlacedOrder] = []
    kinds: Counter[RefusalKind] = Counter()
    done = asyncio.Event()

    async def shopper(buyer: str) -> None:
        while not done.is_set():
            quote = await client.pricing.quote("CNY", CART, buyer_id=buyer, shipping=SHIPPING)
            seen.append((quote.ruleset_hash, quote.total.amount_minor))
            answer = await client.place_order(buyer, "CNY", CART, shipping=SHIPPING, expected_total=quote.total)
            if isinstance(answer, Refusal):
                kinds[RefusalKind(answer.kind)] += 1
            else:
                assert answer.total == quote.total
                placed.append(answer)

    async def merchant() -> None:
        try:
            for number in range(1, CHANGES + 1):
                with pytest.raises(RulesInvalid):
                    await client.rules.publish_rules(files(99, "price"))
                if number % 5 == 0:
                    await client.rules.rollback_rules("swap.rules")
                else:
                    percents[(await client.rules.publish_rules(files(number))).ruleset.ruleset_hash] = number
        finally:
            done.set()

    await asyncio.gather(merchant(), *(shopper(f"b{number}") for number in range(SHOPPERS)))
    await shop.barrier()
    for answer in placed:
        order = await shop.order(answer.order_id)
        seen.append((order.placed.ruleset_hash, order.placed.total_minor))
    wrong = [(name, total) for name, total in seen if total != LIST_MINOR * (100 - percents[name]) // 100]
    assert not wrong
    assert len({name for name, _ in seen}) > CHANGES // 2
    assert kinds.keys() <= {RefusalKind.PRICE_CHANGED}
    # A change can come between the quote and the order of each shopper once.
    assert kinds[RefusalKind.PRICE_CHANGED] <= CHANGES * SHOPPERS
    await shop.settle()
    assert await shop.audit() == CLEAN
