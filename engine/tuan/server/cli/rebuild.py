"""`tuan rebuild`: build the counters of one shard, or of all, anew from SQL. The engine does it by itself where it must."""

from __future__ import annotations

import argparse
import asyncio

from tuan import settings as settings_module
from tuan.server import logs
from tuan.server.cli.online import admin_client, require_stores, running
from tuan.server.engine import Engine
from tuan.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    parser.add_argument("shard", nargs="*", help="activity ids, or `retail`; none: every shard")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    settings = settings_module.load()
    logs.configure(settings)
    rebuild = _online if running(settings) is not None else _offline
    for shard in rebuild(settings, options.shard):
        print(f"rebuilt {shard}")
    return 0


def _online(settings: Settings, wanted: list[str]) -> list[str]:
    with admin_client(settings) as client:
        shards = wanted or [status.shard for status in client.admin.get_status().shards]
        for shard in shards:
            client.admin.rebuild_shard(shard)
    return shards


def _offline(settings: Settings, wanted: list[str]) -> list[str]:
    return asyncio.run(_rebuild(settings, wanted))


async def _rebuild(settings: Settings, wanted: list[str]) -> list[str]:
    require_stores(settings)
    engine = await Engine.start(settings, background=False)
    try:
        shards = wanted or sorted(engine.keeper.current.shards)
        for shard in shards:
            await engine.rebuild(shard)
    finally:
        await engine.stop()
    return shards
