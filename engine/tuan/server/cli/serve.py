"""`tuan serve`: run the engine until SIGTERM or SIGINT; calls in flight finish.

With SQLite it is one process. With PostgreSQL it is a parent, one process or several that serve, and one that drains.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from typing import Any

from tuan import settings as settings_module
from tuan.server import access, logs
from tuan.settings import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    parser.add_argument(
        "--example", action="store_true", help="load an example catalogue and flash sale, and tell how to call"
    )
    parser.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="engine processes that share the address; more than one needs PostgreSQL (default: TUAN_PROCESSES, or 1)",
    )
    parser.add_argument("--part", action="store_true", help=argparse.SUPPRESS)  # started by a parent
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    given: dict[str, Any] = {} if options.processes is None else {"processes": options.processes}
    settings = access.with_admin_key(settings_module.load(**given))
    logs.configure(settings)
    if options.part or settings.database_url.startswith("sqlite"):
        # Imported where it is wanted: a parent needs neither gRPC nor a database driver, and starts its parts a second earlier.
        from tuan.server import event_loop
        from tuan.server.serving import serve

        event_loop.run(serve(settings, options.example, part=options.part))
    else:
        asyncio.run(_serve_in_parts(settings, options.example))
    sys.stderr.flush()
    # Threads of plugins that hang must not keep a finished engine alive; everything durable is closed by now.
    os._exit(0)


async def _serve_in_parts(settings: Settings, with_example: bool) -> None:
    from tuan.server.processes.parent import Parent

    async def when_ready(address: str) -> None:
        if with_example:
            from tuan.server.serving import load_example

            await load_example(address, settings)
        print(f"tuan: ready on {address}", flush=True)

    await Parent(settings).run(when_ready)
    print("tuan: stopped", flush=True)
