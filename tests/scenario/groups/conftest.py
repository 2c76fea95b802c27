"""A shop with group buys and rewards, on SQLite and on PostgreSQL, and a client of it over a socket."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.scenario.groups.notice_board import NoticeBoard
from tests.scenario.groups.party import Party
from tests.scenario.sales.over_grpc import client_of
from tests.scenario.sales.shop import CALLER, Shop
from tests.support.folders import data_folder
from tests.support.postgres import PostgresServer, database_of
from tuan.adapters.sql_record import SqlRecord
from tuan.plugin import Plugin
from tuan.ports import ApiKey
from tuan_coupon import tuan_plugins as coupon_plugins
from tuan_group_buy import tuan_plugins as group_buy_plugins
from tuan_points import tuan_plugins as points_plugins
from tuan_wallet import tuan_plugins as wallet_plugins

KEY = "a key that only this test knows"
SCOPES = ("orders.write", "orders.read", "orders.refund", "groups.write", "groups.read", "wallets.read", "coupons.read")


def plugins() -> list[Plugin]:
    """Fresh ones: a plugin keeps the host that it was started with."""
    found = [*group_buy_plugins(), *coupon_plugins(), *points_plugins(), *wallet_plugins(), NoticeBoard()]
    for plugin in found:
        # On a machine that runs other tests beside these, a thread may wait for its turn longer than a plugin may.
        plugin.deadline_ms = 10_000  # type: ignore[misc]
    return found


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that was migrated once, which takes many times as long as copying it."""
    path = tmp_path_factory.mktemp("groups") / "tuan.db"
    _migrate(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    """The name of a database that was migrated once."""
    url = postgres_server.create_database()
    _migrate(url)
    yield database_of(url)
    postgres_server.drop_database(url)


def _migrate(url: str) -> None:
    record = SqlRecord(url)
    record.migrate({plugin.code: tables.migrations for plugin in plugins() if (tables := plugin.tables())})
    record.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def shop(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Shop]:
    folder = data_folder("groups", in_memory=True)
    postgres: PostgresServer | None = None
    if request.param == "sqlite":
        url = f"sqlite:///{shutil.copy(request.getfixturevalue('sqlite_template'), folder / 'tuan.db')}"
    else:
        postgres = request.getfixturevalue("postgres_server")
        url = postgres.create_database(request.getfixturevalue("postgres_template"))
    try:
        async with Shop(folder, redis_url, url, plugins=plugins(), orders_per_buyer_per_min_max=0) as opened:
            yield opened
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if postgres is not None:
            postgres.drop_database(url)


@pytest.fixture
async def party(shop: Shop, tmp_path: Path) -> AsyncIterator[Party]:
    """Buyers of the shop, who call it over gRPC as the application `shop`."""
    key = ApiKey("k1", hashlib.sha256(KEY.encode()).hexdigest(), CALLER, SCOPES)
    await shop.engine.record.write(lambda unit: unit.api_keys.put(key))
    async with client_of(shop, tmp_path, KEY) as client:
        yield Party(shop, client)
