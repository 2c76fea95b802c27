"""A migrated record on each database, and a small engine around it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.record.world import World
from tests.support.clock import FakeClock
from tuan.adapters.memory_inventory import MemoryInventory
from tuan.adapters.sql_record import SqlRecord


@pytest.fixture
def record(database_url: str) -> Iterator[SqlRecord]:
    record = SqlRecord(database_url)
    record.migrate()
    yield record
    record.close()


@pytest.fixture
def world(record: SqlRecord, clock: FakeClock) -> World:
    world = World(record, clock, MemoryInventory(clock), None)  # type: ignore[arg-type]
    world.drainer = world.new_drainer("drainer-1")
    return world
