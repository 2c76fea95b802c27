"""A shop for each test: its database is a copy of one that was migrated once (which takes 20 times as long as copying)."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clock import FakeClock
from tests.unit.usecases.shop import Shop
from tuan.adapters.sql_record import SqlRecord


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "tuan.db"
    record = SqlRecord(f"sqlite:///{path}")
    record.migrate()
    record.close()
    return path


@pytest.fixture
def record(migrated: Path, tmp_path: Path) -> Iterator[SqlRecord]:
    path = shutil.copy(migrated, tmp_path / "tuan.db")
    record = SqlRecord(f"sqlite:///{path}")
    yield record
    record.close()


@pytest.fixture
async def shop(record: SqlRecord, clock: FakeClock) -> Shop:
    """Open, with 100 units of tea and of cups in ordinary sale."""
    shop = Shop(record, clock)
    await shop.open()
    return shop
