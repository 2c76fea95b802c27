"""A migrated record on each database, and a small engine around it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

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


@pytest.fixture
def make_record(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Callable[[], SqlRecord]]:
    """More databases of the same kind, each empty and migrated."""
    made: list[tuple[SqlRecord, str]] = []

    def make() -> SqlRecord:
        if database_url.startswith("sqlite"):
            url = f"sqlite:///{tmp_path / f'more-{len(made)}.db'}"
        else:
            url = request.getfixturevalue("postgres_server").create_database()
        record = SqlRecord(url)
        record.migrate()
        made.append((record, url))
        return record

    yield make
    for record, url in made:
        record.close()
        if not url.startswith("sqlite"):
            request.getfixturevalue("postgres_server").drop_database(url)
