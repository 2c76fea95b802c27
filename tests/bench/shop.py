"""An engine with a flash sale that does not sell out: three limits and the stock, so four claims an order, as in a real one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tuan.server.demo.engine_process import EngineProcess
from tuan_client import AsyncClient, ClientConfig
from tuan_client.values.campaign import ActivityState
from tuan_client.values.catalogue import InitialStock, Product, Sku
from tuan_client.values.money import Money
from tuan_client.values.ruleset import RuleFile

SKU = "BENCH"
STOCK = 50_000_000

RULES = """\
package "bench" {{ version = "1.0.0"  zone = "UTC"  currency = "CNY" }}
flash_sale "bench" {{
  on     = line.sku in ["BENCH"]
  price  = set(¥29.90)
  active = from {start} until {end}
  stock  = 100% of sku.available
  limit  = [1 per buyer, 2 per device, 3 per address]
  ticket = false
  challenge = none
}}
"""


class Shop:
    """`async with Shop(folder) as shop:` an engine process, its address, key and the activity to buy from."""

    def __init__(self, folder: Path, **settings: str) -> None:
        # The lag of the drain is what is measured; an engine that slows down because of it would hide it.
        self.engine = EngineProcess(folder, **{"drain_lag_ms_max": "0", **settings})
        self.activity_id = ""

    async def __aenter__(self) -> Shop:
        await self.engine.start()
        async with self.client() as client:
            product = Product(SKU, "Bench", "bench", (Sku(SKU, Money("CNY", 5_990), SKU),))
            await client.catalogue.import_products([product], [InitialStock(SKU, "bench", STOCK)], request_id="stock")
            now = datetime.now(UTC)
            text = RULES.format(start=f"{now:%Y-%m-%d %H:%M}", end=f"{now + timedelta(hours=4):%Y-%m-%d %H:%M}")
            published = await client.rules.publish_rules([RuleFile("bench.tuan", text)])
            self.activity_id = published.activity_ids[0]
            state = (await client.campaigns.get_activity(self.activity_id)).state
            if state is not ActivityState.RUNNING:
                raise RuntimeError(f"the sale is {state.name}, though its publication provisions it")
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.engine.stop()

    def client(self) -> AsyncClient:
        return AsyncClient(ClientConfig(self.engine.address, token=self.engine.key, deadline_s=60))
