"""Runs one campaign in a process of its own, with a bug planted or without; the last line that it prints is the verdict.

    python -m tests.chaos.mutant BUG CAMPAIGN FOLDER REDIS_URL SEED
    python -m tests.chaos.mutant BUG serve

BUG: a module of `tests.chaos.mutations`, or `none`. `serve`: no campaign, but `tuan serve` itself, over a slow disk.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

BUGS = tuple(
    sorted(
        path.stem for path in Path(__file__).with_name("mutations").glob("*.py") if path.stem not in ("__init__", "lua")
    )
)
#: Long enough for a busy machine, short enough for forty campaigns in a test run.
WAIT_MS = 3_000
TIMEOUT_S = 120
SLOW_S = 0.1


def mutation(bug: str) -> Any:
    return importlib.import_module(f"tests.chaos.mutations.{bug}")


def command(bug: str, campaign: str, folder: Path, redis_url: str, seed: int) -> list[str]:
    return [sys.executable, "-m", "tests.chaos.mutant", bug, campaign, str(folder), redis_url, str(seed)]


def environment() -> dict[str, str]:
    """Of a child: it imports what this process can import, and no setting of the engine's reaches it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TUAN_")}
    return {**kept, "PYTHONPATH": os.pathsep.join(sys.path)}


def run(bug: str, campaign: str, folder: Path, redis_url: str, seed: int, given: str = "") -> str:
    """The last line that the campaign printed. Raises RuntimeError with its output when it fails by itself."""
    done = subprocess.run(
        command(bug, campaign, folder, redis_url, seed),
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=TIMEOUT_S,
        env=environment(),
    )
    if done.returncode:
        raise RuntimeError(
            f"{bug} {campaign} ended with {done.returncode}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        )
    return done.stdout.splitlines()[-1]


async def _main(campaign: str, folder: Path, redis_url: str, seed: int) -> None:
    from tests.chaos import crash
    from tests.chaos.campaigns import CAMPAIGNS
    from tests.scenario.sales.shop import Shop

    async with Shop(folder, redis_url, drain_attempts_max=1) as shop:
        if campaign == crash.LIVE:
            await crash.live(shop)
        elif campaign == crash.JUDGE:
            print((await crash.judge(shop, json.loads(sys.stdin.read()))).to_json())
        else:
            print((await CAMPAIGNS[campaign](shop, redis_url, seed)).to_json())


def _serve() -> None:
    from tests.chaos.weather import slow_disk
    from tuan.server.cli import main

    slow_disk(SLOW_S)
    sys.exit(main(["serve"]))


if __name__ == "__main__":
    import structlog

    from tests.chaos.weather import impatient

    if sys.argv[1] != "none":
        mutation(sys.argv[1]).plant()
    if sys.argv[2] == "serve":
        _serve()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    impatient(WAIT_MS)
    _campaign, _folder, _url, _seed = sys.argv[2:]
    asyncio.run(_main(_campaign, Path(_folder), _url, int(_seed)))
