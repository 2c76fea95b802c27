"""A CHALLENGE verdict at the order: it stands, unless the buyer's ticket proves that a challenge was solved for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.ids import FakeIds
from tuan.adapters.memory_inventory import MemoryInventory
from tuan.domain.claim import CounterSpec
from tuan.plugin import RETAIL, Activity, Refusal, RefusalKind, RiskChecker, Verdict, VerdictKind
from tuan.ports import ShardRow
from tuan.testing import PromotionBench
from tuan.usecases.judge_risk import RiskJudge
from tuan.usecases.order_commands import Placed, PlaceOrder, PlaceResult, WantedLine
from tuan.usecases.place_orders import OrderPlacer
from tuan.usecases.placing_limits import PlacingLimits
from tuan.usecases.pricing.fact_reader import FactReader
from tuan.usecases.redeem import Redeemer
from tuan.usecases.sold_out import SoldOut
from tuan_flash_sale.promotion import FlashSale
from tuan_flash_sale.ticket import Ticket, Tickets

RULES = """flash_sale "evening" { on = line.sku in ["S1"]  price = set(¥9.90)
  active = from 2027-02-10 20:00 until 2027-02-10 22:00  limit = 1 per buyer }"""


async def _nothing_to_wait_for(wanted: Sequence[tuple[str, int]]) -> list[None]:
    return [None for _ in wanted]


class Wary(RiskChecker):
    """Suspects everybody whose pseudonym begins with `odd`."""

    code = "wary"

    def assess(self, attempts):
        kinds = (
            VerdictKind.CHALLENGE if attempt.buyer.startswith("odd") else VerdictKind.ALLOW for attempt in attempts
        )
        return [Verdict(kind, "R-7") for kind in kinds]


class Shop:
    """The engine's order placing on the memory inventory, without record and server."""

    def __init__(self, inventory: MemoryInventory, bench: PromotionBench, activity: Activity) -> None:
        rows = {shard: ShardRow(shard, 1, 0, "open") for shard in (RETAIL, activity.shard)}
        keeper = SimpleNamespace(current=replace(bench.snapshot, shards=rows))
        # What is never asked for here: nothing is forgotten, replayed or sold out, and no drain is behind.
        record, similar = SimpleNamespace(), SimpleNamespace(to=lambda _: ())
        watch = SimpleNamespace(behind=lambda _: 0, acknowledged=lambda *_: None, wait_each=_nothing_to_wait_for)
        parts: list[Any] = [inventory, record, keeper, bench.supervisor]
        parts += [RiskJudge(bench.registry, bench.supervisor), watch, similar]
        limits = PlacingLimits(hold_ms=60_000, ack_sql=False, undrained_max=1_000, plugins_deadline_ms=5_000)
        self.placer = OrderPlacer(
            *parts,
            bench.host.clock,
            FakeIds(),
            limits,
            FactReader({}),
            Redeemer(*parts[1:2], bench.registry, bench.supervisor),
            SoldOut(bench.host.clock),
        )
        self.activity = activity
        self.tickets = Tickets(bench.host.secret("flash_sale.ticket"))

    async def place(self, *buyers: tuple[str, bool], retail: bool = False) -> list[PlaceResult]:
        """Orders of one unit; `(buyer, whether a challenge was solved for the ticket)`."""
        activity_id = "" if retail else self.activity.activity_id
        commands = [
            PlaceOrder(
                "shop",
                f"r-{buyer}-{solved}",
                buyer,
                "CNY",
                (WantedLine("S1", 1, activity_id),),
                ticket=self._ticket(buyer, solved),
            )
            for buyer, solved in buyers
        ]
        return await self.placer.place(commands)

    def _ticket(self, buyer: str, solved: bool) -> str:
        return self.tickets.issue(Ticket(self.activity.end_time_ms, solved), self.activity.activity_id, buyer, "")


@pytest.fixture
async def shop() -> Shop:
    bench = PromotionBench(FlashSale(), Wary())
    [activity] = bench.publish(RULES)
    bench.host.clock.move_to(activity.start_time_ms)
    inventory = MemoryInventory(bench.host.clock)
    for shard in (RETAIL, activity.shard):
        await inventory.define(shard, 1, "open", [CounterSpec("stock/S1", 10)])
    return Shop(inventory, bench, activity)


async def test_a_solved_challenge_lets_the_order_pass(shop: Shop) -> None:
    """Goal: proof meets the verdict, and only proof. Method: one batch of trusted and odd buyers, with and without proof."""
    trusted, odd, proven = await shop.place(("b1", False), ("odd1", False), ("odd2", True))
    assert isinstance(trusted, Placed)
    assert isinstance(odd, Refusal)
    assert (odd.kind, odd.limit) == (RefusalKind.CHALLENGE_REQUIRED, "R-7")
    assert isinstance(proven, Placed)


async def test_ordinary_sale_has_no_proof(shop: Shop) -> None:
    """Goal: where nobody can vouch the verdict stands. Method: an ordinary line, whatever ticket comes with it."""
    trusted, odd = await shop.place(("b1", False), ("odd1", True), retail=True)
    assert isinstance(trusted, Placed)
    assert isinstance(odd, Refusal)
    assert odd.kind is RefusalKind.CHALLENGE_REQUIRED
