"""The two stores that every test of this folder runs on."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contract.inventory.world import World
from tests.support.clock import FakeClock
from tuan.adapters.memory_inventory import MemoryIntentLog, MemoryInventory
from tuan.adapters.redis_inventory import RedisIntentLog, RedisInventory, connect


@pytest.fixture(params=["memory", "redis"])
async def world(request: pytest.FixtureRequest, clock: FakeClock) -> AsyncIterator[World]:
    if request.param == "memory":
        inventory = MemoryInventory(clock)
        yield World(inventory, MemoryIntentLog(inventory), clock)
        return
    url: str = request.getfixturevalue("redis_url")
    client, log = connect(url), RedisIntentLog(url)
    yield World(RedisInventory(client, clock), log, clock)
    log.close()
    await client.aclose()
