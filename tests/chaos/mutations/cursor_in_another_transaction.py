"""The drain moves its cursor in a transaction of its own, before that of the rows."""

from __future__ import annotations

import time
from typing import Any

from tuan.adapters.sql_record.drain import drainer, lease, write

FIGURES = {"lost"}
CAMPAIGN = "crash"
#: On a fast disk the moment between the two is some milliseconds, and most kills miss it.
SLOW_DISK_S = 0.05


def plant() -> None:
    write.advance = lambda *_: None
    submit = drainer.Drainer._submit

    def submit_in_two(self: drainer.Drainer, held: lease.Lease, intents: list[Any]) -> Any:
        cursor, expire_time_ms = intents[-1].sequence, self._clock.now_ms() + self._settings.lease_ms
        self._store.drain(lambda connection: lease.advance(connection, held, cursor, expire_time_ms)).result()
        time.sleep(SLOW_DISK_S)
        return submit(self, held, intents)

    drainer.Drainer._submit = submit_in_two  # type: ignore[method-assign]
