"""Bad weather for every campaign that wants it, planted bug or not: conditions under which a fault has time to show."""

from __future__ import annotations

import time
from typing import Any

from tuan.adapters.sql_record.sqlite import SqliteStore
from tuan.usecases import drain_watch


def slow_disk(seconds: float) -> None:
    """Each commit of SQLite takes so long: a kill, or a second call, finds most batches between Redis and SQL."""
    commit = SqliteStore._commit

    def commit_slowly(self: SqliteStore, group: list[Any]) -> None:
        time.sleep(seconds)
        commit(self, group)

    SqliteStore._commit = commit_slowly  # type: ignore[method-assign]


def impatient(wait_ms: int) -> None:
    """Whoever waits for the drain gives up after so long: a shard that stands still is found soon."""
    drain_watch.WAIT_MS_MAX = wait_ms
