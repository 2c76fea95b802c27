"""Sales by the dozen in `make test`, by the thousand in `make chaos`."""

from __future__ import annotations

import os
import shutil
import time

import redis

from tests.chaos.sale import Sale, close_the_books
from tests.chaos.verdict import Verdict
from tests.scenario.sales.shop import Shop
from tests.support.folders import data_folder

LONG = os.environ.get("TUAN_CAMPAIGN") == "long"
SEED = int(os.environ.get("TUAN_SEED", "1"))
SALES = 1_000 if LONG else 25
#: Sales that share an engine: enough that shards and orders pile up, few enough that each looks at few of others' orders.
SALES_PER_SHOP = 25


async def test_every_sale_sells_exactly_what_there_is(redis_url: str) -> None:
    """Goal: exactly N units are sold, none is stranded, no limit is exceeded. Method: seeded sales of N units with more than 50 N
    attempts each (see sale.py for what the crowd does), counted after each act by somebody who does not trust the engine."""
    verdict, units, attempts, begun = Verdict(), 0, 0, time.monotonic()
    for first in range(0, SALES, SALES_PER_SHOP):
        folder = data_folder("sales", in_memory=True)
        with redis.Redis.from_url(redis_url) as client:
            client.flushall()  # a new shop has a record of its own, and the claims of another are none of its business
        try:
            async with Shop(folder, redis_url) as shop:
                for number in range(first, min(SALES, first + SALES_PER_SHOP)):
                    sale = Sale(shop, number, SEED)
                    await sale.play()
                    await sale.compare()
                    verdict.merge(sale.verdict)
                    units, attempts = units + sale.units, attempts + sale.attempts
                verdict.merge(await close_the_books(shop))
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        took_s = time.monotonic() - begun
        print(
            f"{first + SALES_PER_SHOP} sales, {units} units, {attempts} attempts, {took_s:.0f} s; {verdict.summary()}"
        )
        assert verdict.clean, f"TUAN_SEED={SEED}: {verdict.summary()}"
    assert attempts >= 50 * units
