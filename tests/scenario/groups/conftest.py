"""A shop with group buys and rewards, on SQLite and on PostgreSQL, and buyers who call it over a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.scenario.groups.notice_board import NoticeBoard
from tests.scenario.groups.party import Party
from tests.scenario.plugged_shop import application, migrated_database, migrated_file, opened_shop, patient
from tests.scenario.sales.shop import Shop
from tests.support.postgres import PostgresServer
from tuan.plugin import Plugin
from tuan_coupon import tuan_plugins as coupon_plugins
from tuan_group_buy import tuan_plugins as group_buy_plugins
from tuan_points import tuan_plugins as points_plugins
from tuan_wallet import tuan_plugins as wallet_plugins

SCOPES = ("orders.write", "orders.read", "orders.refund", "groups.write", "groups.read", "wallets.read", "coupons.read")


def plugins() -> list[Plugin]:
    return patient([*group_buy_plugins(), *coupon_plugins(), *points_plugins(), *wallet_plugins(), NoticeBoard()])


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return migrated_file(tmp_path_factory.mktemp("groups"), plugins)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> Iterator[str]:
    with migrated_database(postgres_server, plugins) as name:
        yield name


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
async def shop(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Shop]:
    async with opened_shop(request, redis_url, plugins) as opened:
        yield opened


@pytest.fixture
async def party(shop: Shop, tmp_path: Path) -> AsyncIterator[Party]:
    async with application(shop, tmp_path, SCOPES) as client:
        yield Party(shop, client)
