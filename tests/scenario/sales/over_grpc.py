"""A client of a shop's engine, over a socket of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.scenario.sales.shop import Shop
from tuan.server.grpc_server import GrpcServer
from tuan.settings import Settings
from tuan_client import AsyncClient, ClientConfig


@asynccontextmanager
async def client_of(shop: Shop, folder: Path, key: str, admin: bool = False) -> AsyncIterator[AsyncClient]:
    """`key`: the operator's where `admin`, else one that the shop has put into its record."""
    address = f"unix:{folder / 'grpc.sock'}"
    settings = Settings(
        data_dir=folder,
        listen_address=address,
        metrics_address="off",
        orders_per_buyer_per_min_max=0,
        **({"admin_key": key} if admin else {}),
    )
    server = GrpcServer(shop.engine, settings)
    await server.start()
    try:
        async with AsyncClient(ClientConfig(address, token=key, deadline_s=30, channel_count=2)) as connected:
            yield connected
    finally:
        await server.stop(0)
