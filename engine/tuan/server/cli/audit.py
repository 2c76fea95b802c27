"""`tuan audit`: compare the claims store with the record, counter by counter, and check the ledger; non-zero on a difference."""

from __future__ import annotations

import argparse
import asyncio

from tuan import settings as settings_module
from tuan.server import logs
from tuan.server.cli.online import admin_client, require_stores, running
from tuan.server.engine import Engine
from tuan.settings import Settings

_FIGURES = ("oversold", "stranded", "lost", "duplicated", "unbalanced")


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    del options
    settings = settings_module.load()
    logs.configure(settings)
    lines, clean = _online(settings) if running(settings) is not None else asyncio.run(_offline(settings))
    print("\n".join(lines))
    return 0 if clean else 1


def _online(settings: Settings) -> tuple[list[str], bool]:
    with admin_client(settings) as client:
        report = client.admin.audit()
    lines = [f"{item.figure}: {item.shard} {item.subject}: {item.message}" for item in report.differences]
    summary = " ".join(f"{name}={getattr(report, name)}" for name in _FIGURES)
    clean = not report.differences and not any(getattr(report, name) for name in _FIGURES)
    return [*lines, f"audit: {summary}"], clean


async def _offline(settings: Settings) -> tuple[list[str], bool]:
    """No engine runs here: open the stores, let the drain finish what it finds, compare; heal nothing."""
    require_stores(settings)
    engine = await Engine.start(settings, background=False)
    try:
        report = await engine.audit()
    finally:
        await engine.stop()
    lines = [str(difference) for difference in report.differences]
    lines += [f"busy: {shard} never stood still long enough to be compared" for shard in report.busy]
    return [*lines, report.summary()], report.clean
