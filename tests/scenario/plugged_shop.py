"""A shop with plugins, on SQLite and on PostgreSQL: its databases are copies of one that was migrated once, and a client calls it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from tests.scenario.sales.over_grpc import client_of
from tests.scenario.sales.shop import CALLER, Shop
from tests.support.folders import data_folder
from tests.support.postgres import PostgresServer, database_of
from tuan.adapters.sql_record import SqlRecord
from tuan.plugin import Plugin
from tuan.ports import ApiKey
from tuan_client import AsyncClient

KEY = "a key that only this test knows"
#: Makes fresh plugins: one keeps the host that it was started with.
Plugins = Callable[[], list[Plugin]]


def patient(plugins: Iterable[Plugin]) -> list[Plugin]:
    """On a machine that runs other tests beside these, a thread may wait for its turn longer than a plugin may."""
    found = list(plugins)
    for plugin in found:
        plugin.deadline_ms = 10_000  # type: ignore[misc]
    return found


def migrated_file(folder: Path, plugins: Plugins) -> Path:
    """A file that was migrated once, which takes many times as long as copying it."""
    path = folder / "tuan.db"
    _migrate(f"sqlite:///{path}", plugins)
    return path


@contextmanager
def migrated_database(server: PostgresServer, plugins: Plugins) -> Iterator[str]:
    """The name of a database that was migrated once."""
    url = server.create_database()
    _migrate(url, plugins)
    yield database_of(url)
    server.drop_database(url)


def _migrate(url: str, plugins: Plugins) -> None:
    record = SqlRecord(url)
    record.migrate({plugin.code: tables.migrations for plugin in plugins() if (tables := plugin.tables())})
    record.close()


@asynccontextmanager
async def opened_shop(request: Any, redis_url: str, plugins: Plugins) -> AsyncIterator[Shop]:
    """`request`: of a fixture with the parameter "sqlite" or "postgresql", beside the fixtures `sqlite_template`, `postgres_template`."""
    folder = data_folder("plugged", in_memory=True)
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


@asynccontextmanager
async def application(shop: Shop, folder: Path, scopes: Sequence[str]) -> AsyncIterator[AsyncClient]:
    """A client of the shop's engine, over a socket, as the application `shop`."""
    key = ApiKey("k1", hashlib.sha256(KEY.encode()).hexdigest(), CALLER, tuple(scopes))
    await shop.engine.record.write(lambda unit: unit.api_keys.put(key))
    async with client_of(shop, folder, KEY) as connected:
        yield connected
