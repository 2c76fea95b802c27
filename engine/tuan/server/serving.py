"""An engine with its gRPC server in this process, until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import signal

import structlog

from tuan.server import access, example, garbage
from tuan.server.engine import Engine
from tuan.server.grpc_server import GrpcServer
from tuan.server.processes.orphaned import when_orphaned
from tuan.settings import Settings
from tuan.usecases.snapshot import REFRESH_MS
from tuan_client import AsyncClient, ClientConfig

log = structlog.get_logger()


async def serve(settings: Settings, with_example: bool, part: bool) -> None:
    """Until SIGTERM or SIGINT. `part`: one of several processes; it shares the port, and its parent announces it and drains."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if part:
        when_orphaned(lambda: loop.call_soon_threadsafe(stop.set))
    engine = await Engine.start(settings, drains=not part)
    server = GrpcServer(engine, settings, reuse_port=part)
    try:
        address = access.address_of(settings.listen_address, await server.start())
        if not part:
            key = settings.admin_key.get_secret_value()
            access.announce(settings, access.Access(address, key, os.getpid(), settings.tls))
        if with_example:
            await load_example(address, settings)
        garbage.look_rarely()
        print(f"tuan: ready on {address}", flush=True)
        await stop.wait()
        log.info("stopping", grace_s=settings.grace_period_s)
        await server.stop(settings.grace_period_s)
    finally:
        if not part:
            access.withdraw(settings)
        await engine.stop()
    print("tuan: stopped", flush=True)


async def load_example(address: str, settings: Settings) -> None:
    """Load it, and print how to call the engine at `address`."""
    key = settings.admin_key.get_secret_value()
    async with AsyncClient(ClientConfig(address, token=key, deadline_s=30)) as client:
        activity_id = await example.load(client)
    if settings.processes > 1:
        await asyncio.sleep(2 * REFRESH_MS / 1_000)  # the others have looked by then
    key_path = (settings.data_dir / "admin.key").absolute()
    print(example.how_to_call(address, str(key_path), activity_id), flush=True)
