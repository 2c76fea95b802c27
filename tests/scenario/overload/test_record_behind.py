"""A drain that is held back slows orders down by RetryInfo; they go on by themselves when it has caught up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.scenario.overload.conftest import KEY, serving
from tests.scenario.sales.shop import CLEAN, Shop
from tuan_client import AsyncClient, CartLine, ClientConfig, PlacedOrder, errors

LAG_S_MAX = 0.3


class Drain:
    """Holds back every write of the drain until it is let."""

    def __init__(self, shop: Shop) -> None:
        self._open = threading.Event()
        self._open.set()
        store = shop.engine.record.store
        self._drain = store.drain
        store.drain = self._when_open  # type: ignore[method-assign]

    def hold(self) -> None:
        self._open.clear()

    def let(self) -> None:
        self._open.set()

    def _when_open(self, work: Callable[..., Any]) -> Any:
        self._open.wait()
        return self._drain(work)


@pytest.fixture
async def drain(shop: Shop) -> AsyncIterator[Drain]:
    shop.engine.watch.lag.bound_s = LAG_S_MAX
    held = Drain(shop)
    yield held
    held.let()


async def test_orders_wait_for_the_drain_and_go_on(shop: Shop, drain: Drain, tmp_path: Path) -> None:
    """Goal: what SQL lacks stays bounded, status tells it, a client that waits as told loses nothing, nobody has to intervene.

    Method: hold the drain; place until refused; a patient client asks; let the drain go; its order is placed, and all others are.
    """
    async with (
        serving(shop, tmp_path) as address,
        AsyncClient(ClientConfig(address, token=KEY, attempt_count_max=1)) as hasty,
        AsyncClient(ClientConfig(address, token=KEY, deadline_s=60, attempt_count_max=1_000)) as patient,
    ):
        await _place(hasty, "before")
        await shop.engine.watch.barrier()
        drain.hold()
        refused = await _until_refused(hasty)
        assert refused.status is grpc.StatusCode.UNAVAILABLE
        assert refused.metadata == {"cause": "record"}
        assert refused.retry_delay_s is not None
        assert 0 < refused.retry_delay_s <= 10
        for number in range(20):
            with pytest.raises(errors.Overloaded):
                await _place(hasty, f"shut-{number}")
        load = (await hasty.admin.get_status()).load
        assert load is not None
        assert load.record_lag is not None
        assert load.record_lag.total_seconds() > LAG_S_MAX
        assert load.shed_count >= 21
        waiting = asyncio.create_task(_place(patient, "patient"))
        drain.let()
        assert isinstance(await waiting, PlacedOrder)
        await shop.engine.watch.barrier()
        for number in range(20):
            await _place(hasty, f"after-{number}")
    await shop.settle()
    assert await shop.audit() == CLEAN


async def _place(client: AsyncClient, name: str) -> object:
    return await client.place_order(f"buyer-{name}", "CNY", [CartLine("S1", 1)], device_id=name)


async def _until_refused(client: AsyncClient) -> errors.Overloaded:
    """Before the bound is reached all are placed."""
    loop = asyncio.get_running_loop()
    begin_s = loop.time()
    placed = 0
    while True:
        try:
            await _place(client, f"held-{placed}")
            placed += 1
        except errors.Overloaded as refused:
            assert placed
            assert loop.time() - begin_s >= LAG_S_MAX
            return refused
        assert loop.time() - begin_s < 20
