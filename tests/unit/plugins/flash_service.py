"""A flash-sale servicer on a fake host, for the tests beside it: one session of two SKUs, in the middle of its warm-up."""

from __future__ import annotations

from typing import Any

from tuan.plugin import CounterState
from tuan.testing import FakeHost, FakeUnit, PromotionBench
from tuan_flash_sale.promotion import FlashSale
from tuan_flash_sale.servicer import FlashSaleServicer
from tuan_proof_of_work.challenge import ProofOfWork

RULES = """flash_sale "evening" {
  on = line.sku in ["S1", "S2"]  price = set(¥9.90)  active = from 2027-02-10 20:00 until 2027-02-10 22:00
  limit = 1 per buyer, 2 per device per 24h  challenge = %s
}"""
MINUTE_MS = 60_000


class Page:
    """`service`: what a client calls. `host`: what it finds."""

    def __init__(self, challenge: str = "when_suspicious", connection: Any = None) -> None:
        self.host = FakeHost(FakeUnit(connection))
        self.promotion = FlashSale()
        self.bench = PromotionBench(self.promotion, host=self.host)
        [self.activity] = self.bench.publish(RULES % challenge)
        self.host.challenges["proof_of_work"] = puzzle = ProofOfWork(bits=4)
        puzzle.start(self.host)
        [entry] = self.promotion.servicers()
        assert isinstance(entry.servicer, FlashSaleServicer)
        self.service = entry.servicer
        self.host.clock.move_to(self.activity.start_time_ms - 5 * MINUTE_MS)
        self.stock(S1=(100, 0), S2=(10, 0))

    def open(self) -> None:
        """Go to the first minute of the sale."""
        self.host.clock.move_to(self.activity.start_time_ms + MINUTE_MS)

    def end(self) -> None:
        self.host.clock.move_to(self.activity.end_time_ms)

    def stock(self, **counters: tuple[int, int]) -> None:
        """Capacity and use by SKU."""
        self.host.stock_of[self.activity.activity_id] = {
            sku: CounterState(capacity, used, 0) for sku, (capacity, used) in counters.items()
        }
