"""An example shop for `make demo` and `make serve`: a catalogue, a flash sale that is on right now, and the group buys that follow it."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo

from tuan.server.catalogue_csv import read_catalogue
from tuan_client import AsyncClient
from tuan_client.values.ruleset import RuleFile

ZONE = ZoneInfo("Asia/Shanghai")
SALE_HOURS = 2
HERO_SKU = "S1001"
TAIL_SKU = "S1002"
DRAW_SKU = "S1003"


def rule_text(now: datetime, hold: str = "15min") -> str:
    """The example's rule file, with a sale that began this very minute."""
    return _filled("evening.tuan", now, hold=hold)


def tail_text(now: datetime, window: str, hold: str) -> str:
    """The rule file of the group buy that follows it."""
    return _filled("tail.tuan", now, window=window, hold=hold)


def _filled(name: str, now: datetime, **values: str) -> str:
    start = now.astimezone(ZONE).replace(second=0, microsecond=0)
    end = start + timedelta(hours=SALE_HOURS)
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")
    for field, value in {"start": f"{start:%Y-%m-%d %H:%M}", "end": f"{end:%Y-%m-%d %H:%M}", **values}.items():
        text = text.replace(f"{{{field}}}", value)
    return text


async def load(client: AsyncClient, hold: str = "15min") -> str:
    """Import the catalogue (once) and publish the sale; its activity id."""
    text = files(__name__).joinpath("catalogue.csv").read_text(encoding="utf-8")
    catalogue = read_catalogue(text, "CNY", "main")
    await client.catalogue.import_products(catalogue.products, catalogue.stock, request_id="example-catalogue")
    return await _publish(client, RuleFile("evening.tuan", rule_text(datetime.now(UTC), hold)))


async def load_tail(client: AsyncClient, window: str, hold: str) -> str:
    """Publish the group buy; its activity id."""
    return await _publish(client, RuleFile("tail.tuan", tail_text(datetime.now(UTC), window, hold)))


async def load_draw(client: AsyncClient) -> str:
    """Publish the lottery; its activity id."""
    return await _publish(client, RuleFile("draw.tuan", _filled("draw.tuan", datetime.now(UTC))))


async def _publish(client: AsyncClient, file: RuleFile) -> str:
    published = await client.rules.publish_rules([file], request_id=f"example-{os.urandom(6).hex()}")
    return published.activity_ids[0]


def how_to_call(address: str, key_path: str, activity_id: str) -> str:
    """What `make serve` prints: the example loaded, and a first call that works as it stands."""
    return f"""\
tuan: the example is loaded: activity {activity_id} sells {HERO_SKU} at 29.90 instead of 59.90 CNY.
Call it from Python:

    from tuan_client import CartLine, Client, ClientConfig

    key = open("{key_path}").read()
    with Client(ClientConfig("{address}", token=key)) as client:
        page = client.flash_sales.get_sale("{activity_id}", "buyer-1", "device-1")
        print(page.items[0].sale_price, page.items[0].available)
        print(client.place_order("buyer-1", "CNY", [CartLine("S1005", 1)]))

From any other language: the services are in protos/tuan_api/v1, and gRPC reflection is on; see docs/api.md.
"""
