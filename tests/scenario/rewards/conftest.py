"""A shop with coupons, points and a wallet, on SQLite and on PostgreSQL, and a client of it over a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.scenario.plugged_shop import application, migrated_database, migrated_file, opened_shop, patient
from tests.scenario.sales.shop import Shop
from tests.support.postgres import PostgresServer
from tuan.plugin import Plugin
from tuan_client import AsyncClient
from tuan_coupon import tuan_plugins as coupon_plugins
from tuan_points import tuan_plugins as points_plugins
from tuan_wallet import tuan_plugins as wallet_plugins

SCOPES = (
    "orders.write",
    "pricing.read",
    "coupons.read",
    "coupons.write",
    "coupons.grant",
    "points.read",
    "points.grant",
    "wallets.read",
    "orders.read",
    "rules.read",
    "rules.write",
)


def plugins() -> list[Plugin]:
    return patient([*coupon_plugins(), *points_plugins(), *wallet_plugins()])


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_file(tmp_path_factory.mktemp("rewards"), plugins)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    with migrated_database(postgres_server, plugins) as name:
        yield name


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def shop(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Shop]:
    async with opened_shop(request, redis_url, plugins) as opened:
        yield opened


@pytest.fixture
async def client(shop: Shop, tmp_path: Path) -> AsyncIterator[AsyncClient]:
    async with application(shop, tmp_path, SCOPES) as connected:
        yield connected
