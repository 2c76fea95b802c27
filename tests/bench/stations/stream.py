"""PlaceOrderStream: batches on one stream per generator process, acknowledged by Redis."""

from __future__ import annotations

from tests.bench.conditions import Conditions
from tests.bench.found import Found
from tests.bench.shop import Shop
from tests.bench.stations import placing


async def stream(conditions: Conditions) -> Found:
    async with Shop(conditions.folder / "stream", **conditions.engine) as shop:
        return Found(await placing.measure(shop, "stream", conditions.seconds, "stream"))
