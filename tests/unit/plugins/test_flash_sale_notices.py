"""Back-in-stock notices: asked for once per buyer, told once per restock, in the plugin's own table on both databases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory

from tests.unit.plugins.flash_service import Page
from tuan.plugin import RETAIL, CounterState, Event
from tuan_api.v1 import flash_sale_pb2 as pb
from tuan_flash_sale.promotion import NOTICES_PER_TRANSACTION_MAX, FlashSale
from tuan_flash_sale.tables import plugin_tables, restock_notices


@pytest.fixture
def connection(database_url: str) -> Iterator[sa.Connection]:
    """A database that the plugin's own migration has made ready."""
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection)
        with Operations.context(context), context.begin_transaction():
            for revision in reversed(list(_scripts().walk_revisions())):
                revision.module.upgrade()
        yield connection
    engine.dispose()


def _scripts() -> ScriptDirectory:
    config = Config()
    config.set_main_option("script_location", str(plugin_tables().migrations))
    config.set_main_option("version_locations", str(plugin_tables().migrations))
    config.set_main_option("path_separator", "os")
    return ScriptDirectory.from_config(config)


def test_the_migration_makes_the_tables(connection: sa.Connection) -> None:
    """Goal: the table in the code is the table in the database. Method: Alembic compares them and finds nothing."""
    differences = compare_metadata(MigrationContext.configure(connection), plugin_tables().metadata)
    assert differences == []


async def notify(page: Page, sku: str = "S1", buyer: str = "b1", activity: bool = True):
    activity_id = page.activity.activity_id if activity else ""
    request = pb.NotifyMeWhenRestockedRequest(request_id="r1", sku=sku, buyer_id=buyer, activity_id=activity_id)
    return await page.service.NotifyMeWhenRestocked(request, None)


def restocked(page: Page, event_id: int, sku: str = "S1", shard: str = "") -> Event:
    data = {"sku": sku, "shard": shard or page.activity.activity_id, "quantity": 5}
    return Event(event_id, "stock.restocked", sku, page.activity.activity_id, 1_000, data)


def told(page: Page) -> list[str]:
    return [payload["recipient"] for kind, _, _, payload in page.host.unit.jobs.added if kind == "notify"]


async def test_asked_once_told_once(connection: sa.Connection) -> None:
    """Goal: a buyer who asks twice is told once, and of a later restock only when they ask again. Method: ask, restock, repeat."""
    page = Page(connection=connection)
    page.stock(S1=(100, 100), S2=(10, 0))
    assert not (await notify(page)).replayed
    assert (await notify(page)).replayed
    assert not (await notify(page, buyer="b2")).replayed
    page.promotion.react(restocked(page, 7), page.host.unit)
    page.promotion.react(restocked(page, 7), page.host.unit)
    page.promotion.react(restocked(page, 8), page.host.unit)
    assert told(page) == ["b1", "b2"]
    kind, key, run_time_ms, payload = page.host.unit.jobs.added[0]
    assert (kind, run_time_ms, payload["kind"]) == ("notify", 1_000, "restock")
    assert key == payload["notice_id"]
    assert payload["data"] == {"sku": "S1", "activity_id": page.activity.activity_id, "caller": "shop"}
    await notify(page)
    page.promotion.react(restocked(page, 9), page.host.unit)
    assert told(page) == ["b1", "b2", "b1"]


async def test_only_those_who_wait_for_this_sku_in_this_place(connection: sa.Connection) -> None:
    """Goal: nobody is told of what they did not ask for. Method: another SKU, and ordinary sale, beside it."""
    page = Page(connection=connection)
    page.stock(S1=(100, 100), S2=(10, 10))
    page.host.stock_of[RETAIL] = {"S1": CounterState(0, 0, 0)}
    await notify(page, "S1", "b1")
    await notify(page, "S2", "b2")
    await notify(page, "S1", "b3", activity=False)
    page.promotion.react(restocked(page, 1, shard=RETAIL), page.host.unit)
    assert told(page) == ["b3"]
    page.promotion.react(restocked(page, 2, "S2"), page.host.unit)
    assert told(page) == ["b3", "b2"]


async def test_what_is_in_stock_needs_no_notice(connection: sa.Connection) -> None:
    """Goal: no row for what can be bought now. Method: ask while units are left."""
    page = Page(connection=connection)
    assert (await notify(page)).in_stock
    assert connection.execute(sa.select(sa.func.count()).select_from(restock_notices)).scalar() == 0


async def test_a_crowd_is_told_in_many_transactions(connection: sa.Connection) -> None:
    """Goal: ten thousand who wait do not block the writer. Method: more than one transaction's worth; the plugin's own event
    asks for the rest, until everybody was told once."""
    page = Page(connection=connection)
    page.stock(S1=(100, 100), S2=(10, 0))
    crowd = 2 * NOTICES_PER_TRANSACTION_MAX + 50
    rows = [
        {
            "activity_id": page.activity.activity_id,
            "sku": "S1",
            "caller": "shop",
            "buyer": f"b{number}",
            "create_time_ms": 1,
        }
        for number in range(crowd)
    ]
    connection.execute(restock_notices.insert(), rows)
    queue = [restocked(page, 1)]
    transactions = 0
    while queue:
        page.promotion.react(queue.pop(0), page.host.unit)
        transactions += 1
        queue += page.host.unit.outbox.events
        page.host.unit.outbox.events = []
    assert transactions == 3
    assert len(told(page)) == len(set(told(page))) == crowd
    assert {"stock.restocked", "flash_sale.restock_notices_left"} == set(FlashSale.reacts_to)
