"""`tuan drain`: bring intents into SQL in a process of its own (PostgreSQL only; with SQLite the engine does it itself)."""

from __future__ import annotations

import argparse
import signal
import sys
import threading
import uuid

from tuan import settings as settings_module
from tuan.adapters.clock import SystemClock
from tuan.adapters.redis_inventory import RedisIntentLog
from tuan.adapters.sql_record import Drainer, SqlRecord
from tuan.server import garbage, logs
from tuan.server.drain_thread import drain_settings


def add_to(parser: argparse.ArgumentParser) -> None:
    parser.description = __doc__
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    del options
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
        signal.signal(number, lambda *_: stop.set())
    record = SqlRecord(settings.database_url)
    try:
        log = RedisIntentLog(settings.redis_url)
        drainer = Drainer(record.store, log, str(uuid.uuid4()), SystemClock(), drain_settings(settings))
        garbage.look_rarely()
        print("tuan drain: ready", flush=True)
        drainer.run(stop)
    finally:
        record.close()
    print("tuan drain: stopped", flush=True)
    return 0
