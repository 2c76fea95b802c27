"""A promotion that cannot prepare: its own activities and rules are out of use, everything else goes on."""

from __future__ import annotations

from typing import Any, cast

import pytest

from tuan.domain.catalogue import Sku
from tuan.plugin import Activity, InvalidValue, PriceRule, PromotionType
from tuan.registry import Registry
from tuan.supervisor import Supervisor
from tuan.testing import ManualClock
from tuan.usecases.pricing.price_book import PriceCompiler
from tuan.usecases.snapshot import SnapshotKeeper


class Picky(PromotionType):
    code = "picky"

    def prepare(self, config):
        if config.get("bad"):
            raise config["bad"]
        return config


@pytest.mark.parametrize(
    "error", [InvalidValue("price", "is from another version"), KeyError("price"), ValueError("oh")]
)
async def test_one_config_that_cannot_be_read(error: Exception) -> None:
    """Goal: one stale config does not stop the shop. Method: a snapshot of a good and a bad activity, and a bad rule."""
    registry = Registry([Picky()])
    keeper = SnapshotKeeper(cast(Any, None), registry, Supervisor(ManualClock()), PriceCompiler(registry.vocabulary()))
    activities = [
        Activity(name, "picky", "b", "t", "h", 0, 1, config) for name, config in (("good", {}), ("bad", {"bad": error}))
    ]
    rules = [PriceRule("rule", "picky", "h", {"bad": error}, skus=("S1",))]
    skus = [Sku("S1", "P1", "Tea", "food", "CNY", 10_00)]
    snapshot = await keeper._build((1, 1, 1), skus, activities, rules, [], [])
    assert list(snapshot.activities) == ["good"]
    assert set(snapshot.faults) == {"bad", "rule"}
    assert snapshot.rules_for("S1") == ()
