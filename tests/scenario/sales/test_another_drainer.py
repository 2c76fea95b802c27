"""The drain of a shard may be in another process: an engine sees its own orders all the same."""

from __future__ import annotations

import asyncio
import threading
import time

from tests.scenario.sales.shop import CLEAN, Shop
from tuan.adapters.redis_inventory import RedisIntentLog
from tuan.adapters.sql_record import Drainer
from tuan.domain.order import OrderState


async def test_an_engine_without_the_lease_sees_what_it_acknowledged(shop: Shop) -> None:
    """Goal: reads and payments wait for the drain that there is, not for one's own. Method: end the engine's drain, run one under another
    owner that reports to nobody; place, read and pay an order: nobody waits for a report that never comes."""
    await shop.stock("S1", 1)
    await shop.engine.drain.stop()
    stop = threading.Event()
    drainer = Drainer(shop.engine.record.store, RedisIntentLog(shop.redis_url), "another process", shop.clock)
    thread = threading.Thread(target=drainer.run, args=(stop,))
    thread.start()
    try:
        begun = time.monotonic()
        placed = await shop.placed("b1", [("S1", 1)])
        assert await shop.state(placed.order_id) is OrderState.PENDING_PAYMENT
        await shop.pay(placed.order_id)
        assert await shop.state(placed.order_id) is OrderState.READY_TO_SHIP
        assert time.monotonic() - begun < 4  # the wait for a drain that is not there would last 5 s, and then fail
        assert await shop.audit() == CLEAN
    finally:
        stop.set()
        await asyncio.to_thread(thread.join)
