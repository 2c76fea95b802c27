"""What promotions prepare: once for each config, and a slow moment takes no sale away. A promotion whose `prepare` fails when told to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.usecases.shop import TEA, Shop
from tuan.domain.errors import TuanError
from tuan.usecases import snapshot
from tuan.usecases.preparations import Preparations


class Preparing:
    """Stands in for `Deal.prepare`: counts, and does what `trouble` does."""

    def __init__(self) -> None:
        self.count = 0
        self.trouble: Callable[[], None] = lambda: None

    def __call__(self, config: dict[str, Any]) -> dict[str, Any]:
        self.count += 1
        self.trouble()
        return config


def _broken() -> None:
    raise RuntimeError("broken")


@pytest.fixture
def preparing(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Preparing:
    preparing = Preparing()
    monkeypatch.setattr(shop.deal, "prepare", preparing)
    return preparing


async def _something_else_changes(shop: Shop) -> None:
    await shop.stock_up(1)
    await shop.begin(shop.activity("another", quantity=1))


async def test_what_was_prepared_stays(shop: Shop, preparing: Preparing) -> None:
    """Goal: a promotion that cannot be asked in time takes no running sale away. Method: a sale; then the plugin breaks, and the
    snapshot is renewed because something else changes.
    """
    await shop.begin(shop.activity("sale"))
    preparing.trouble = _broken
    await _something_else_changes(shop)
    assert "another" not in shop.keeper.current.activities, "that one could not be prepared"
    await shop.placed("r1", (TEA, 1, "sale"))


async def test_once_for_each_config(shop: Shop, preparing: Preparing) -> None:
    """Goal: renewing the snapshot costs no calls of plugins. Method: count them, over changes elsewhere and of a config itself."""
    await shop.begin(shop.activity("sale"))
    await shop.stock_up(1)
    assert preparing.count == 1
    preparations = Preparations(shop.registry, shop.supervisor)
    for config in ({"unit_minor": 9_00}, {"unit_minor": 9_00}, {"unit_minor": 8_00}):
        prepared = await preparations.of([("sale", "deal", config)])
        assert prepared.found == {"sale": (shop.deal, config)}
    assert preparing.count == 3


async def test_it_is_tried_again(shop: Shop, preparing: Preparing, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goal: a sale that could not be prepared is not away for ever. Method: broken, then well again, and nothing else changes; not
    asked at every look, which would cost a whole snapshot each time.
    """
    now_s = 1_000.0
    monkeypatch.setattr(snapshot, "monotonic", lambda: now_s)
    preparing.trouble = _broken
    await shop.begin(shop.activity("sale"))
    assert isinstance(await shop.place("r1", (TEA, 1, "sale")), TuanError)
    before = preparing.count
    for _ in range(3):
        await shop.keeper.refresh()
    assert preparing.count <= before + 1
    preparing.trouble = lambda: None
    now_s += snapshot.FAULTS_AGAIN_S
    await shop.keeper.refresh()
    await shop.activities.advance_all()
    await shop.placed("r2", (TEA, 1, "sale"))
