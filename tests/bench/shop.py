"""An engine with flash sales that have three limits and the stock, so four claims an order, as real ones do."""

from __future__ import annotations

import asyncio
import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self, cast

import redis

from tests.bench.load.settings import LoadSettings
from tests.bench.usage import Usage, usage_of
from tuan.adapters.embedded_redis.paths import paths_in
from tuan.server.demo.engine_process import EngineProcess
from tuan_client import AsyncClient, ClientConfig
from tuan_client.values.campaign import Activity, ActivityState
from tuan_client.values.catalogue import InitialStock, Product, Sku
from tuan_client.values.money import Money
from tuan_client.values.ruleset import RuleFile

#: So much that no run sells out.
STOCK = 50_000_000
#: A sale sells some of a catalogue. More would tell how long a sale takes to be provisioned: a transaction per SKU.
SALE_SKUS = 100
_PER_IMPORT, _PER_PACKAGE, _PER_FILE = 1_000, 1_000, 100

_HEAD = 'package "bench{number}" {{ version = "1.0.0"  zone = "UTC"  currency = "CNY" }}\n'
_SALE = """\
flash_sale "sale-{number}" {{
  on     = line.category under "bench/{number}"
  price  = set(¥29.90)
  active = from {start} until {end}
  stock  = 100% of sku.available
  limit  = [1 per buyer, 2 per device, 3 per address]
  ticket = false
  challenge = none
}}
"""


class Shop:
    """`async with Shop(folder) as shop:` an engine process with `skus` SKUs in its catalogue and `activities` sales that run.

    `goods`: (SKU, activity) pairs to buy, at most SALE_SKUS of a sale. `stock`: units of each. Further settings are the engine's,
    as `ack="sql"`.
    """

    #: What an activity is made of.
    block: ClassVar[str] = _SALE

    def __init__(
        self, folder: Path, *, skus: int = 1, activities: int = 1, stock: int = STOCK, **settings: str
    ) -> None:
        # The lag of the drain is what is measured; an engine that slows down because of it would hide it.
        self.engine = EngineProcess(folder, **{"drain_lag_ms_max": "0", **settings})
        self.goods: list[tuple[str, str]] = []
        self.stock = stock
        self._skus, self._activities = max(skus, activities), activities
        # Enough for each process of the engine to get its share of them, which the kernel draws.
        self._connections = 8 if "processes" in settings else 1

    async def __aenter__(self) -> Self:
        try:
            await self.engine.start()
            await self._fill()
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        """However long that takes it: no engine is left behind to disturb the next station."""
        try:
            await self.engine.stop()
        except subprocess.TimeoutExpired:
            self.engine.kill()
            raise

    def client(self) -> AsyncClient:
        return AsyncClient(ClientConfig(self.engine.address, token=self.engine.key, deadline_s=300))

    def load(self, name: str, **settings: Any) -> LoadSettings:
        """Settings of a generator that buys here, under a name that nobody had before."""
        run = f"{name}-{os.urandom(3).hex()}"
        return LoadSettings(
            self.engine.address, self.engine.key, self.goods, run, connections=self._connections, **settings
        )

    def usage(self) -> Usage:
        return usage_of(self.engine.pid)

    def redis_bytes(self) -> int:
        """Memory that the embedded Redis uses."""
        with redis.Redis(unix_socket_path=str(paths_in(self.engine.data_dir).socket)) as client:
            return int(cast(dict[str, Any], client.info("memory"))["used_memory"])

    async def counted(self, client: AsyncClient) -> list[tuple[int, int]]:
        """(capacity, available) of each of the goods, by the claims store."""
        found = []
        for activity_id in {activity_id for _, activity_id in self.goods}:
            items = (await client.flash_sales.get_sale(activity_id, "auditor", "auditor")).items
            found += [(item.capacity, item.available) for item in items]
        return found

    async def _fill(self) -> None:
        async with self.client() as client:
            names = [f"S{number}" for number in range(self._skus)]
            for start in range(0, self._skus, _PER_IMPORT):
                part = range(start, min(start + _PER_IMPORT, self._skus))
                products = [self._product(number) for number in part]
                stock = [InitialStock(names[number], "bench", self.stock) for number in part if self._is_sold(number)]
                await client.catalogue.import_products(products, stock, request_id=f"stock-{start}")
            # Within the same minute as the text says, whatever the clock does meanwhile.
            now = datetime.now(UTC)
            window = {"start": f"{now:%Y-%m-%d %H:%M}", "end": f"{now + timedelta(hours=6):%Y-%m-%d %H:%M}"}
            for start in range(0, self._activities, _PER_PACKAGE):
                numbers = range(start, min(start + _PER_PACKAGE, self._activities))
                await client.rules.publish_rules(_files(self.block, numbers, window), timeout_s=600)
            found = await self._running(client)
        sold = [(number, name) for number, name in enumerate(names) if self._is_sold(number)]
        self.goods = [(name, found[f"sale-{number % self._activities}"]) for number, name in sold]

    def _is_sold(self, number: int) -> bool:
        return number < SALE_SKUS * self._activities

    def _product(self, number: int) -> Product:
        sku = Sku(f"S{number}", Money("CNY", 5_990), f"S{number}")
        category = f"bench/{number % self._activities}" if self._is_sold(number) else "shelf"
        return Product(f"S{number}", "Bench", category, (sku,))

    async def _running(self, client: AsyncClient) -> dict[str, str]:
        """Activities by the label of their block, when all of them sell."""
        while True:
            found: list[Activity] = [each async for each in client.campaigns.list_activities()]
            waiting = [each for each in found if each.state is not ActivityState.RUNNING]
            if len(found) >= self._activities and not waiting:
                return {each.block_id.rpartition("/")[2]: each.activity_id for each in found}
            if any(each.state is not ActivityState.PROVISIONING for each in waiting):
                raise RuntimeError(f"a sale is {waiting[0].state.name}")
            await asyncio.sleep(0.2)


def _files(block: str, numbers: range, window: dict[str, str]) -> list[RuleFile]:
    sales = [block.format(number=number, **window) for number in numbers]
    head = _HEAD.format(number=numbers.start)
    return [
        RuleFile(f"sales{start}.tuan", (head if not start else "") + "".join(sales[start : start + _PER_FILE]))
        for start in range(0, len(sales), _PER_FILE)
    ]
