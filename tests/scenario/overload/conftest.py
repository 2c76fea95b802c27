"""A shop with a small limit behind a socket, and its stub."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc
import pytest

from tests.scenario.sales.shop import Shop
from tests.support.folders import data_folder
from tuan.server.grpc_server import GrpcServer
from tuan.settings import Settings
from tuan_api.v1.order_pb2_grpc import OrderServiceStub

KEY = "a key that only these tests know"
#: Small, so that a test can overrun it: four of these are the least that is admitted.
BATCH = 8


@pytest.fixture
async def shop(redis_url: str) -> AsyncIterator[Shop]:
    folder = data_folder("overload", in_memory=True)
    try:
        async with Shop(folder, redis_url, batch_size_max=BATCH) as opened:
            await opened.stock("S1", 1_000_000)
            yield opened
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def serving(shop: Shop, folder: Path, **settings: int) -> AsyncIterator[str]:
    """Its address. `settings`: of the server."""
    address = f"unix:{folder / 'grpc.sock'}"
    server = GrpcServer(
        shop.engine,
        Settings(
            data_dir=folder,
            listen_address=address,
            metrics_address="off",
            admin_key=KEY,
            orders_per_buyer_per_min_max=0,
            batch_size_max=BATCH,
            log_level="error",
            **settings,
        ),
    )
    await server.start()
    try:
        yield address
    finally:
        await server.stop(0)


@asynccontextmanager
async def channel_to(address: str) -> AsyncIterator[tuple[grpc.aio.Channel, OrderServiceStub]]:
    async with grpc.aio.insecure_channel(address) as channel:
        yield channel, OrderServiceStub(channel)
