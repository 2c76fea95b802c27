"""`tuan serve`: run the engine until SIGTERM or SIGINT; calls in flight finish."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys

import structlog

from tuan import settings as settings_module
from tuan.server import access, event_loop, example, garbage, logs
from tuan.server.engine import Engine
from tuan.server.grpc_server import GrpcServer
from tuan.settings import Settings
from tuan_client import AsyncClient, ClientConfig

log = structlog.get_logger()


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    parser.add_argument(
        "--example", action="store_true", help="load an example catalogue and flash sale, and tell how to call"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    settings = access.with_admin_key(settings_module.load())
    logs.configure(settings)
    event_loop.run(_serve(settings, options.example))
    sys.stderr.flush()
    # Threads of plugins that hang must not keep a finished engine alive; everything durable is closed by now.
    os._exit(0)


async def _serve(settings: Settings, with_example: bool) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    engine = await Engine.start(settings)
    server = GrpcServer(engine, settings)
    try:
        port = await server.start()
        address = _address(settings.listen_address, port)
        access.announce(
            settings, access.Access(address, settings.admin_key.get_secret_value(), os.getpid(), settings.tls)
        )
        if with_example:
            await _load_example(address, settings)
        garbage.look_rarely()
        print(f"tuan: ready on {address}", flush=True)
        await stop.wait()
        log.info("stopping", grace_s=settings.grace_period_s)
        await server.stop(settings.grace_period_s)
    finally:
        access.withdraw(settings)
        await engine.stop()
    print("tuan: stopped", flush=True)


async def _load_example(address: str, settings: Settings) -> None:
    key = settings.admin_key.get_secret_value()
    async with AsyncClient(ClientConfig(address, token=key, deadline_s=30)) as client:
        activity_id = await example.load(client)
    key_path = (settings.data_dir / "admin.key").absolute()
    print(example.how_to_call(address, str(key_path), activity_id), flush=True)


def _address(listen_address: str, port: int) -> str:
    if listen_address.startswith("unix:"):
        return listen_address
    host = listen_address.rpartition(":")[0]
    return f"{'127.0.0.1' if host in ('0.0.0.0', '[::]') else host}:{port}"  # noqa: S104 - compared, not listened on
