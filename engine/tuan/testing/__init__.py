"""What plugin authors test with, without any server; pytest finds the fixtures by itself (entry point `pytest11`).

def test_second_at_half_price(promotion_bench):
    bench = promotion_bench(SecondAtHalfPrice())
    bench.publish('second_half "tea" { on = line.sku in ["S1"]  active = from 2027-01-01 until 2028-01-01 }')
    assert bench.place(bench.attempt(("S1", 2))).total_minor == 15_00

def test_conforms():
    check_promotion(SecondAtHalfPrice(), 'second_half "tea" { ... }')
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tuan.plugin import Plugin
from tuan.testing.bench import SKUS, PromotionBench, rule_text
from tuan.testing.clock import ManualClock
from tuan.testing.conformance import check_promotion
from tuan.testing.host import FakeHost, FakeUnit

__all__ = [
    "SKUS",
    "FakeHost",
    "FakeUnit",
    "ManualClock",
    "PromotionBench",
    "check_promotion",
    "fake_host",
    "promotion_bench",
    "rule_text",
]


@pytest.fixture
def fake_host() -> FakeHost:
    """A host without an engine: its clock stands still, its stock is what the test says."""
    return FakeHost()


@pytest.fixture
def promotion_bench(fake_host: FakeHost) -> Callable[..., PromotionBench]:
    """Makes a bench for a promotion: `promotion_bench(MyPromotion())`; keywords as of `PromotionBench`."""

    def make(*plugins: Plugin, **keywords: object) -> PromotionBench:
        keywords.setdefault("host", fake_host)
        return PromotionBench(*plugins, **keywords)  # type: ignore[arg-type]  # forwarded as they are

    return make
