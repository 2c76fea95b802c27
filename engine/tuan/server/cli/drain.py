"""`tuan drain`: bring intents into SQL in a process of its own (PostgreSQL only; with SQLite the engine does it itself).

`tuan serve` starts one. Another one, here or elsewhere, waits until that one's lease is over, and goes on where it stopped.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import uuid

import structlog

from tuan import settings as settings_module
from tuan.adapters.clock import SystemClock
from tuan.adapters.redis_inventory import RedisIntentLog
from tuan.adapters.sql_record import Drainer, SqlRecord
from tuan.domain.errors import TuanError
from tuan.server import garbage, logs
from tuan.server.drain_thread import drain_settings
from tuan.server.processes.orphaned import when_orphaned

log = structlog.get_logger()

TABLES_LOOK_S = 0.1


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    # Given by a parent: that it is one, what to hold leases under, and under what the one before held them, which has ended.
    parser.add_argument("--part", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--owner", default="", help=argparse.SUPPRESS)
    parser.add_argument("--after", default="", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    settings = settings_module.load()
    logs.configure(settings)
    if settings.database_url.startswith("sqlite") or not settings.redis_url:
        print(
            "tuan drain: needs TUAN_REDIS_URL and a PostgreSQL TUAN_DATABASE_URL; embedded stores belong to one process",
            file=sys.stderr,
        )
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        # A part ends when its parent says so: service managers signal all at once, and others still wait for what it writes.
        signal.signal(number, signal.SIG_IGN if options.part else lambda *_: stop.set())
    if options.part:
        when_orphaned(stop.set)
    record = SqlRecord(settings.database_url)
    try:
        intents = RedisIntentLog(settings.redis_url)
        owner = options.owner or str(uuid.uuid4())
        drainer = Drainer(record.store, intents, owner, SystemClock(), drain_settings(settings))
        if options.part:
            _wait_for_tables(record, stop)
        if options.after:
            _succeed(drainer, options.after)
        garbage.look_rarely()
        print("tuan drain: ready", flush=True)
        drainer.run(stop)
    finally:
        record.close()
    print("tuan drain: stopped", flush=True)
    return 0


def _wait_for_tables(record: SqlRecord, stop: threading.Event) -> None:
    """At the very first start, until one of the processes that were started together has made them."""
    while not stop.is_set():
        try:
            record.record_id()
            return
        except TuanError:
            return  # SQL is away, for which the drain waits by itself
        except Exception:
            stop.wait(TABLES_LOOK_S)


def _succeed(drainer: Drainer, dead: str) -> None:
    try:
        drainer.succeed(dead)
    except TuanError as error:  # SQL is away: when it is back, the leases may well be over
        log.warning("drain_waits_for_leases", error=error.message)
