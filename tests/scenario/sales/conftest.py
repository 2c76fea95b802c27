"""A shop on the session's Redis and a SQLite file in memory, where an fsync costs nothing."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator

import pytest

from tests.scenario.sales.shop import Shop
from tests.support.folders import data_folder


@pytest.fixture
async def shop(redis_url: str) -> AsyncIterator[Shop]:
    folder = data_folder("shop", in_memory=True)
    try:
        async with Shop(folder, redis_url) as opened:
            yield opened
    finally:
        shutil.rmtree(folder, ignore_errors=True)
