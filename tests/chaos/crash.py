"""The campaign with a kill in it: an engine takes orders and money on a slow disk until it is killed; the next one is judged.

What was acknowledged goes to standard output, a JSON line each, and from there, through the test, to the judge.
"""

from __future__ import annotations

import asyncio
import itertools
import json
from typing import Any

from tests.chaos.books import Books
from tests.chaos.sale import close_the_books
from tests.chaos.verdict import Verdict
from tests.chaos.weather import slow_disk
from tests.scenario.sales.shop import Shop
from tuan.domain.errors import TuanError
from tuan.usecases.order_commands import Placed

LIVE, JUDGE = "crash-live", "crash-judge"
CAMPAIGN = "crash"
SLOW_S = 0.03
SKU = "S1"


async def live(shop: Shop) -> None:
    """Until killed: orders, eight at a time, each paid as soon as it is placed."""
    await shop.stock(SKU, 100_000)
    slow_disk(SLOW_S)
    await asyncio.gather(*(_shopper(shop, number) for number in range(8)), _work(shop))


async def _work(shop: Shop) -> None:
    while True:
        await shop.engine.jobs.run_due()
        await asyncio.sleep(0)


async def _shopper(shop: Shop, number: int) -> None:
    for turn in itertools.count():
        request_id = f"r{number}-{turn}"
        placed = await shop.placed(f"b{number}", [(SKU, 1)], request_id=request_id)
        _tell(placed=[request_id, placed.order_id, placed.total_minor])
        try:
            payment_id = await shop.ask_payment(placed.order_id)
        except TuanError:
            continue  # with a bug planted, the order may not be there
        body = shop.till.callback(payment_id, f"t-{payment_id}")
        _tell(sent=[f"t-{payment_id}", placed.total_minor, body.decode()])
        await shop.deliver(body)
        _tell(delivered=f"t-{payment_id}")


def _tell(**line: Any) -> None:
    print(json.dumps(line), flush=True)


async def judge(shop: Shop, lines: list[dict[str, Any]]) -> Verdict:
    """The engine after the crash, once it has done what it can. The channel sends again what nobody answered; answered is answered."""
    books = Books()
    verdict = books.verdict
    try:
        await _heal(shop, lines)
    except (TuanError, AssertionError) as error:
        verdict.findings.append(f"stopped by {error!r}")
    for line in lines:
        if "placed" in line:
            request_id, order_id, total_minor = line["placed"]
            books.acknowledge(shop.command("", [(SKU, 1)], request_id=request_id), order_id, total_minor)
    books.compare(await shop.engine.record.read(lambda unit: unit.orders.list("", "", (), "", 1_000_000)))
    for transaction_id in (line["delivered"] for line in lines if "delivered" in line):
        notice = await shop.engine.record.read(lambda unit, name=transaction_id: unit.payments.notice("till", name))
        verdict.add("lost", notice is None, f"notice {transaction_id}")
    verdict.merge(await close_the_books(shop))
    return verdict


async def _heal(shop: Shop, lines: list[dict[str, Any]]) -> None:
    await shop.engine.shards.check_all()
    answered = {line["delivered"] for line in lines if "delivered" in line}
    for line in lines:
        if "sent" in line:
            transaction_id, amount_minor, body = line["sent"]
            shop.till.collected[transaction_id] = amount_minor
            if transaction_id not in answered:
                await shop.deliver(body.encode())
    # A request whose answer was lost is asked again, as a client does.
    for request_id in {line["placed"][0] for line in lines if "placed" in line}:
        again = await shop.place(f"b{request_id[1:].partition('-')[0]}", [(SKU, 1)], request_id=request_id)
        assert isinstance(again, Placed), again
        assert [line for line in lines if line.get("placed", [""])[:2] == [request_id, again.order_id]], again
    await shop.settle()
